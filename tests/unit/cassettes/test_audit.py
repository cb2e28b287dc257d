"""A cassette judged as it lies on disk: what is found in it, what is found beside it, and what is passed over."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import socket
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import page_examples as examples
import pytest

from sls_contract import Credentials, Exchange, Request, cli, sign
from sls_contract.cassettes.audit import Audit, AuditSettings, audit
from sls_contract.cassettes.file.recording_file import open_for_recording, write
from sls_contract.cassettes.har.archive import write_har
from sls_contract.cassettes.opening import opened
from sls_contract.cassettes.places import cassettes_below
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.signing import TEST_CREDENTIALS

AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)
NOW = AT + timedelta(days=100)
MARKED = "LOG testAccessKeyId:AAAAAAAAAAAAAAAAAAAAAAAAAAA="
VERIFIED = SignatureNote("verified")
PAGE = Path(__file__).parents[3] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"


def audit_of(path: Path, *credentials: Credentials, **settings) -> Audit:
    return audit(path, AuditSettings(NOW, credentials, **settings))


def exchange(key: Credentials = TEST_CREDENTIALS) -> Exchange:
    """Give the page's own success, signed at its own time."""
    printed = examples.success()
    unsigned = printed.request.replace(headers=printed.request.headers.without("Authorization"))
    return Exchange(sign(unsigned, key, at=AT), printed.response)


def recording(signature: SignatureNote | None = VERIFIED, made: Exchange | None = None, **changes) -> Recording:
    provenance = Provenance(Evidence.REFERENCE, "http://e.example.com", "cn-shanghai", "client", AT, AT, "0.1.0")
    return replace(Recording(made or exchange(), provenance, signature), **changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "日志.sls.yaml"


def slugs(audited) -> list[tuple[str, int | None]]:
    return [(finding.slug, position) for finding, position, _ in audited.placed]


def edit(path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_right_recording_has_no_findings(path):
    """Verified with the public test key, judged at the time it was recorded, its evidence told."""
    write(path, [recording(), recording(provenance=replace(recording().provenance, evidence=Evidence.LIVE))])
    audited = audit_of(path)
    assert (slugs(audited), audited.entry.evidence, audited.failure) == ([], Evidence.REFERENCE, None)
    assert (audited.results.exchanges, audited.lines[0]) == (2, 4)
    assert "SLS204" in audited.results.exercised


def test_a_breach_is_placed_by_exchange_and_line(path):
    """The second exchange's wrong body is found at its position and the line where its block begins."""
    wrong = exchange()
    body = wrong.response.body.replace(b"1524224984800922", b"1524224984")
    assert body != wrong.response.body
    headers = wrong.response.headers.with_field("Content-Length", str(len(body)))
    wrong = Exchange(wrong.request, wrong.response.replace(body=body, headers=headers))
    write(path, [recording(), recording(made=wrong)])
    ((finding, position, line),) = audit_of(path).placed
    assert (finding.slug, position) == ("update-time-unit", 1)
    assert path.read_text("utf-8").splitlines()[line - 1] == "- contract:"
    assert line > 4


def test_an_edit_is_a_warning(path):
    """A digest that does not fit is told, and the exchange judged all the same."""
    write(path, [recording()])
    edit(path, "region: cn-shanghai", "region: cn-beijing")
    audited = audit_of(path)
    assert slugs(audited) == [("recording-edited", 0)]
    (fix,) = (finding.how_to_fix for finding, _, _ in audited.placed)
    assert fix == "record it again (pytest --sls-record=all, or sls-contract proxy --record all)"


def test_a_damaged_file_is_recorded_again_by_whatever_recorded_it(path):
    """A file does not say whether pytest or the proxy wrote it: both ways are named."""
    path.write_bytes(b"version: 1\ninteractions: [\n")
    (fix,) = (finding.how_to_fix for finding, _, _ in audit_of(path).placed)
    assert "(pytest --sls-record=once, or sls-contract proxy --record once)" in fix


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (b"", "the file is empty", None),
        (b"\x00\x01\x02" * 1000, "a NUL byte", 1),
        (b"a: 1\nb: \xff\n", "not UTF-8", 2),
        (b"version: 1\ninteractions: [\n", "not YAML", 3),
        (b'{"version": 1,\n "interactions": [}', "not JSON", 2),
        (b"a: 1\n<<<<<<< HEAD\n", "merge conflict", 2),
        (b"[]", "not a cassette", 1),
        (b'[{"request": {}, "response": {}}]', "a list, as vcrpy wrote before version 1", 1),
    ],
)
def test_a_damaged_file_is_one_violation_with_line_and_reason(path, data, reason, line):
    """Binary, cut off, conflicting, of another version: never an exception, never silence."""
    path.write_bytes(data)
    ((finding, position, placed),) = audit_of(path).placed
    assert (finding.slug, finding.level, position, placed) == ("recording-damaged", "violation", None, line)
    assert reason in finding.actual
    assert finding.where == ("file" if line is None else f"line {line}")


