"""``sls-contract diff``: what it prints, writes and returns."""

from __future__ import annotations

import io
import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from advice import advised

from sls_contract.captures import sorting
from sls_contract.captures.converting import Task, convert_capture
from sls_contract.cassettes.file.recording_file import open_for_recording, write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.cli import diff
from sls_contract.cli.parser import Parser
from sls_contract.cli.terminal import Console
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, http_date, sign

AT = datetime(2024, 11, 25, 10, 9, 42, tzinfo=UTC)
PATH = "/logstores/my-logstore/consumergroups/group"
ENTRY = {"shard": 0, "checkpoint": "MTIz", "updateTime": 1524224984800922, "consumer": "消费者"}


def recording(target: str = PATH, host: str = "my-project.cn-hangzhou.log.aliyuncs.com", **changes) -> Recording:
    headers = changes.pop("headers", {})
    body = json.dumps([{**ENTRY, **changes}], ensure_ascii=False).encode()
    response = Response(
        200,
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Date": http_date(AT),
            "x-log-requestid": f"{int(AT.timestamp()):08X}05099546E07A82E8",
            **headers,
        },
        body,
    )
    request = sign(Request("GET", f"http://{host}{target}"), TEST_CREDENTIALS, scheme="v1", at=AT)
    return Recording(Exchange(request, response), Provenance(Evidence.REFERENCE, recorded_at=AT))


GOOD, MOVED = recording(), recording(checkpoint="MTI0")
ADDED, BROKEN = recording(lag=1), recording(updateTime=1524224984)


def run(*argv):
    """Run the command in this process; return exit code, standard output and error."""
    parser = Parser(prog="sls-contract")
    diff.configure(parser.add_subparsers())
    arguments = parser.parse_args(["diff", *map(str, argv)])
    out, err = io.StringIO(), io.StringIO()
    code = arguments.run(arguments, Console({}, io.StringIO(), out, err))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def cassette(tmp_path):
    """Write recordings under a name, and return the path."""

    def made(name, *recordings):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, recordings)
        return path

    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new", "level", "code"),
    [
        (GOOD, "benign", 0),
        (MOVED, "breaking", 0),
        (MOVED, "additive", 0),
        (MOVED, "benign", 1),
        (ADDED, "breaking", 0),
        (ADDED, "additive", 1),
        (ADDED, "benign", 1),
        (BROKEN, "breaking", 1),
        (BROKEN, "additive", 1),
        (BROKEN, "benign", 1),
    ],
)
def test_fail_on(cassette, new, level, code):
    """The exit code is 1 for a difference of the level asked for, or of a worse one."""
    old, newer = cassette("old.sls.yaml", GOOD), cassette("new.sls.yaml", new)
    assert run(old, newer, "--fail-on", level)[0] == code
    if level == "breaking":
        assert run(old, newer)[0] == code


def test_text_shows_classes_and_both_sides(cassette):
    """The worst changes come first, with clause, place and both values; what a client may ignore takes a line."""
    old = cassette("old.sls.yaml", GOOD)
    new = cassette("new.sls.yaml", recording(updateTime=1524224984, lag=1, consumer="别人"))
    code, text, _ = run(old, new)
    assert code == 1
    breaking = [
        "    old: 1524224984800922",
        "    new: 1524224984, which makes sense in seconds only",
    ]
    assert text.splitlines()[:7] == [
        "breaking: SLS204 update-time-unit at /0/updateTime",
        "  in exchange 0 at /0/updateTime",
        *breaking,
        "additive: SLS212 entry-additive-key at /0/lag, in exchange 0: (nothing) -> 1",
        "benign: SLS208 entry-consumer 1, SLS261 content-length 1",
        "",
    ]
    full = run(old, new, "--verbose")[1]
    assert full.splitlines()[:4] == [
        "breaking (1)",
        "  exchange 0: SLS204 update-time-unit at /0/updateTime",
        *breaking,
    ]
    assert '    old: "消费者"\n    new: "别人"\n' in full
    assert text.splitlines()[-1] == (
        "breaking: 1 breaking, 1 additive, 2 benign, 0 unmatched; 1 pair of exchanges in 1 pair of cassettes"
    )


