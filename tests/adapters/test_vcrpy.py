"""A registered ``vcr.VCR``: what it records, plays and finds, with real clients over loopback."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
import pytest
import requests
import vcr
import yaml
from advice import advised

from sls_contract import Credentials, Exchange, Request, Response, load_cassette, sign, use_cassette
from sls_contract.adapters import httpx as for_httpx
from sls_contract.adapters.requests import SlsAuth
from sls_contract.adapters.vcrpy import register
from sls_contract.cassettes.audit import AuditSettings, audit
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording
from sls_contract.endpoint import ReferenceEndpoint, fault
from sls_contract.endpoint.server import serve
from sls_contract.errors import CassetteDamaged, CassetteError, ContractViolation, UsageError
from sls_contract.signing import TEST_CREDENTIALS, verify_signature

KEY = Credentials("LTAI5tQq8Zc3Yd9Kx2Wm7Vn4", "q7Zc3Yd9Kx2Wm7Vn4Rb6Tg1Hj5Lp8S")
NAMED = "http://my-project.cn-hangzhou.log.aliyuncs.com"
URL = f"{NAMED}/logstores/my-logstore/consumergroups/readers?shard=0"
SECRETS = (KEY.access_key_id.encode(), KEY.access_key_secret.encode())


@pytest.fixture
def endpoint():
    made = ReferenceEndpoint(lambda: datetime.now(UTC), credentials=(KEY, TEST_CREDENTIALS))
    made.set_checkpoint("readers", 0, "MTAw", consumer="消费者")
    return made


@pytest.fixture
def service(endpoint):
    with serve(endpoint) as server:
        yield server.url


def ask(proxy: str, url: str = URL, key: Credentials = KEY) -> requests.Response:
    return requests.get(url, auth=SlsAuth(key), proxies={"http": proxy}, timeout=60)


NOWHERE = "http://127.0.0.1:9"


def ask_httpx(proxy: str) -> list:
    with httpx.Client(proxy=proxy, timeout=60, auth=for_httpx.SlsAuth(KEY, "v4")) as client:
        return client.get(URL).json()


CLIENTS = {"requests": lambda proxy: ask(proxy).json(), "httpx": ask_httpx}


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_what_is_recorded_is_ours_and_plays_without_a_network(tmp_path, service, client):
    """The file has provenance and a signature that verifies, no secret, and nothing that `check` objects to."""
    path = tmp_path / "cassettes" / "读.yaml"
    recorder = vcr.VCR()
    checks = register(recorder, credentials=KEY)
    with recorder.use_cassette(path):
        recorded = client(service)
    (recording,) = load_cassette(path).recordings
    assert (recording.integrity, recording.provenance.evidence) == (Integrity.INTACT, Evidence.REFERENCE)
    assert recording.signature.verdict == "verified"
    assert verify_signature(recording.exchange.request, TEST_CREDENTIALS) is None
    assert recording.exchange.request.headers["host"] == "my-project.cn-hangzhou.log.aliyuncs.com"
    assert recording.exchange.response.wire
    assert not any(secret in path.read_bytes() for secret in SECRETS)
    found = audit(path, AuditSettings(datetime.now(UTC), (KEY,)))
    assert not [*found.placed]
    player = vcr.VCR(record_mode="none")
    replayed = register(player, credentials=KEY)
    with player.use_cassette(path):
        assert client(NOWHERE) == recorded
    assert recorded[0]["consumer"] == "消费者"
    assert checks.findings == replayed.findings == ()
    assert len(checks.exchanges) == len(replayed.exchanges) == 1


def test_plain_vcrpy_and_use_cassette_play_what_was_recorded(tmp_path, service):
    """Nobody needs the adapter to read its files."""
    path = tmp_path / "a.yaml"
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with recorder.use_cassette(path):
        recorded = ask(service).json()
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        assert ask(NOWHERE).json() == recorded
        assert cassette.play_count == 1
    with use_cassette(path):
        assert requests.get(URL, auth=SlsAuth(TEST_CREDENTIALS), timeout=60).json() == recorded


BROKEN = Response(200, [("Content-Type", "application/json")], b'[{"shard": "0"}]')


def break_next(endpoint) -> None:
    endpoint.respond_next(
        BROKEN.replace(headers=[*BROKEN.headers.pairs, ("x-log-requestid", "6B0AC8F29E3779B97F4A7C15")])
    )


def test_a_broken_response_raises_when_the_cassette_closes(tmp_path, endpoint, service):
    """The client got its response, the recording is kept, and playing it raises again."""
    path = tmp_path / "a.yaml"
    for mode, proxy in (("once", service), ("none", NOWHERE)):
        recorder, got = vcr.VCR(record_mode=mode), []
        register(recorder, credentials=KEY)
        break_next(endpoint)
        with pytest.raises(ContractViolation) as caught, recorder.use_cassette(path):
            got.append(ask(proxy))
        assert got[0].json() == [{"shard": "0"}]
        assert {finding.code for finding in caught.value.findings} >= {"SLS203"}
        assert KEY.access_key_id not in str(caught.value)
        assert ("LOG ***:" in str(caught.value)) is (mode == "once")  # in replay, what is shown stands in the cassette


def test_findings_raise_from_the_call_or_never(tmp_path, endpoint, service):
    """``now`` fails the line that asked, ``collect`` none; neither raises at the end what was raised or collected."""
    recorder, collector = vcr.VCR(), vcr.VCR()
    register(recorder, credentials=KEY, check="now")
    checks = register(collector, credentials=KEY, check="collect")
    break_next(endpoint)
    with recorder.use_cassette(tmp_path / "a.yaml"), pytest.raises(ContractViolation):
        ask(service)
    assert len(load_cassette(tmp_path / "a.yaml").exchanges) == 1
    break_next(endpoint)
    with collector.use_cassette(tmp_path / "b.yaml"):
        ask(service)
    assert checks.findings


@pytest.mark.slow
def test_a_wrong_signature_is_found_in_recording_and_in_replay(tmp_path, service):
    """Though the recording matches, the request that is sent now is judged."""
    path, wrong = tmp_path / "a.yaml", Credentials(KEY.access_key_id, "wrong")
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with recorder.use_cassette(path):
        ask(service)
    player = vcr.VCR(record_mode="none")
    register(player, credentials=KEY)
    with pytest.raises(ContractViolation, match="SLS3"), player.use_cassette(path):
        ask(NOWHERE, key=wrong)


def test_an_exception_on_its_way_is_not_replaced(tmp_path, endpoint, service):
    """The test's own error says most."""
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    break_next(endpoint)

    @recorder.use_cassette(tmp_path / "a.yaml")
    def fail():
        ask(service)
        raise KeyError

    with pytest.raises(KeyError):
        fail()