def test_one_damaged_exchange_hides_none_of_the_others(path):
    """The exchanges before and behind it are judged; the damage has its own line."""
    write(path, [recording(), recording(), recording()])
    first, second, third, fourth = path.read_text("utf-8").split("- contract:")
    second = second.replace("region: cn-shanghai", "region: cn-beijing")
    third = third.replace("    method: GET", "    method: [")
    path.write_text(f"{first}- contract:{second}- contract:{third}- contract:{fourth}", "utf-8")
    audited = audit_of(path)
    assert slugs(audited) == [("recording-damaged", None), ("recording-edited", 0)]
    assert audited.results.exchanges == 2
    assert next(audited.placed)[2] > audited.lines[1]


def test_a_substitution_that_is_no_list_is_an_edit(path):
    """Whatever somebody made of the notes beside an exchange ends in a finding, never in an exception."""
    write(path, [recording(substitutions=("url: my-project",))])
    edit(path, "    substitutions:\n    - 'url: my-project'\n", "    substitutions: true\n")
    assert slugs(audit_of(path)) == [("recording-edited", 0)]


def test_unknown_origin_and_no_response_are_unspecified(path):
    """Neither fails: a third party's recording says nothing of itself, and a reset is no breach."""
    cut = recording(made=Exchange(exchange().request, None), broken="reset")
    write(path, [recording(provenance=Provenance(recorded_at=AT)), cut])
    audited = audit_of(path)
    assert slugs(audited) == [("recording-provenance", 0), ("recording-incomplete", 1)]
    assert {finding.level for finding, _, _ in audited.placed} == {"unspecified"}
    assert audited.entry.evidence is Evidence.UNKNOWN


@pytest.mark.parametrize(("step", "slug"), [("resource", "signature-resource"), ("", "signature-digest")])
def test_a_wrong_signature_is_reported_as_when_it_was_recorded(path, step, slug):
    """The marked signature in its place is not verified again; the stored step is a violation, once."""
    made = exchange()
    made = replace(made, request=made.request.replace(headers=made.request.headers.with_field("Authorization", MARKED)))
    write(path, [recording(SignatureNote("invalid", step), made)])
    assert slugs(audit_of(path)) == [("signature-not-verified", 0), (slug, 0)]


def test_a_wrong_form_is_told_once(path):
    """What the form of Authorization shows by itself is not said again because the verdict says so."""
    made = exchange()
    made = replace(made, request=made.request.replace(headers=made.request.headers.with_field("Authorization", "LOG")))
    write(path, [recording(SignatureNote("invalid", "authorization"), made)])
    assert [slug for slug, _ in slugs(audit_of(path))].count("signature-authorization") == 1


def test_a_signature_that_nobody_could_check_is_no_breach(path):
    """Recorded without the key: its stand-in is not held against the test key."""
    made = exchange()
    made = replace(made, request=made.request.replace(headers=made.request.headers.with_field("Authorization", MARKED)))
    write(path, [recording(SignatureNote("unchecked", "access-key"), made)])
    assert slugs(audit_of(path)) == [("signature-not-verified", 0)]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ((), "signature-not-verified"),
        (("REDACTED",), "signature-not-verified"),
        ((" *** ",), "signature-not-verified"),
        (("SLS testAccessKeyId:AAAA",), "signature-authorization"),
        (("***", "LOG testAccessKeyId"), "signature-authorization"),
    ],
)
def test_an_authorization_that_another_recorder_took_out_is_no_breach(path, fields, found):
    """Absent, or a word in its place: nobody knows whether the client signed. What a client sent is judged."""
    made = exchange()
    headers = [*made.request.headers.without("authorization").pairs, *(("Authorization", each) for each in fields)]
    write(path, [recording(None, replace(made, request=made.request.replace(headers=headers)))])
    assert [slug for slug, _ in slugs(audit_of(path)) if slug != "authentication-served"] == [found]
    assert ("authentication-served" in str(slugs(audit_of(path)))) == (found == "signature-authorization")


def test_a_verified_signature_is_verified_again(path):
    """A file that says verified and does not verify is found, whoever edited it."""
    made = exchange()
    made = replace(made, request=made.request.replace(headers=made.request.headers.with_field("Authorization", MARKED)))
    write(path, [recording(made=made)])
    assert ("signature-digest", 0) in slugs(audit_of(path))