def test_json_document(cassette, tmp_path):
    """The document has the keys of every command, and verdict, unmatched and changes."""
    old = cassette("old.sls.yaml", GOOD, recording("/logstores/l/consumergroups/a"))
    new = cassette("new.sls.yaml", BROKEN)
    report = tmp_path / "report.json"
    assert run(old, new, "--json", report)[0] == 1
    document = json.loads(report.read_text(encoding="utf-8"))
    assert (document["version"], document["command"], document["verdict"]) == (1, "diff", "breaking")
    assert document["target"]["evidence"] == "reference"
    assert document["summary"]["exchanges"] == 1
    assert document["summary"]["violations"] == 1
    assert document["summary"]["clauses"]["exercised"] > 10
    assert document["changes"][0] == {
        "class": "breaking",
        "code": "SLS204",
        "slug": "update-time-unit",
        "exchange": 0,
        "where": "/0/updateTime",
        "old": "1524224984800922",
        "new": "1524224984, which makes sense in seconds only",
        "cassette": None,
    }
    assert document["findings"][0]["code"] == "SLS204"
    assert document["findings"][0]["expected"] == "as recorded before: 1524224984800922"
    (alone,) = document["unmatched"]
    assert (alone["side"], alone["exchange"], alone["cassette"]) == ("old", 1, None)
    assert alone["request"].endswith("/logstores/l/consumergroups/a")


def test_the_contract_map_is_that_of_the_new_side(cassette):
    """It says for each operation what was judged, in each pair."""
    old = cassette("old.sls.yaml", GOOD, recording("/logstores/l/index"))
    document = json.loads(run(old, old, "--json", "-")[1])
    rows = {row["operation"]: row for row in document["contract_map"]}
    assert (rows["GetCheckPoint"]["evidence"], "SLS204" in rows["GetCheckPoint"]["clauses"]) == ("reference", True)
    assert "SLS204" not in rows["GetIndex"]["clauses"]


def test_json_on_standard_output(cassette):
    """With - the document alone is on standard output, the text on standard error."""
    old = cassette("old.sls.yaml", GOOD)
    code, out, err = run(old, old, "--json", "-")
    assert (code, json.loads(out)["verdict"]) == (0, "none")
    assert err.startswith("none: 0 breaking")


def test_changes_without_a_clause_are_no_findings(cassette):
    """What breaks a rule that no clause states stands among the changes only."""
    target = "/logstores/l/index"
    old, new = cassette("o.yaml", recording(target)), cassette("n.yaml", recording(target, shard=None))
    code, out, _ = run(old, new, "--json", "-")
    document = json.loads(out)
    assert (code, document["changes"][0]["slug"], document["changes"][0]["code"]) == (1, "json-shape", None)
    assert document["findings"] == []


def test_one_new_key_everywhere_is_one_line(cassette, tmp_path):
    """However many cassettes, shards and values there are; what only moved is counted by clause."""
    for name in range(9):
        cassette(f"old/{name}.sls.yaml", GOOD, GOOD)
        cassette(f"new/{name}.sls.yaml", *[recording(lag=number, checkpoint="MTI0") for number in range(2)])
    code, text, _ = run(tmp_path / "old", tmp_path / "new")
    additive, benign, empty, _summary = text.splitlines()
    assert (code, empty) == (0, "")
    told = "SLS212 entry-additive-key at /*/lag, 18 times, first in 0.sls.yaml exchange 0: (nothing) -> 0"
    assert additive == f"additive: {told}"
    assert benign.startswith("benign: SLS206 entry-checkpoint 18, ")