def test_strict_raises_warnings(tmp_path, service):
    """Somebody edited the response by hand: that is a warning."""
    path = tmp_path / "a.yaml"
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with recorder.use_cassette(path):
        ask(service)
    path.write_text(path.read_text("utf-8").replace("MTAw", "MTAx"), "utf-8")
    lenient, strict = vcr.VCR(record_mode="none"), vcr.VCR(record_mode="none")
    checks = register(lenient, credentials=KEY)
    register(strict, credentials=KEY, strict=True)
    with lenient.use_cassette(path):
        ask(NOWHERE)
    assert [finding.code for finding in checks.findings] == ["SLS602"]
    with pytest.raises(ContractViolation, match="SLS602"), strict.use_cassette(path):
        ask(NOWHERE)


def test_the_matcher_looks_at_what_is_asked_and_names_what_differs(tmp_path, service):
    """Signatures and dates move; the shard, the group and the body do not."""
    path = tmp_path / "a.yaml"
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with recorder.use_cassette(path):
        ask(service)
    player = vcr.VCR(record_mode="none")
    register(player, credentials=KEY)
    with player.use_cassette(path), pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException, match="shard"):
        ask(NOWHERE, URL.replace("shard=0", "shard=1"))
    with player.use_cassette(path):
        assert ask(NOWHERE, URL.replace("http:", "https:")).ok  # scheme and endpoint are not what is asked


