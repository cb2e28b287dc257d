"""The command line in this process: dispatch, exit codes, and what goes to which stream."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sls_contract import __version__, cli
from sls_contract.captures import judging

COMMITTED = Path(__file__).parents[3] / "cassettes"
PAGE = COMMITTED / "documents" / "get-checkpoint-page.sls.yaml"
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "testAccessKeyId", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testAccessKeySecret"}


ELSEWHERE = """
interactions:
- request: {method: GET, uri: 'http://api.example.com/', body: null, headers: {}}
  response: {status: {code: 200, message: ''}, headers: {}, body: {string: ''}}
version: 1
"""


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def run(*argv, environ=None, stderr=None):
    """Run a command; give exit code, standard output and standard error."""
    stdout, stderr = io.StringIO(), stderr or io.StringIO()
    code = cli.run([*map(str, argv)], environ=environ or {}, stdin=io.StringIO(), stdout=stdout, stderr=stderr)
    return code, stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def page(tmp_path):
    """Give a copy of the page's cassette that a test may break."""
    return Path(shutil.copy(PAGE, tmp_path / "页.sls.yaml"))


def edit(path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def warned(path) -> None:
    """Edit a recording so that a warning is found: its digest no longer fits."""
    edit(path, "region: cn-shanghai", "region: cn-beijing")


def violated(path) -> None:
    """Edit a recording so that violations are found."""
    edit(path, "code: 200", "code: 201")


def test_a_conforming_cassette_is_0(page):
    """A table with evidence, counts and a closing line, all on standard output; the terminal is left alone."""
    code, out, err = run("check", page)
    assert (code, err) == (0, "")
    head, _, row, _, last, *_ = out.splitlines()
    assert head.split() == ["evidence", "region", "client", "exchanges", "last", "validated", "findings", "cassette"]
    assert row.split() == ["document", "cn-shanghai", "sls-java-sdk-v-0.6.1", "5", "-", "0", str(page)]
    assert re.fullmatch(
        r"1 cassette, 5 exchanges: 0 violations, 0 warnings, 0 unspecified; \d+ of \d+ clauses exercised", last
    )


def test_a_violation_is_1_and_shows_where_and_how(page):
    """The finding names clause, file, line and exchange; it ends in what to do."""
    violated(page)
    code, out, _ = run("check", page)
    assert code == 1
    heading, place, *_ = out[out.index("\nSLS") + 1 :].splitlines()
    assert re.fullmatch(r"SLS2\d\d \S+ \(violation\)(, \d+ times)?", heading)
    assert re.fullmatch(rf"  in {re.escape(str(page))}:\d+ exchange \d at status of GetCheckPoint", place)
    assert "  How to fix: " in out


def test_a_warning_is_0_and_with_strict_1(page):
    """--strict lets warnings fail, unspecified findings never."""
    warned(page)
    assert run("check", page)[0] == 0
    assert "1 warning," in run("check", page)[1]
    assert run("check", page, "--strict")[0] == 1


@pytest.mark.parametrize("option", ["FILE", "-"])
def test_json_holds_what_the_text_holds(page, tmp_path, option):
    """--json PATH writes beside the text; --json - puts the document on standard output, the text on standard error."""
    violated(page)
    target = str(tmp_path / "报告.json") if option == "FILE" else "-"
    code, out, err = run("check", page, "--json", target)
    document = json.loads(out if option == "-" else Path(target).read_text("utf-8"))
    assert code == 1
    assert "violation" in (err if option == "-" else out)
    assert (document["version"], document["command"], document["tool"]["version"]) == (1, "check", __version__)
    assert document["target"] == {"endpoint": None, "evidence": "document"}
    assert document["summary"]["violations"] == sum(each["level"] == "violation" for each in document["findings"])
    one = next(each for each in document["findings"] if each["where"] == "status")
    assert (one["cassette"], one["scenario"]) == (str(page), None)
    assert page.read_text("utf-8").splitlines()[one["line"] - 1] == "- contract:"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "Nothing was checked"),
        ("interactions: []\nversion: 1\n", "Nothing was checked"),
        (
            ELSEWHERE,
            "1 exchange of other services: not judged\nNothing was checked",
        ),
    ],
    ids=["empty-folder", "no-exchange", "another-service"],
)
def test_nothing_checked_is_2(tmp_path, text, told):
    """A run that judged nothing must not look like success."""
    if text:
        (tmp_path / "a.yaml").write_text(text)
    code, out, _ = run("check", tmp_path)
    assert code == 2
    assert told in out