def test_secrets_are_found_and_not_shown(path):
    """The run's own id, secret and token are searched for in the written bytes; without them only their form tells."""
    key = Credentials(
        "LTAI5tFakeFakeFakeFake01", "fakeSecretOfThisTest0123456789", "a-token-of-this-test-which-is-long"
    )
    unsigned = exchange().request.replace(headers=exchange().request.headers.without("Authorization"))
    write(path, [recording(made=Exchange(sign(unsigned, key, at=AT), exchange().response))])
    found = [finding for finding, _, _ in audit_of(path, key).placed if finding.slug == "secret-in-recording"]
    assert {finding.expected for finding in found} >= {"no access key id", "no security token"}
    assert all(finding.level == "violation" and finding.where.startswith("line ") for finding in found)
    assert not any(secret in str(found) for secret in (key.access_key_id, key.access_key_secret, key.security_token))
    assert "secret-in-recording" in [slug for slug, _ in slugs(audit_of(path))]  # LTAI… has the form of an id


def test_a_secret_in_a_damaged_file_is_found(path):
    """Whether a file can be read says nothing about what leaks from it."""
    path.write_text("a: [\nid: LTAI5tFakeFakeFakeFake01\n", "utf-8")
    assert [slug for slug, _ in slugs(audit_of(path))] == ["recording-damaged", "secret-in-recording"]


def test_clocks_are_judged_at_the_time_of_recording(path):
    """A request a day older than its recording is found, years later."""
    late = replace(recording().provenance, recorded_at=AT + timedelta(days=1))
    write(path, [recording(provenance=late)])
    assert ("request-clock", 0) in slugs(audit_of(path))


@pytest.mark.parametrize("partial", [b'[{"shard":', None])
def test_what_had_come_of_a_response_is_not_judged(path, partial):
    """A response that broke off breaks no clause about responses: its client was told that it broke off."""
    cut = exchange()
    cut = replace(cut, response=None if partial is None else cut.response.replace(body=partial))
    write(path, [recording(made=cut, broken="truncated")])
    audited = audit_of(path)
    assert slugs(audited) == [("recording-incomplete", 0)]
    assert "SLS201" not in audited.results.exercised
    assert audited.results.extents == {"part": 1}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ["recording-age"]),
        ({"validated_at": NOW - timedelta(days=10)}, []),
        ({"validated_at": None}, ["recording-age"]),
        ({"validated_at": None, "recorded_at": None}, ["recording-age-unknown"]),
        ({"evidence": Evidence.DOCUMENT}, []),
    ],
)
def test_an_age_that_was_asked_for_is_held_against_each_exchange(path, changes, found):
    """Last validated, else recorded; unknown is told; what no service sent does not age. Unasked, none is told."""
    made = recording()
    write(path, [replace(made, provenance=replace(made.provenance, **changes))])
    ages = [slug for slug, _ in slugs(audit_of(path, max_age=timedelta(days=90))) if slug.startswith("recording-age")]
    assert ages == found
    assert not [slug for slug, _ in slugs(audit_of(path)) if slug.startswith("recording-age")]


def test_no_recording_is_kept(path):
    """Ten thousand recordings are judged one by one: the file keeps none of them in memory."""
    write(path, [recording()])
    file = opened(path)
    assert file[0] == file[0]
    assert file[0] is not file[0]


def test_a_har_is_judged_as_a_cassette_is(tmp_path):
    """Its exchanges are judged, its bytes are searched, its damage is told; only lines it has none."""
    write_har(tmp_path / "a.har", [recording()], "1")
    audited = audit_of(tmp_path / "a.har")
    assert (slugs(audited), audited.entry.evidence, audited.lines) == ([], Evidence.REFERENCE, (None,))
    edit(tmp_path / "a.har", '"startedDateTime"', '"comment": "LTAI5tFakeFakeFakeFake01", "startedDateTime"')
    edit(tmp_path / "a.har", '"status": 200', '"status": "200"')
    assert slugs(audit_of(tmp_path / "a.har")) == [("recording-damaged", None), ("secret-in-recording", None)]


def test_a_journal_alone_is_a_cassette(tmp_path, path):
    """What a killed recording left is found in a folder, folded in, and judged."""
    recorder = open_for_recording(path)
    recorder.append(recording())
    assert [each.name for each in cassettes_below(tmp_path)] == [path.name]
    assert audit_of(path).results.exchanges == 1


@pytest.mark.parametrize("kind", ["socket", "folder", "link", "nothing", "long name"])
def test_what_cannot_be_read_at_all_is_told(path, kind):
    """Neither hangs nor raises nor counts as checked."""
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("nowhere")
    elif kind == "long name":
        path = path.with_name("a" * 300)
    audited = audit_of(path)
    assert audited.failure
    assert (audited.results.exchanges, slugs(audited)) == (0, [])