def test_other_hosts_are_recorded_by_their_name(tmp_path, wire):
    """What vcrpy records beside the service is not mixed up, and not judged."""
    recorder = vcr.VCR()
    checks = register(recorder, credentials=KEY)
    path = tmp_path / "a.yaml"
    with recorder.use_cassette(path):
        for host in ("api.one.example.com", "api.two.example.com"):
            wire.responses.append(
                f"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{host[4:7]}".encode()
            )
            requests.get(
                f"http://{host}/", proxies={"http": wire.url}, headers={"Authorization": "Bearer abc123XYZ789"}
            )
    player = vcr.VCR(record_mode="none")
    register(player)
    with player.use_cassette(path):
        assert requests.get("http://api.two.example.com/", proxies={"http": NOWHERE}, timeout=60).text == "two"
        assert requests.get("http://api.one.example.com/", proxies={"http": NOWHERE}, timeout=60).text == "one"
    assert checks.findings == ()
    assert b"abc123XYZ789" not in path.read_bytes()


def signed(url: str = URL) -> Request:
    return sign(Request("GET", url), TEST_CREDENTIALS, at=datetime.now(UTC))


def recording(response: Response | None, **fields) -> Recording:
    now = datetime.now(UTC)
    origin = Provenance(Evidence.LIVE, "http://cn-hangzhou.log.aliyuncs.com", recorded_at=now, validated_at=now)
    return Recording(Exchange(signed(), response), origin, **fields)


def test_new_episodes_leave_every_old_block_as_it_was(tmp_path, service):
    """Provenance, attempts without a response, and what vcrpy cannot express stay, byte for byte."""
    path = tmp_path / "a.yaml"
    odd = [("X-Odd", "\udcff"), ("X-Two", "1"), ("x", "1"), ("X-Two", "2"), ("Transfer-Encoding", "chunked")]
    write(
        path, [recording(None, broken="reset"), recording(Response(200, odd, b"[]")), recording(None, broken="timeout")]
    )
    before = path.read_text("utf-8")
    adder = vcr.VCR(record_mode="new_episodes")
    register(adder, credentials=KEY, check="collect")
    with adder.use_cassette(path):
        assert ask(NOWHERE).json() == []
        ask(service, URL.replace("shard=0", "shard=1"))
    after = path.read_text("utf-8")
    assert after[: len(before) - 4].splitlines() == before.removesuffix("...\n").splitlines()
    assert len(CassetteFile.read(path)) == 4


def test_a_third_partys_cassette_is_played_and_added_to(tmp_path, service):
    """A suite that has cassettes of plain vcrpy keeps them."""
    path = tmp_path / "a.yaml"
    with vcr.use_cassette(str(path)):
        recorded = ask(service).json()
    adder = vcr.VCR(record_mode="new_episodes")
    register(adder, credentials=KEY)
    with adder.use_cassette(path):
        assert ask(NOWHERE).json() == recorded
        ask(service, URL.replace("shard=0", "shard=1"))
    assert [each.provenance.evidence for each in load_cassette(path).recordings] == [
        Evidence.UNKNOWN,
        Evidence.REFERENCE,
    ]


