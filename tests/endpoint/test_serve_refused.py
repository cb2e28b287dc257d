"""What ``serve`` says of requests that never reach the endpoint."""

import requests


def test_who_is_refused_is_told_at_once_and_at_the_end(command):
    """With --verbose a line for each; in every run a list when TERM ends it; the client gets JSON with the remedy."""
    for options in ((), ("--verbose",)):
        with command(*options) as process, requests.Session() as session:
            url, session.trust_env = process.first_line.split()[1], False
            responses = [session.get(url, headers={"Host": "evil.example"}, timeout=60) for _ in range(2)]
            assert [response.json()["errorCode"] for response in responses] == ["HostNotServed"] * 2
            assert "--allow-host evil.example" in responses[0].json()["errorMessage"]
            process.terminate()
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 143
        assert "refused 2 times: evil.example" in errors
        assert errors.count("GET evil.example 502 (refused)") == (2 if options else 0)