def test_not_everything_checked_is_2_and_a_violation_still_1(page, tmp_path):
    """A file that cannot be read does not hide what was found in the others, nor pass."""
    (tmp_path / "lost.sls.yaml").symlink_to("nowhere")
    code, out, _ = run("check", tmp_path, "--json", tmp_path / "r.json")
    assert code == 2
    assert f"not checked: {tmp_path / 'lost.sls.yaml'}: there is no cassette" in out
    (missed,) = json.loads((tmp_path / "r.json").read_text())["not_provable"]
    assert missed["cassette"].endswith("lost.sls.yaml")
    violated(page)
    assert run("check", tmp_path)[0] == 1


def test_a_damaged_file_is_1(page):
    """Damage is a violation that names the line; what other files hold is still told."""
    page.write_bytes(page.read_bytes()[:3000])
    code, out, _ = run("check", page, PAGE)
    assert code == 1
    assert re.search(r"SLS606 recording-damaged \(violation\)\n  in \S+页\.sls\.yaml:\d+\n", out)
    assert "2 cassettes, 5 exchanges: 1 violation" in out


def test_a_cassette_named_twice_is_checked_once(page, tmp_path):
    """By another spelling, by a link, by its folder: it is one file."""
    (tmp_path / "link.sls.yaml").symlink_to(page)
    code, out, _ = run("check", page, tmp_path, tmp_path / "." / page.name)
    assert code == 0
    assert "1 cassette, 5 exchanges" in out


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing", "there is no such file or folder"),
        ("a" * 300, "File name too long"),
        ("pipe", "it is neither a file nor a folder"),
        ("page/below", "there is no such file or folder"),
    ],
)
def test_a_wrong_path_is_2_with_one_line(tmp_path, name, reason):
    """The line names the path, the reason and the fix; nothing is printed on standard output."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "page").write_text("")
    code, out, err = run("check", PAGE, tmp_path / name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("sls-contract check: ")
    assert reason in err
    assert "How to fix: " in err


def test_a_report_that_cannot_be_written_is_2_after_the_text(page):
    """What was found is shown first."""
    code, out, err = run("check", page, "--json", page / "below-a-file.json")
    assert code == 2
    assert "5 exchanges" in out
    assert "cannot write the report" in err


def test_half_a_key_is_2(page):
    """One variable without the other is named before anything is judged."""
    code, out, err = run("check", page, environ={"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"})
    assert (code, out) == (2, "")
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not" in err


def test_the_key_of_the_environment_is_hunted(page):
    """A recording that holds the run's own secret is a violation, the secret not repeated."""
    edit(page, "sls-java-sdk-v-0.6.1", "zq83hfKx02lMsecretvalue")
    environ = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tOther",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "zq83hfKx02lMsecretvalue",
    }
    code, out, err = run("check", page, environ=environ)
    assert code == 1
    assert "SLS601 secret-in-recording" in out
    assert "zq83hfKx02lMsecretvalue" not in out + err


def test_progress_on_a_terminal_only(page):
    """A person sees how far it is, and the line is cleared; a pipe and a dumb terminal see none of it."""
    _, _, err = run("check", page, environ={"TERM": "xterm"}, stderr=Terminal())
    assert "0 of 1" in err
    assert err.endswith("\x1b[2K")
    assert run("check", page, environ={"TERM": "dumb"}, stderr=Terminal())[2] == ""