def test_folders_pair_by_relative_path(cassette, tmp_path):
    """Cassettes of one relative path are compared; those that one side alone has are unmatched."""
    cassette("old/a/一.sls.yaml", GOOD)
    cassette("new/a/一.sls.yaml", MOVED)
    assert run(tmp_path / "old", tmp_path / "new")[0] == 0
    cassette("old/gone.sls.yaml", GOOD)
    cassette("new/b/come.yaml", GOOD)
    code, text, _ = run(tmp_path / "old", tmp_path / "new")
    assert code == 1
    assert "benign: SLS206 entry-checkpoint 1\n" in text
    assert "  a/一.sls.yaml exchange 0: SLS206" in run(tmp_path / "old", tmp_path / "new", "--verbose")[1]
    assert "unmatched (2)\n  old gone.sls.yaml: the whole cassette\n  new b/come.yaml: the whole cassette\n" in text
    document = json.loads(run(tmp_path / "old", tmp_path / "new", "--json", "-")[1])
    assert document["changes"][0]["cassette"] == "a/一.sls.yaml"
    assert document["unmatched"][0] == {
        "side": "old",
        "cassette": "gone.sls.yaml",
        "exchange": None,
        "request": None,
    }


def test_unmatched_exchanges_fail(cassette):
    """An exchange without a partner is told, and the exit code is 1."""
    old = cassette("old.sls.yaml", GOOD)
    code, text, _ = run(old, cassette("new.sls.yaml", GOOD, recording(f"{PATH}?shard=7")))
    assert code == 1
    assert "unmatched (1)\n  new exchange 1: GET http://my-project" in text


def test_nothing_compared_is_no_success(cassette, tmp_path):
    """Empty cassettes, empty folders, and recordings of other services alone give 2."""
    empty = cassette("empty.sls.yaml")
    assert run(empty, empty)[0] == 2
    (tmp_path / "none").mkdir()
    code, text, _ = run(tmp_path / "none", tmp_path / "none")
    assert code == 2
    assert "Nothing was compared" in text
    response = Response(200, {}, b"x")
    foreign = cassette("f.sls.yaml", Recording(Exchange(Request("GET", "https://example.com/"), response)))
    code, text, _ = run(foreign, foreign)
    assert code == 2
    assert "1 of other services not judged" in text


def refused(target: str = PATH, status: int = 503, code: str = "ServerBusy") -> Recording:
    """Return a recording of a request that met a state of the service."""
    made = recording(target)
    body = json.dumps({"errorCode": code, "errorMessage": "The server is busy, please try again later."}).encode()
    headers = {**made.exchange.response.headers, "Content-Length": str(len(body))}
    return replace(made, exchange=replace(made.exchange, response=Response(status, headers, body)))


STATES = [(503, "ServerBusy"), (401, "InvalidAccessKeyId"), (404, "ProjectNotExist"), (404, "ConsumerGroupNotExist")]


@pytest.mark.parametrize(("status", "code"), STATES)
def test_a_service_that_refused_everything_confirms_nothing(cassette, status, code):
    """The states of a service break no clause; where they were all that came, nothing was compared."""
    one, two = f"{PATH}?shard=0", f"{PATH}?shard=1"
    served = cassette("served.sls.yaml", recording(one), recording(two, shard=1))
    state = cassette("state.sls.yaml", refused(one, status, code), refused(two, status, code))
    for old, new, change in ((served, state, f"200 -> {status} {code}"), (state, served, f"{status} {code} -> 200")):
        exit_code, out, err = run(old, new, "--json", "-")
        assert exit_code == 2
        assert f"not compared: {new}: " in err
        assert change in err
        assert json.loads(out)["verdict"] == "benign"
        assert [each["cassette"] for each in json.loads(out)["not_provable"]] == [str(new)]
    assert run(state, state)[0] == 0
    assert advised(run(served, state)[1], "record it again where these requests are served")
    assert run(served, cassette("state.sls.yaml", recording(one, checkpoint="MTI0"), recording(two, shard=1)))[0] == 0


def test_a_request_without_a_response_on_both_sides_has_the_same_outcome(cassette):
    """A test of a timeout records no response, each time; a response on one side is another outcome."""
    made = recording()
    silent = replace(made, exchange=Exchange(made.exchange.request, None), broken="timeout")
    old, new = cassette("old.sls.yaml", silent), cassette("new.sls.yaml", silent)
    code, text, err = run(old, new)
    assert (code, err) == (0, "")
    assert "another outcome" not in text
    assert run(old, cassette("served.sls.yaml", made))[0] == 2