def test_filters_of_the_user_win(tmp_path, service):
    """Suites of vcrpy filter the Authorization: it is gone, and nothing is taken for edited or wrongly signed."""
    path = tmp_path / "a.yaml"
    recorder = vcr.VCR(filter_headers=["authorization"], before_record_request=lambda asked: asked)
    register(recorder, credentials=KEY)
    with recorder.use_cassette(path):
        ask(service)
    assert "authorization" not in load_cassette(path).exchanges[0].request.headers
    player = vcr.VCR(record_mode="none", filter_headers=["authorization"])
    register(player, credentials=KEY)
    with player.use_cassette(path):
        ask(NOWHERE)
    assert not [
        each for each, _, _ in audit(path, AuditSettings(datetime.now(UTC))).placed if each.level == "violation"
    ]


def test_a_filter_that_came_later_reaches_old_recordings(tmp_path, service):
    """As in vcrpy, writing the file filters all of it; what a filter did is no edit by hand."""
    path = tmp_path / "a.yaml"
    for filtered, shards in ([], "0"), (["user-agent"], "01"):
        each = vcr.VCR(record_mode="new_episodes", filter_headers=filtered)
        register(each, credentials=KEY, strict=True)
        with each.use_cassette(path):
            for shard in shards:
                ask(service, URL.replace("shard=0", f"shard={shard}"))
    recordings = load_cassette(path).recordings
    assert [each.integrity for each in recordings] == [Integrity.INTACT] * 2
    assert not any("user-agent" in each.exchange.request.headers for each in recordings)


def test_ignored_hosts_are_neither_recorded_nor_judged(tmp_path, endpoint, service):
    """``ignore_hosts`` means what it says."""
    recorder = vcr.VCR(ignore_hosts=["my-project.cn-hangzhou.log.aliyuncs.com"])
    checks = register(recorder, credentials=KEY)
    break_next(endpoint)
    with recorder.use_cassette(tmp_path / "a.yaml"):
        ask(service)
    assert checks.exchanges == ()
    assert not (tmp_path / "a.yaml").exists()


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_vcrpys_own_serializers_still_write_no_secret(tmp_path, service, serializer):
    """A cassette in another form has no provenance, but no key either."""
    path = tmp_path / f"a.{serializer}"
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with recorder.use_cassette(path, serializer=serializer):
        ask(service)
    assert b"contract" not in path.read_bytes()
    assert not any(secret in path.read_bytes() for secret in SECRETS)
    with vcr.use_cassette(str(path), serializer=serializer, record_mode="none"):
        assert ask(NOWHERE).ok


def test_keys_in_an_old_cassette_go_when_it_is_written(tmp_path, service):
    """Plain vcrpy wrote them; also where its own form is kept."""
    path = tmp_path / "a.yaml"
    with vcr.use_cassette(str(path)):
        ask(service)
    assert KEY.access_key_id.encode() in path.read_bytes()
    adder = vcr.VCR(record_mode="new_episodes")
    register(adder, credentials=KEY)
    with adder.use_cassette(path, serializer="yaml"):
        ask(service, URL.replace("shard=0", "shard=1"))
    assert not any(secret in path.read_bytes() for secret in SECRETS)
    assert len(load_cassette(path).exchanges) == 2


def test_renames_hold_in_the_file_and_in_matching(tmp_path, endpoint, service):
    """The real name is asked for in replay, too."""
    path = tmp_path / "a.yaml"
    for mode, proxy in (("once", service), ("none", NOWHERE)):
        each = vcr.VCR(record_mode=mode)
        register(each, credentials=KEY, rename={"readers": "consumer_group_test"}, check="collect")
        with each.use_cassette(path):
            assert ask(proxy).ok
    assert b"readers" not in path.read_bytes()


def test_a_damaged_cassette_is_an_error_with_its_line(tmp_path):
    """It is never recorded over."""
    path = tmp_path / "a.yaml"
    path.write_text("version: 1\ninteractions:\n- request: [\n", "utf-8")
    player = vcr.VCR()
    register(player)
    with pytest.raises(CassetteDamaged, match=r"a\.yaml:\d"), player.use_cassette(path):
        pass
    assert path.read_text("utf-8").startswith("version")


