"""No secret of a run reaches a file, the terminal, a log, a report or a traceback, wherever it was planted."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from left_out import full

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.exchange import Response
from sls_contract.plugin.run import utc_now
from sls_contract.signing import Credentials

KEY = Credentials("STS.NUxR3a9KeyOfThisRunOnly77", "Zq8+secret/OfThisRun=Only42x", "CAIS/token+OfThisRun==Only99")
SPELLED = tuple(
    spelling
    for secret in (KEY.access_key_id, KEY.access_key_secret, KEY.security_token)
    for spelling in (
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        secret.encode().hex(),
    )
)
LOUD = (
    *("-plogging", "-pjunitxml", "-v", "--tb=long", "-l", "--log-cli-level=DEBUG", "-rA"),
    *("--sls-report=report.json", "--junitxml=junit.xml"),
)

PLANTS = '''
    import base64, json, logging, threading, warnings
    from datetime import UTC, datetime
    from urllib.parse import quote
    import requests
    from sls_contract import Request, sign
    from sls_contract.signing.environment import credentials_from_environment
    import os

    KEY = credentials_from_environment(os.environ)
    SECRETS = (KEY.access_key_id, KEY.access_key_secret, KEY.security_token)

    def plant(sls, body=b"", method="POST"):
        """Send a signed request that carries every secret in every place, and give what it was signed with."""
        copies = "&".join(f"copy{n}={quote(secret, safe='')}" for n, secret in enumerate(SECRETS))
        url = f"https://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}"
        headers = {"Content-Type": "application/json"}
        for n, secret in enumerate(SECRETS):
            headers[f"X-cOpY-{n}"] = f"seen {secret} here"
            headers[f"X-Base64-{n}"] = base64.b64encode(secret.encode()).decode()
        request = sign(Request(method, f"{url}?type=checkpoint&{copies}", headers, body), KEY, at=datetime.now(UTC))
        signature = request.headers["Authorization"].rpartition(":")[2]
        logging.getLogger("sdk").debug("sending %s with %s", dict(request.headers), body)
        try:
            raise RuntimeError(f"tried {KEY.access_key_secret}")
        except RuntimeError:
            logging.getLogger("sdk").exception("failed", stack_info=True)
        response = requests.request(method, request.url, data=body, headers=dict(request.headers), timeout=60)
        return signature, response

    BODY = json.dumps({"copies": SECRETS, "hex": [secret.encode().hex() for secret in SECRETS]}).encode()
'''


@pytest.fixture(autouse=True)
def _key_of_the_run(monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY.access_key_secret)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", KEY.security_token)


def leaked(project, result, more=()):
    """Return every place where a secret shows: files (but the tests' own and bytecode) and the terminal."""
    shown = {"stdout": result.stdout.str(), "stderr": result.stderr.str()}
    for path in project.path.rglob("*"):
        if path.is_file() and path.suffix not in {".py", ".pyc", ".ini"} and "runpytest" not in str(path):
            shown[path.name] = path.read_bytes().decode("utf-8", "replace")
    return [(place, secret) for place, text in shown.items() for secret in (*SPELLED, *more) if secret in text]


@pytest.mark.slow
def test_planted_in_requests_logs_and_tracebacks(project):
    """Headers of any casing, query, body, logs with tracebacks, locals, warnings from threads: nothing is seen."""
    project.test(
        PLANTS
        + """
    @pytest.mark.sls_cassette
    def test_planted(sls, record_property, record_testsuite_property):
        signature, response = plant(sls, BODY)
        record_property(SECRETS[1], SECRETS[0])
        record_testsuite_property("environment", " ".join(SECRETS))
        secrets = SECRETS
        print("printed", secrets, signature)
        def thread():
            raise ValueError(f"in a thread: {secrets}")
        running = threading.Thread(target=thread)
        running.start()
        running.join()
        warnings.warn(f"warned of {secrets}")
        assert response.text == f"{secrets} {signature}", f"shown {secrets}"

    @pytest.mark.sls_cassette
    def test_skips(sls):
        plant(sls, BODY)
        pytest.skip(f"because of {SECRETS}")
    """
    )
    result = project.spawn("--sls-record=once", *LOUD)
    result.stdout.fnmatch_lines(["*sending *", "*in a thread*"])
    assert result.parseoutcomes()["failed"] >= 1
    assert len(project.cassettes()) == 2
    assert leaked(project, result) == []
    assert leaked(project, project.spawn(*LOUD)) == []


@pytest.mark.slow
def test_echoed_by_an_endpoint(project):
    """What a service repeats in an error (id, signature, string to sign) reaches neither file nor message."""
    with ReferenceEndpoint(utc_now, credentials=[KEY]) as endpoint, serve(_echoing(endpoint)) as server:
        project.test(
            PLANTS
            + """
    @pytest.mark.sls_cassette
    def test_echoed(sls):
        signature, response = plant(sls, BODY)
        open("signature.py", "w").write(signature)
        assert signature in response.text
        assert response.status_code == 200, response.text
    """
        )
        options = (f"--sls-endpoint={server.url}", "--sls-project=my-project", "--sls-logstore=my-logstore")
        result = project.spawn("--sls-record=once", *options, *LOUD)
    result.assert_outcomes(failed=1)
    signature = (project.path / "signature.py").read_text("utf-8")
    assert len(project.cassettes()) == 1
    assert leaked(project, result, (signature, quote(signature, safe=""))) == []


@pytest.mark.slow
def test_in_names_of_tests_and_shortened_values(project):
    """A parameter, a cassette's name, a reason and both ends of a shortened value: pytest shows and writes them all."""
    project.test(
        PLANTS
        + """
    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("which", [*SECRETS, f"\\u5ba2 {KEY.access_key_secret} x"])
    def test_parameter(sls, which):
        plant(sls)
        assert which == "another value than the one that is there"

    @pytest.mark.sls_cassette(name=f"of {KEY.access_key_id}")
    @pytest.mark.xfail(reason=f"because of {KEY.access_key_secret}")
    def test_named(sls):
        plant(sls)
        assert base64.b64encode(KEY.access_key_secret.encode()) == b"another value than the one that is there"
    """
    )
    quiet = [option for option in LOUD if option != "-v"]
    result = project.spawn("--sls-record=once", *quiet)
    result.assert_outcomes(failed=4, xfailed=1)
    assert len(project.cassettes()) == 5
    assert leaked(project, result, (KEY.access_key_secret[:9], KEY.access_key_secret[-9:])) == []
    assert [name for name in project.cassettes() if KEY.access_key_id in name or "KeyOfThisRun" in name] == []


def test_in_ids_that_tests_give_themselves(project):
    """Texts, a function, an endless iterator, of single parameters and of fixtures; ids without a key stay."""
    project.test(
        PLANTS
        + """
    import itertools

    pytestmark = pytest.mark.sls_cassette

    @pytest.mark.parametrize("value", [1, 2, 3], ids=["one", f"key={KEY.access_key_secret}", None])
    def test_texts(sls, value):
        ask(sls)

    @pytest.mark.parametrize("value", [KEY.access_key_id, 7], ids=str)
    def test_function(sls, value):
        ask(sls)

    @pytest.mark.parametrize("value", [4, 5], ids=(f"{n}-{KEY.access_key_secret}" for n in itertools.count()))
    def test_iterator(sls, value):
        ask(sls)

    @pytest.mark.parametrize("value", (pytest.param(each, id=f"of {each}") for each in SECRETS))
    def test_single(sls, value):
        ask(sls)

    class Pupil:
        marks = 5

    @pytest.mark.parametrize("value", [Pupil()])
    def test_object(sls, value):
        assert value.marks == 5
        ask(sls)

    @pytest.fixture(params=[8], ids=[KEY.access_key_secret])
    def given(request):
        return request.param

    def test_fixture(sls, given):
        assert given == 8
        ask(sls)
    """
    )
    result = project.spawn("--sls-record=once", "-v")
    result.assert_outcomes(passed=12)
    assert leaked(project, result) == []
    assert not [each for each in project.cassettes() if KEY.access_key_secret[:9] in each]
    result.stdout.fnmatch_lines(["*::test_texts[[]one] *", "*::test_texts[[]3] *", "*::test_function[[]7] *"])
    project.spawn().assert_outcomes(passed=12)


def test_in_ids_of_unusual_kinds(project):
    """An array without a truth value, an endless object, bytes, patterns and enums; a conftest that comes first."""
    project.write(
        "conftest.py",
        """
import os, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc):
    if "early" in metafunc.fixturenames:
        metafunc.parametrize("early", [1], ids=[os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]])
""",
    )
    project.test(
        PLANTS
        + """
    import enum, itertools, re

    class Array(tuple):
        def __bool__(self):
            raise ValueError("an array has no truth value")

    class Endless:
        def __iter__(self):
            return (f"{n}-{KEY.access_key_id}" for n in itertools.count())

    Kind = enum.Enum("Kind", {KEY.access_key_id: 1})

    @pytest.mark.parametrize("value", Array([1, 2]), ids=Array([KEY.access_key_id, "b"]))
    def test_array(value): pass

    @pytest.mark.parametrize("value", [1, 2], ids=Endless())
    def test_endless(value): pass

    @pytest.mark.parametrize("value", [1], ids=lambda value: KEY.access_key_secret.encode())
    def test_bytes(value): pass

    PATTERNS = [re.compile(re.escape(SECRETS[0])), re.compile(SECRETS[0].encode())]

    @pytest.mark.parametrize("value", PATTERNS)
    def test_pattern(value): pass

    @pytest.mark.parametrize("value", [1], ids=Kind)
    def test_enum(value): pass

    @pytest.mark.parametrize("value", [*Kind])
    def test_enum_as_value(value): pass

    def test_early(early): pass
    """
    )
    result = project.spawn("-v")
    result.assert_outcomes(passed=10)
    assert leaked(project, result) == []


def test_in_a_test_that_only_has_an_endpoint(project):
    """It has no cassette, but the key of the run is in its environment all the same; the user's patterns hold, too."""
    project.ini("sls_scrub = order-[0-9]+").test(
        PLANTS
        + """
    def test_served(sls_endpoint):
        logging.getLogger("sdk").warning("logged %s", SECRETS)
        print("printed", SECRETS, "order-12345")
        assert KEY.access_key_secret == "another value"
    """
    )
    result = project.spawn(*LOUD)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["printed *", "*logged *"])
    assert leaked(project, result, (KEY.access_key_secret[:9], KEY.access_key_secret[-9:], "order-12345")) == []