def test_a_service_that_refused_a_part_is_counted(cassette):
    """One refusal among served requests is no failure, and the summary has its number."""
    one, two = f"{PATH}?shard=0", f"{PATH}?shard=1"
    old = cassette("old.sls.yaml", recording(one), recording(two, shard=1))
    code, text, _ = run(old, cassette("new.sls.yaml", recording(one), refused(two)))
    assert code == 0
    assert text.splitlines()[-1].endswith("2 pairs of exchanges in 1 pair of cassettes, 1 with another outcome")
    assert run(old, cassette("newer.sls.yaml", recording(one, updateTime=1), refused(two)))[0] == 1


def archive(*exchanges: tuple[str | None, str | None]) -> str:
    """Return an archive of heartbeats: of each the body that was sent, and that received (None: not kept)."""
    url = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?type=heartbeat&consumer=c"
    json_type = [{"name": "Content-Type", "value": "application/json"}]
    entries = [
        {
            "request": {
                "method": "POST",
                "url": url,
                "headers": [*json_type, {"name": "Content-Length", "value": "3"}],
                "postData": {"mimeType": "application/json"} | ({} if sent is None else {"text": sent}),
            },
            "response": {
                "status": 200,
                "headers": json_type,
                "content": {"size": 3} if received is None else {"size": len(received), "text": received},
            },
        }
        for sent, received in exchanges
    ]
    return json.dumps({"log": {"entries": entries}})


FULL = ("[0]", "[0]")
MANY = [(f"[{shard}]", "[]") for shard in range(9)]


@pytest.mark.parametrize(
    ("old", "new", "lacking", "pairs"),
    [
        ([FULL], [("[0]", None)], ["new"], 0),
        ([("[0]", None)], [FULL], ["old"], 0),
        ([FULL], [(None, "[0]")], ["new"], 0),
        ([(None, None)], [(None, "[0]")], ["old", "new"], 0),
        ([("[0]", None)], [("[0]", None)], ["old", "new"], 0),
        ([("[1]", "[1]"), FULL], [(None, "[0]"), ("[1]", "[1]")], ["new"], 1),  # the bodies that are there decide
        ([("[0]", None), FULL], [("[0]", None), FULL], ["old", "new"], 1),  # the second is no retry
        (MANY, [(None, "[]"), *MANY[:0:-1]], ["new"], 8),  # more than are compared at once, in another order
    ],
)
@pytest.mark.parametrize("suffix", [".har", ".jsonl"])
def test_what_lacks_a_body_is_not_compared(tmp_path, monkeypatch, old, new, lacking, pairs, suffix):
    """A tool that kept no body changed nothing at the service: no difference, and no success either."""
    monkeypatch.setattr(sorting, "_FEW", 1)  # requests that are compared at once
    paths = []
    for side, exchanges in (("old", old), ("new", new)):
        paths.append(tmp_path / f"{side}.har")
        paths[-1].write_text(archive(*exchanges), encoding="utf-8")
        if suffix != ".har" and None not in dict(exchanges):  # what lacks a request's body is not converted
            task = Task(str(paths[-1]), paths[-1].with_suffix(suffix))
            convert_capture(task, ())
            paths[-1] = task.target
    code, out, err = run(*paths, "--json", "-")
    document = json.loads(out)
    assert (code, document["verdict"], document["changes"], document["unmatched"]) == (2, "none", [], [])
    assert [Path(each["cassette"]).stem for each in document["not_provable"]] == lacking
    assert document["summary"]["exchanges"] == pairs
    assert ("Nothing was compared" in err) is (pairs == 0)
    assert advised(err, "record it again with a tool that keeps all bodies, such as sls-contract proxy")


