"""Fixture sls_endpoint: a reference endpoint on loopback for tests that script the responses of the service."""

from __future__ import annotations

SIGNED = """
    import requests
    from datetime import UTC, datetime
    from sls_contract import Request, Response, sign

    def get(server, query="shard=0", **changes):
        names = server.names
        url = f"http://{names.project}.{server.endpoint}/logstores/{names.logstore}/consumergroups/g?{query}"
        request = sign(Request("GET", url), names.credentials, at=datetime.now(UTC))
        headers = {**dict(request.headers), **changes}
        return requests.get(url, headers=headers, proxies=server.proxies, timeout=60)
"""


def test_a_test_sets_the_state_and_a_client_reads_it(project):
    """A checkpoint that the test sets is what a client reaches through the endpoint as its proxy."""
    project.test(
        SIGNED
        + """
    def test_reads(sls_endpoint):
        sls_endpoint.set_checkpoint("g", 0, "MTAw", consumer="consumer_1")
        entry = get(sls_endpoint).json()[0]
        assert (entry["checkpoint"], entry["consumer"]) == ("MTAw", "consumer_1")
        assert entry["updateTime"] > 10**15
    """
    ).run().assert_outcomes(passed=1)


def test_a_scripted_response_is_no_finding(project):
    """What the test makes the endpoint say, however wrong, fails nothing; the client's request was right."""
    project.test(
        SIGNED
        + """
    def test_copes(sls_endpoint):
        sls_endpoint.create_consumer_group("g")
        sls_endpoint.respond_next(Response(200, {"Content-Type": "text/html"}, b"<html>busy</html>"))
        assert get(sls_endpoint).text == "<html>busy</html>"
        assert get(sls_endpoint).status_code == 200
    """
    ).run().assert_outcomes(passed=1)


def test_a_wrong_request_fails_the_test(project):
    """Without a cassette the endpoint still judges what it is asked."""
    result = project.test(
        SIGNED
        + """
    def test_asks_wrongly(sls_endpoint):
        sls_endpoint.create_consumer_group("g")
        get(sls_endpoint, query="shardId=0")
    """
    ).run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*(violation) at query shardId*"])


def test_each_test_has_an_endpoint_of_its_own(project):
    """State does not travel from one test to the next."""
    project.test(
        SIGNED
        + """
    def test_one(sls_endpoint):
        sls_endpoint.create_consumer_group("g")
        assert get(sls_endpoint).status_code == 200

    def test_two(sls_endpoint):
        assert get(sls_endpoint).json()["errorCode"] == "ConsumerGroupNotExist"
    """
    ).run().assert_outcomes(passed=2)


def test_heartbeats_are_judged_together(project):
    """A consumer that lists a shard which it was never told to hold is warned of; one that lists what it has is not."""
    test = """
    def beat(server, held):
        names = server.names
        url = f"http://{names.project}.{server.endpoint}/logstores/{names.logstore}/consumergroups/g"
        body = str(held).encode()
        request = Request("POST", f"{url}?type=heartbeat&consumer=c", {"Content-Type": "application/json"}, body)
        request = sign(request, names.credentials, at=datetime.now(UTC))
        headers = dict(request.headers)
        return requests.post(request.url, body, headers=headers, proxies=server.proxies, timeout=60).json()

    def test_beats(sls_endpoint):
        sls_endpoint.create_consumer_group("g")
        assert beat(sls_endpoint, []) == beat(sls_endpoint, [0, 1]) == [0, 1]
        beat(sls_endpoint, HELD)
    """
    project.test(SIGNED + test.replace("HELD", "[0]")).run("--sls-strict").assert_outcomes(passed=1)
    result = project.test(SIGNED + test.replace("HELD", "[0, 7]")).run("--sls-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*SLS435 heartbeat-subset (warning)*"])


def test_what_the_test_responds_is_not_judged_and_not_counted_as_judged_in_full(project):
    """Only the request is judged: whatever is scripted as the response passes."""
    project.test("""
        import requests
        from datetime import UTC, datetime
        from sls_contract import Request, Response, sign

        def test_garbage(sls_endpoint):
            sls_endpoint.respond_next(Response(200, {"Content-Type": "text/html"}, b"<html>"))
            url = f"http://my-project.{sls_endpoint.endpoint}/logstores/my-logstore/consumergroups/g?shard=0"
            request = sign(Request("GET", url), sls_endpoint.names.credentials, at=datetime.now(UTC))
            requests.get(url, headers=dict(request.headers), proxies=sls_endpoint.proxies, timeout=60)
    """)
    project.run().stdout.fnmatch_lines(["sls-contract: 1 exchange checked*judged: 1 in part*"])


def test_a_request_through_a_tunnel_is_not_green(project):
    """Clients hide why a tunnel is refused: the test says so, even if it swallows the error; other hosts are free."""
    tunnel = """
    import http.client

    def connect(sls_endpoint, host):
        client = http.client.HTTPConnection(sls_endpoint.url.removeprefix("http://"), timeout=60)
        client.set_tunnel(host, 443)
        try:
            client.request("GET", "/logstores")
        except OSError:
            pass  # it retries later
        finally:
            client.close()

    def test_swallows(sls_endpoint):
        connect(sls_endpoint, f"{sls_endpoint.names.project}.{sls_endpoint.endpoint}")

    def test_calls_another_host(sls_endpoint):
        connect(sls_endpoint, "mirror.invalid")
    """
    result = project.test(tunnel).run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["a request to my-project.*.aliyuncs.com:443 was not judged: *tunnel*", "How to fix: *http://*https://*"]
    )
    followed = """
    def test_asks(sls_endpoint):
        get(sls_endpoint)
    """
    result = project.test(SIGNED + followed).run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["sls-contract: 1 exchange checked*"])