@pytest.mark.parametrize(
    ("text", "told", "fix"),
    [
        (b"version: 1\ninteractions:\n- request: [\n", r"a\.yaml:4: not YAML", r"^restore the file.* delete it"),
        (b"version: 1\n\xff\n", r"a\.yaml:2: not UTF-8", r"^restore the file.* delete it"),
        (b"contract: {format: 9}\nversion: 1\ninteractions: []\n", r"a\.yaml: contract format 9", r"^install the vers"),
        (
            b"version: 1\ninteractions:\n<<<<<<< a\n",
            r"a\.yaml:3: a merge conflict",
            r"^keep one side .*--ours \S*a\.yaml",
        ),
        (b"http_interactions: []\n", r"a\.yaml: a cassette of Betamax", r"convert recordings of other tools"),
    ],
)
def test_damage_says_how_a_user_of_vcrpy_fixes_it(tmp_path, service, text, told, fix):
    """The fix is that of the damage, with the path; recording is vcrpy's, and what it says works."""
    path = tmp_path / "a.yaml"
    path.write_bytes(text)
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with pytest.raises(CassetteDamaged, match=told) as raised, recorder.use_cassette(path):
        pass
    advised(str(raised.value), fix)
    assert "--sls-record" not in str(raised.value)
    if "again" in str(raised.value):
        mode = advised(str(raised.value), r"record again \(set record_mode to \"(\w+)\", or run pytest")[1]
        path.unlink()
        with recorder.use_cassette(path, record_mode=mode):
            assert ask(service).ok
        assert len(load_cassette(path).exchanges) == 1


def test_a_file_that_is_damaged_while_it_is_open_is_not_replaced(tmp_path, service):
    """The error at the end names vcrpy's way to record, too."""
    path, recorder = tmp_path / "a.yaml", vcr.VCR()
    register(recorder, credentials=KEY)

    @recorder.use_cassette(path)
    def damage():
        ask(service)
        path.write_text("version: 1\ninteractions:\n- request: [\n", "utf-8")

    with pytest.raises(CassetteError) as raised:
        damage()
    advised(str(raised.value), r"record again \(set record_mode to \"once\", or run pytest")
    assert path.read_text("utf-8").startswith("version")


def test_a_recording_of_unknown_origin_is_recorded_again_as_the_finding_says(tmp_path, service):
    """A recording of unknown origin is recorded again as it says."""
    path = tmp_path / "a.yaml"
    with vcr.VCR().use_cassette(path):
        ask(service, key=TEST_CREDENTIALS)
    recorder = vcr.VCR()
    checks = register(recorder, credentials=TEST_CREDENTIALS, check="collect")
    with recorder.use_cassette(path, record_mode="none"):
        ask(service, key=TEST_CREDENTIALS)
    (fix,) = [found.how_to_fix for found in checks.findings if found.slug == "recording-provenance"]
    mode = re.search(r"\(delete the file, then set record_mode to \"(\w+)\", or run pytest", fix)[1]
    path.unlink()
    before = len(checks.findings)
    for _ in range(2):
        with recorder.use_cassette(path, record_mode=mode):
            ask(service, key=TEST_CREDENTIALS)
    assert checks.findings[before:] == ()


def test_a_body_that_cannot_be_scanned_is_allowed_as_the_finding_says(tmp_path, service, endpoint):
    """It is a warning: register's own argument decides, no marker of pytest."""
    headers = [("Content-Type", "application/json"), ("Content-Encoding", "br"), ("x-log-requestid", "6" * 24)]
    for strict in (True, False):
        endpoint.respond_next(Response(200, headers, b"\x0b\x02\x80[]\x03\xff"))
        recorder = vcr.VCR()
        checks = register(recorder, credentials=KEY, check="collect", strict=strict)
        with recorder.use_cassette(tmp_path / f"{strict}.yaml"):
            ask(service)
        (found,) = [found for found in checks.findings if found.slug == "recording-unopened-body"]
        assert found.level == "warning"
        assert found.how_to_fix.endswith("allow it (register(…, strict=False))")