@pytest.mark.parametrize(("end", "expected"), [(KeyboardInterrupt, 130), (SystemExit(143), 143)])
def test_an_interruption_keeps_what_was_found(page, tmp_path, monkeypatch, end, expected):
    """Ctrl-C or TERM after the first file: 1 where it broke the contract, else its code; the rest is not checked."""
    second, judge = Path(shutil.copy(PAGE, tmp_path / "页2.sls.yaml")), judging.audit

    def interrupted(path, settings):
        if path == second:
            raise end
        return judge(path, settings)

    monkeypatch.setattr(judging, "audit", interrupted)
    code, out, _ = run("check", page, second)
    assert code == expected
    assert "not checked: 1 of 2 cassettes: interrupted" in out
    violated(page)
    assert run("check", page, second)[0] == 1


@pytest.mark.parametrize("command", [(), *((name,) for name in cli.COMMANDS)])
def test_help_of_every_command(command, capsys):
    """--help says what the command does and each option, in lines that fit."""
    code, _, _ = run(*command, "--help")
    text = capsys.readouterr().out
    assert code == 0
    assert text.startswith(" ".join(["usage: sls-contract", *command]))
    assert max(map(len, text.splitlines())) <= 80
    listed = [line for line in text.splitlines() if re.match(r"  -\S|    [a-z]+  ", line)]
    assert listed
    assert text.count("\n\n") >= 2  # a description stands between usage and options


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("chekc",), "Did you mean check?"),
        (("veryfi",), "Did you mean verify?"),
        (("spec", "shwo"), "Did you mean show?"),
        (("check", "--strcit", "x"), "Did you mean --strict"),
        (("verify", "--endpiont", "x"), "Did you mean --endpoint?"),
        (("diff", "--fail-on", "aditive", "a", "b"), "Did you mean additive?"),
        (("check",), "required: PATH"),
        (("check", "--nonsense", "x"), "--nonsense"),
        (("serve", "--port", "eighty"), "from 0 to 65535, got 'eighty'"),
    ],
)
def test_wrong_usage_is_2(argv, told, capsys):
    """What is wrong and the nearest name, on standard error, and the parser's exit code."""
    assert run(*argv)[0] == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_alone_it_shows_what_it_can_do(monkeypatch, columns):
    """Each command by the question that it answers, in lines that fit; nothing was checked, so that is no success."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stdout = Terminal()
    assert cli.run([], environ={"TERM": "dumb"}, stdin=io.StringIO(), stdout=stdout, stderr=io.StringIO()) == 2
    lines = stdout.getvalue().splitlines()
    assert max(map(len, lines)) <= columns
    named = {line.split("sls-contract ")[1].split()[0] for line in lines[1:-2] if "sls-contract " in line}
    assert named == set(cli.COMMANDS)


def test_version(capsys):
    """--version is the package's."""
    assert run("--version")[0] == 0
    assert capsys.readouterr().out == f"sls-contract {__version__}\n"


def test_explain_lists_and_explains(capsys):
    """Without a name all clauses, one line each, and error codes; with names their text and sources; or a hint."""
    code, out, _ = run("explain")
    assert code == 0
    clauses, codes = out.split("\n\n")
    assert all(
        re.match(r"SLS\d{3}  [a-z0-9-]+ +(violation|warning|unspecified) +\S", line) for line in clauses.splitlines()
    )
    assert "SignatureNotMatch" in codes
    code, out, _ = run("explain", "sls204", "recording-edited")
    assert code == 0
    assert out.startswith("SLS204 update-time-unit (violation)\n")
    assert "\n\nSLS602 recording-edited (warning)\n" in out
    assert out.count("Sources:\n  - ") == 2
    assert "--markdown`: 1 clause.\n" in run("explain", "--markdown", "SLS204")[1]
    code, out, err = run("explain", "SLS204", "update-time-unti")
    assert (code, out) == (2, "")
    assert "did you mean update-time-unit" in err