def vcrpy_json(uri: str = "http://h.example.com/") -> str:
    request = {"method": "GET", "uri": uri, "body": None, "headers": {}}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": ""}}
    return json.dumps({"interactions": [{"request": request, "response": response}], "version": 1})


@pytest.fixture
def public_path():
    """Give a folder that anybody may enter: pytest's own are closed, and under xdist other tests live beside them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextlib.contextmanager
def unprivileged(path):
    """Let permissions count: root reads everything, nobody does not. All that is imported late is imported before."""
    cli.run(["check", str(PAGE)], environ={}, stdin=io.StringIO(), stdout=io.StringIO(), stderr=io.StringIO())
    if os.geteuid() != 0:
        yield
        return
    os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read_is_told(public_path):
    """A locked folder is reported, a locked file too, cassette or not: neither passes for checked."""
    for name in ("locked", "open"):
        (public_path / name).mkdir()
    for name in ("a.sls.yaml", "b.json"):
        (public_path / "open" / name).write_text("{}")
        (public_path / "open" / name).chmod(0)
    shutil.copy(PAGE, public_path)
    (public_path / "locked").chmod(0)
    missed, told = [], io.StringIO()
    with unprivileged(public_path):
        found = [each.name for each in cassettes_below(public_path, missed.append)]
        failure = audit_of(public_path / "open" / "b.json").failure
        code = cli.run(["check", str(public_path)], environ={}, stdin=io.StringIO(), stdout=told, stderr=told)
    (public_path / "locked").chmod(0o700)
    assert found == [PAGE.name, "a.sls.yaml", "b.json"]
    assert [(Path(each.filename).name, each.strerror) for each in missed] == [("locked", "Permission denied")]
    assert "Permission denied" in failure
    assert code == 2
    assert f"not checked: {public_path / 'locked'}: Permission denied" in told.getvalue()
    assert "5 exchanges" in told.getvalue()


@pytest.mark.slow
def test_a_huge_foreign_file_is_judged_in_time(tmp_path):
    """Megabytes of HTML in a response are read, scanned and judged."""
    big = json.loads(vcrpy_json("http://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g"))
    big["interactions"][0]["response"]["body"]["string"] = "<p>日</p>" * 200_000
    (tmp_path / "big.json").write_text(json.dumps(big), "utf-8")
    audited = audit_of(tmp_path / "big.json")
    assert ("json-text", 0) in slugs(audited)
    assert audited.failure is None


def test_another_service_is_counted_and_not_judged(tmp_path):
    """A foreign exchange is nobody's breach."""
    (tmp_path / "a.json").write_text(vcrpy_json("https://api.example.com/x"), "utf-8")
    audited = audit_of(tmp_path / "a.json")
    assert (audited.results.exchanges, audited.results.not_judged) == (1, 1)
    assert slugs(audited) == [("recording-provenance", 0)]
    assert Request("GET", "https://api.example.com/x") == audited.results.breaches[0].exchange.request


@pytest.mark.parametrize("place", ["uri", "header"])
def test_text_that_no_wire_can_carry_is_damage(tmp_path, place):
    """Half a surrogate pair, escaped in a third party's JSON, ends in a finding and not in an exception."""
    text = vcrpy_json("http://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?a=1")
    text = (
        text.replace("a=1", "\\ud800")
        if place == "uri"
        else text.replace('"headers": {}', '"headers": {"a": ["\\ud800"]}', 1)
    )
    (tmp_path / "a.json").write_text(text, "utf-8")
    ((finding, _, _),) = audit_of(tmp_path / "a.json").placed
    assert finding.slug == "recording-damaged"
    assert "half a surrogate pair" in finding.actual


def test_no_finding_quotes_the_key_of_the_run(path):
    """An exchange that nobody scrubbed: what is found in it is told without the secrets that it holds."""
    key = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre")
    body = json.dumps(
        [{key.access_key_secret: 1, "shard": f"0 {key.access_key_secret}", key.access_key_id: 2}]
    ).encode()
    made = exchange()
    write(path, [recording(made=Exchange(made.request, made.response.replace(body=body)))])
    audited = audit_of(path, key)
    told = " ".join(f"{one.where} {one.expected} {one.actual}" for one, _, _ in audited.placed)
    assert {"entry-shard", "secret-in-recording"} <= {slug for slug, _ in slugs(audited)}
    assert not [secret for secret in (key.access_key_secret[:12], key.access_key_id) if secret in told]


def test_what_a_failed_test_recorded_is_a_warning_with_the_reason(path):
    recorder = open_for_recording(path)
    recorder.append(recording())
    recorder.close(finished=False, failure="test_a: 期望 200")
    (found,) = [finding for finding, _, _ in audit_of(path).placed if finding.slug == "recording-failed"]
    assert (found.level, found.actual) == ("warning", "test_a: 期望 200")