def test_what_cannot_be_written_is_raised_when_the_clients_are_free_again(tmp_path, service):
    """Vcrpy alone would leave them patched."""
    recorder, path = vcr.VCR(), tmp_path / "a.yaml"
    register(recorder, credentials=KEY)

    @recorder.use_cassette(path)
    def fail():
        ask(service)
        path.mkdir()

    with pytest.raises(CassetteError):
        fail()
    path.rmdir()
    assert ask(service).ok
    assert not path.exists()


def test_a_response_of_our_own_tools_is_not_recorded(tmp_path, service):
    """It would be taken for one of the service."""
    recorder = vcr.VCR()
    register(recorder, credentials=KEY)
    with pytest.raises(CassetteError, match="sls-contract itself"), recorder.use_cassette(tmp_path / "a.yaml"):
        ask(service, f"{NAMED}/nothing-that-is-served")
    assert not (tmp_path / "a.yaml").exists()


@pytest.mark.slow
async def test_every_way_to_open_a_cassette_is_checked(tmp_path, endpoint, service):
    """Decorators with and without arguments, coroutines, generators, defaults of now."""
    recorder = vcr.VCR(cassette_library_dir=str(tmp_path))
    register(recorder, credentials=KEY)

    @recorder.use_cassette
    def bare():
        return ask(service)

    @recorder.use_cassette("named.yaml")
    def named():
        return ask(service)

    @recorder.use_cassette("coroutine.yaml")
    async def coroutine():
        return ask(service)

    @recorder.use_cassette("generator.yaml")
    def generator():
        yield ask(service)

    def now():
        with recorder.use_cassette("now.yaml", with_current_defaults=True):
            return ask(service)

    for each in (bare, named, lambda: [*generator()], now):
        break_next(endpoint)
        with pytest.raises(ContractViolation):
            each()
    break_next(endpoint)
    with pytest.raises(ContractViolation):
        await coroutine()
    assert len([*tmp_path.iterdir()]) == 5


@pytest.mark.slow
@pytest.mark.parametrize(("client", "wired"), [*zip(CLIENTS.values(), [False, True], strict=True)], ids=CLIENTS)
def test_compressed_responses_keep_the_bytes_of_the_wire(tmp_path, endpoint, service, client, wired):
    """Of requests, vcrpy hands over the decoded body only; clauses about framing are not judged then."""
    path = tmp_path / "a.yaml"
    recorder = vcr.VCR()
    checks = register(recorder, credentials=KEY, strict=True)
    endpoint.respond_next(fault("gzip"))
    with recorder.use_cassette(path):
        recorded = client(service)
    response = load_cassette(path).exchanges[0].response
    assert response.headers["Content-Encoding"] == "gzip"
    assert (response.wire, response.body[:2] == b"\x1f\x8b") == (wired, wired)
    assert "消费者" in yaml.safe_load(path.read_text("utf-8"))["interactions"][0]["response"]["body"]["string"]
    player = vcr.VCR(record_mode="none")
    replayed = register(player, credentials=KEY, strict=True)
    with player.use_cassette(path):
        assert client(NOWHERE) == recorded
    assert checks.findings == replayed.findings == ()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"check": "later"}, "end, now, collect"),
        ({"evidence": "document"}, "live, reference or synthetic"),
        ({"scrub": ["("]}, "regular expression"),
    ],
)
def test_wrong_settings_are_refused(arguments, says):
    """The error says what is expected."""
    with pytest.raises(UsageError, match=says):
        register(vcr.VCR(), **arguments)


def test_what_is_no_vcr_and_what_is_registered_are_refused():
    """Two checks of one cassette would scrub what is scrubbed."""
    with pytest.raises(UsageError, match=r"vcr\.VCR"):
        register(vcr)
    twice = vcr.VCR()
    register(twice)
    with pytest.raises(UsageError, match="already"):
        register(twice)