@pytest.mark.parametrize("command", [name for name in cli.COMMANDS if name != "explain"])
def test_every_help_tells_the_exit_codes(command, capsys):
    """What a script may rely on stands where one looks first."""
    assert run(command, "--help")[0] == 0
    assert re.search(r"Exit\s+codes", capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.parametrize("command", [(), *((name,) for name in cli.COMMANDS)])
def test_every_help_has_an_example_that_is_right(command, capsys):
    """Ready to paste: the command takes it."""
    run(*command, "--help")
    (example,) = re.findall(r"^Example: (.*)$", capsys.readouterr().out, re.MULTILINE)
    words = shlex.split(example.split("|")[-1])
    assert words[: 1 + len(command)] == ["sls-contract", *command]
    assert cli.parser().parse_args(words[1:]).command == words[1]


def test_a_full_disk_is_one_line_and_2():
    """The system's error is told without a traceback."""
    stderr = io.StringIO()
    with Path("/dev/full").open("w") as full:
        assert cli.run(["explain"], environ={}, stdin=io.StringIO(), stdout=full, stderr=stderr) == 2
    assert stderr.getvalue() == "sls-contract: No space left on device\n"


@pytest.mark.parametrize("half", [True, False])
def test_an_error_quotes_no_key(tmp_path, half):
    """An argument may hold the key of the environment; with half a key there, the error is still told."""
    key = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tAbCdEfGhIjKlMnOpQr",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "kEy0123456789Secre",
    }
    hidden = key.pop("ALIBABA_CLOUD_ACCESS_KEY_ID") if half else key["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    code, _, stderr = run("diff", tmp_path / hidden, tmp_path, environ=key)
    assert code == 2
    assert ("ALIBABA_CLOUD_ACCESS_KEY_ID is not" in stderr) if half else (hidden not in stderr)


@pytest.mark.parametrize(
    "words",
    [
        ("diff", PAGE, "--verbose", PAGE),
        ("check", PAGE, "--verbose", PAGE),
        ("explain", "SLS204", "--markdown", "SLS201"),
    ],
    ids=lambda words: words[0],
)
def test_options_stand_anywhere_among_the_words(words):
    """Before, between and behind what they stand for the same."""
    option = next(word for word in words if str(word).startswith("--"))
    last = [*(word for word in words if word != option), option]
    code, out, err = run(*words)
    assert (code, out, err) == run(*last)
    assert code == 0


@pytest.mark.parametrize("words", [("diff", PAGE, "--verbose", PAGE, PAGE), ("exercise", "python", "--seed", "3", "x")])
def test_a_word_too_many_is_refused(words, capsys):
    """In a client's own command an option may be the client's: it stands behind ``--``."""
    assert run(*words)[0] == 2
    assert "unrecognized arguments" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "version: 1\ninteractions:\n- 1\n", "a.yaml:3: exchange 0 is not a valid interaction: "),
        ("a.json", '{"http_interactions": []}', "a.json: a cassette of Betamax or of Ruby's VCR, which is not read. "),
        ("a.har", "{}", "a.har: no HAR: the list log.entries is missing. How to fix: "),
        ("a.jsonl", '{"request": 1}\n\n{oops\n', "a.jsonl:1: no HTTP exchange: "),
    ],
)
def test_the_last_line_tells_the_damage_where_nothing_could_be_judged(tmp_path, name, text, told):
    """Whoever named a file is not told to name one."""
    (tmp_path / name).write_text(text)
    code, out, _ = run("check", tmp_path / name)
    last = out.splitlines()[-1]
    assert code == 1
    assert last.startswith(f"Nothing was checked: {tmp_path}/{told}")
    assert "How to fix: restore the file from version control" in last
    assert ("(and 1 more place)" in last) == (name == "a.jsonl")


def test_a_file_that_cannot_be_read_is_no_empty_folder(tmp_path):
    """The last line leads to the reason."""
    os.mkfifo(tmp_path / "a.sls.yaml")
    code, out, _ = run("check", tmp_path)
    assert code == 2
    assert out.splitlines()[-1] == (
        "Nothing was checked: no file could be read. How to fix: see the reasons above, or name other cassettes."
    )