def test_damage_is_told_and_never_success(cassette, tmp_path):
    """A damaged cassette gives 2 with its line; the others are compared all the same, and 1 outranks 2."""
    cassette("old/a.sls.yaml", GOOD)
    cassette("new/a.sls.yaml", GOOD)
    cassette("old/b.sls.yaml", GOOD)
    damaged = cassette("new/b.sls.yaml", GOOD)
    damaged.write_text("<<<<<<< HEAD\n" + damaged.read_text(encoding="utf-8"), encoding="utf-8")
    code, out, err = run(tmp_path / "old", tmp_path / "new", "--json", "-")
    assert code == 2
    assert f"not compared: {damaged}:1: " in err
    assert json.loads(out)["not_provable"][0]["cassette"] == str(damaged)
    cassette("new/a.sls.yaml", BROKEN)
    assert run(tmp_path / "old", tmp_path / "new")[0] == 1


@pytest.fixture
def nobody(tmp_path):
    """Let permissions count: root reads everything, nobody does not."""
    if os.geteuid() != 0:
        yield
        return
    modes = {each: each.stat().st_mode for each in tmp_path.parents}  # under xdist there is one folder more
    modes = {each: mode for each, mode in modes.items() if not mode & stat.S_IXOTH}
    for each, mode in modes.items():
        each.chmod(mode | 0o011)
    for each in (tmp_path, *tmp_path.rglob("*")):
        os.chown(each, 65534, 65534)
    yield
    os.seteuid(0)
    for each, mode in modes.items():
        each.chmod(mode)


def test_a_folder_that_cannot_be_read_is_told(cassette, tmp_path, request):
    """Cassettes below a locked folder do not pass for compared."""
    for side in ("old", "new"):
        cassette(f"{side}/a.sls.yaml", GOOD)
        cassette(f"{side}/locked/b.sls.yaml", GOOD)
        (tmp_path / side / "locked").chmod(0)
    request.getfixturevalue("nobody")
    if os.geteuid() == 0:
        os.seteuid(65534)
    code, text, _ = run(tmp_path / "old", tmp_path / "new")
    assert code == 2
    assert f"not compared: {tmp_path / 'new' / 'locked'}: Permission denied" in text
    for side in ("old", "new"):
        (tmp_path / side / "locked").chmod(0o700)


def test_wrong_paths_say_how_to_fix(cassette, tmp_path):
    """A path that is not there, or a file against a folder, is a usage error."""
    old = cassette("old.sls.yaml", GOOD)
    for wrong, reason in (
        (tmp_path / "missing.yaml", "no such file"),
        (Path(os.devnull), "neither a file nor a folder"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(UsageError, match=reason) as refusal:
            run(old, wrong)
        assert "How to fix: name a cassette" in str(refusal.value)
    with pytest.raises(UsageError, match="How to fix: name two cassettes, or two folders"):
        run(old, tmp_path)


def test_a_journal_alone_is_a_cassette(cassette, tmp_path):
    """What a killed recording left in a journal is compared, too."""
    from sls_contract.cassettes.file.recording_file import open_for_recording

    path = tmp_path / "killed.sls.yaml"
    recorder = open_for_recording(path)
    recorder.append(MOVED)
    assert not path.exists()
    code, text, _ = run(cassette("old.sls.yaml", GOOD), path)
    assert (code, "SLS206" in text) == (0, True)


def test_control_characters_do_not_reach_the_terminal(cassette):
    """A value with escape sequences is shown escaped, on one line."""
    old = cassette("old.sls.yaml", GOOD)
    _, text, _ = run(old, cassette("new.sls.yaml", recording(consumer="a\x1b[2J\nb")), "--verbose")
    assert "\x1b" not in text
    assert '    new: "a\\u001b[2J\\nb"' in text


def test_what_a_failed_test_recorded_is_left_out(tmp_path):
    """The old response stands for the cassette; the response to the failed test is counted and not compared."""
    old, new = tmp_path / "old.sls.yaml", tmp_path / "new.sls.yaml"
    write(old, [GOOD])
    write(new, [GOOD])
    recorder = open_for_recording(new)
    recorder.append(BROKEN)
    recorder.close(finished=False, failure="test_a: 401")
    code, out, _ = run(old, new)
    assert (code, out.splitlines()[-1].endswith("1 of failed recordings left out")) == (0, True)