def test_in_a_test_whose_cassette_is_damaged(project):
    """Its setup fails; what fixtures printed before that is shown without the key."""
    project.write("cassettes/test_it/test_reads.sls.yaml", "- no cassette")
    project.write("conftest.py", "import os\ndef pytest_runtest_setup():\n    print(*os.environ.values())")
    project.test("@pytest.mark.sls_cassette\ndef test_reads(sls):\n    pass")
    result = project.spawn(*LOUD)
    result.assert_outcomes(errors=1)
    assert leaked(project, result) == []


@pytest.mark.slow
def test_in_a_recording_that_was_killed(project):
    """The journal that a kill leaves behind is as clean as the file."""
    project.test(
        PLANTS
        + """
    import os, signal

    @pytest.mark.sls_cassette
    def test_killed(sls):
        plant(sls, BODY)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    )
    result = project.spawn("--sls-record=once", *LOUD)
    assert project.cassettes() == ["cassettes/test_it/test_killed.sls.yaml.journal"]
    assert leaked(project, result) == []


def test_the_users_own_patterns_and_keys(project):
    """sls_scrub and sls_scrub_keys add to the built-in rules: in the file, in logs and in tracebacks."""
    project.ini("sls_scrub = order-[0-9]+", "sls_scrub_keys = X-Customer", "    tenant").test(
        """
        import logging
        @pytest.mark.sls_cassette
        def test_asks(sls):
            ask(sls, query="shard=0&tenant=acme-one", **{"X-Customer": "acme-two", "X-Note": "for order-12345"})
            logging.warning("about order-67890")
            assert not "order-54321"
        """
    )
    result = project.run("--sls-record=once", "-rA")
    result.assert_outcomes(failed=1)
    text = project.cassette("test_asks").read_text("utf-8")
    assert not [each for each in ("acme-one", "acme-two", "order-12345") if each in text]
    result.stdout.fnmatch_lines(["*about [*][*][*]*"])
    assert "order-67890" not in result.stdout.str()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["sls_scrub = order-("], "*ini sls_scrub: expected a regular expression, got 'order-('*"),
        (
            ["sls_rename =", "    one=two", "    two=three"],
            "*ini sls_rename: * 'two' contains a real name*",
        ),
    ],
)
def test_what_would_protect_nothing_ends_the_run(project, lines, told):
    """A broken pattern, or names that cannot be kept apart, are told before any test, also without a cassette."""
    result = project.ini(*lines).test("def test_nothing(): pass").run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


@pytest.mark.parametrize("line", ["x-customer, tenant", full("x-customer tenant"), full("x-customer,tenant")])
def test_two_keys_in_one_line_are_refused(project, line):
    """Taken for one name they would hunt nothing, and both values would be written without a word."""
    result = project.ini(f"sls_scrub_keys = {line}").run()
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*sls_scrub_keys takes one name a line*{line}*"])


def test_an_ordinary_failure_keeps_its_traceback(project):
    """Nothing secret was shown: the report is pytest's own, with its one-line summary."""
    result = project.test(
        """
        from sls_contract.signing import TEST_CREDENTIALS
        @pytest.mark.sls_cassette
        def test_asks(sls):
            credentials = TEST_CREDENTIALS
            assert ask(sls).status_code == 404
        """
    ).run("--sls-record=once", "-l")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *assert 200 == 404", "FAILED test_it.py::test_asks - *assert 200 == 404*"])


def test_logging_is_given_back(project):
    """After each test the log record factory is what it was, and a user's own stays."""
    project.test(
        """
        import logging
        before = logging.getLogRecordFactory()
        mine = lambda *args, **kwargs: before(*args, **kwargs)

        @pytest.mark.sls_cassette
        def test_one(sls):
            ask(sls)

        def test_two():
            assert logging.getLogRecordFactory() is before

        @pytest.mark.sls_cassette(empty=True)
        def test_three(sls):
            logging.setLogRecordFactory(mine)

        def test_four():
            assert logging.getLogRecordFactory() is mine
            logging.setLogRecordFactory(before)
        """
    ).run("--sls-record=once", "-olog_level=CRITICAL").assert_outcomes(passed=4)


def _echoing(endpoint):
    """Respond as the endpoint does, in an error that repeats what it got."""

    def send(request):
        if not any(name.lower().startswith("x-copy") for name, _ in request.headers.pairs):
            return endpoint(request)
        seen = [value for _, value in request.headers.pairs] + [request.url, request.body.decode()]
        import json

        body = json.dumps({"errorCode": "SignatureNotMatch", "errorMessage": " ".join(seen), "seen": seen}).encode()
        return Response(401, {"Content-Type": "application/json", "x-log-requestid": "5F" * 12}, body)

    return send


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest has subtests since 9")
def test_in_subtests(project):
    """Pytest adds the name of a subtest, its values and its output after the report is made: none holds a secret."""
    project.test(
        PLANTS
        + """
    @pytest.mark.sls_cassette
    def test_many(sls, subtests):
        plant(sls)
        for secret in SECRETS:
            with subtests.test(msg=f"with {secret}", key=secret):
                print("printed", secret)
                assert secret == "another"
    """
    )
    result = project.spawn("-psubtests", "--sls-record=once", "-v", "-rA")
    result.stdout.fnmatch_lines(["*SUBFAILED*with *key=*"])
    assert leaked(project, result) == []
