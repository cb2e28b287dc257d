"""The fault language: any text is a fault or a clear error, and a fault written is the same fault read."""

from dataclasses import fields, replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sls_contract.endpoint.faults import Fault, parse_fault, read_faults
from sls_contract.endpoint.faults.language import _FLAGS, _NAMES, _SETTINGS, EXAMPLES
from sls_contract.endpoint.faults.words import format_setting
from sls_contract.endpoint.state.handlers import HANDLERS
from sls_contract.errors import UsageError
from sls_contract.exchange import wire_text
from sls_contract.spec import KNOWN_ERRORS

WIRE = st.binary(max_size=12).map(wire_text) | st.text(max_size=12)
LINE = WIRE.filter(lambda text: not set(text) & set("\r\n\0"))
WHICH = {
    "operation": st.none() | st.sampled_from(list(HANDLERS)),
    "shard": st.none() | st.integers(0, 999),
    "after": st.integers(0, 999),
    "times": st.none() | st.integers(1, 999),
    "delay": st.just(0.0) | st.floats(0, 1e9),
}
RESPONSES = st.one_of(
    st.fixed_dictionaries({"status": st.integers(200, 999)}, optional={"body": st.binary(max_size=12)}),
    st.fixed_dictionaries(
        {"error": st.sampled_from([each.code for each in KNOWN_ERRORS]) | LINE.filter(bool)},
        optional={"status": st.integers(400, 599), "message": WIRE},
    ),
    st.fixed_dictionaries({"redirect": LINE}, optional={"body": st.binary(max_size=12)}),
    st.fixed_dictionaries({"body": st.binary(max_size=12)}),
)
DRESS = st.fixed_dictionaries(
    {},
    optional={
        "content_type": LINE,
        "headers": st.lists(st.tuples(st.from_regex(r"\A[A-Za-z-]{1,9}\Z"), LINE), max_size=3).map(tuple),
        "gzip": st.booleans(),
        "chunked": st.booleans(),
        "truncate": st.integers(0, 999),
    },
)
ENDINGS = st.sampled_from([{"ending": "close"}, {"ending": "reset"}, {"truncate": 7, "ending": "reset"}])


UNSET = {each.name: each.default for each in fields(Fault)}
WRITE = {
    "header": lambda field: f"{field[0]}: {field[1]}" if field[1].startswith(" ") else ":".join(field),
    "body": lambda body: wire_text(b"@" + body if body.startswith(b"@") else body),
    "delay": lambda seconds: f"{seconds!r}s",
}


def line_of(fault: Fault) -> str:
    """Return a fault as a line, with its body in it."""
    settings = [
        format_setting(name, WRITE.get(name, str)(each))
        for name, setting in _SETTINGS.items()
        if (value := getattr(fault, setting.field)) is not None and value != UNSET[setting.field]
        for each in (value if name == "header" else (value,))
    ]
    return " ".join(settings + [name for name, (field, value) in _FLAGS.items() if getattr(fault, field) == value])


@st.composite
def faults(draw) -> Fault:
    """Any fault that says something, the other parts thrown together."""
    parts = draw(st.fixed_dictionaries({}, optional=WHICH))
    what = draw(st.one_of(RESPONSES.flatmap(lambda response: DRESS.map(response.__or__)), DRESS, ENDINGS))
    try:
        return Fault(**parts, **what)
    except UsageError:  # a code without a status, or nothing that goes wrong
        assume(False)
        raise


@given(faults())
@example(Fault(body=b"@file", headers=(("X-A", " two  spaces "), ("x-a", ""))))
@example(Fault(body=b'it\'s "quoted"\r\n\xff\\ \xe3\x80\x80', delay=1e-05))
@example(Fault(error="组", status=400, message="'", times=None, after=2, shard=0))
def test_what_is_written_is_read_again(fault):
    """Every fault has a line, and the line is that fault."""
    assert parse_fault(line_of(fault)) == fault


PIECES = st.sampled_from(
    [*_NAMES, *EXAMPLES, "=", "'", '"', "\\", " ", "@", "0", "503", "2s", ":", "组", "\ud800", "\0"]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
@example("'" * 2001)
@example("body=@\0")
@example("body=@" + "x" * 5000)
@example("delay=1e999s")
@example("times=" + "9" * 5000)
@example("error=" + "x" * 5000)
@example("reset close" + "x" * 5000 + "=y")
@example("reset body=" + "x" * 5000 + " body=" + "x" * 5000)
def test_any_text_is_a_fault_or_a_usage_error(text):
    """Nothing else leaves the reader, and the error says how to fix it in few words."""
    try:
        told = line_of(parse_fault(text))
    except UsageError as error:
        told = str(error)
    assert parse_fault(told) if not told.startswith("fault ") else "\nHow to fix: write it like one of status=" in told
    assert len(told) < 1000


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("status=503 times=3", Fault(status=503, times=3)),
        ("error=ReadQuotaExceed operation=GetCheckPoint", Fault(error="ReadQuotaExceed", operation="GetCheckPoint")),
        ("delay=2.5s", Fault(delay=2.5)),
        ("delay=200ms", Fault(delay=0.2)),
        ("truncate=40 always", Fault(truncate=40, times=None)),
        (" reset\tshard=1 after=5\n", Fault(ending="reset", shard=1, after=5)),
        ("truncate=0 reset", Fault(truncate=0, ending="reset")),
        ('body={"a":"b"} gzip chunked', Fault(body=b'{"a":"b"}', gzip=True, chunked=True)),
        ("body='two words, it''s' content-type=text/html", Fault(body=b"two words, it's", content_type="text/html")),
        (r'body="\x1f\x8b \"\\\n\r\t组"', Fault(body=b'\x1f\x8b "\\\n\r\t\xe7\xbb\x84')),
        ("body=", Fault(body=b"")),
        ("body=@@home", Fault(body=b"@home")),
        ("redirect=http://a/?b=c status=307", Fault(redirect="http://a/?b=c", status=307)),
        ("header=A:1 header='A: 2'", Fault(headers=(("A", "1"), ("A", "2")))),
        ("error=Odd status=418 message='a b'", Fault(error="Odd", status=418, message="a b")),
    ],
)
def test_what_the_settings_mean(text, fault):
    """Each setting sets what its name says."""
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the fault has no effect"),
        ("always shard=1", "the fault has no effect"),
        ("statsu=500", "there is no setting 'statsu'; did you mean status?"),
        ("Status=500", "there is no setting 'Status'; did you mean status?"),
        ("500", "there is no setting '500'; there are operation, shard, after, status"),
        ("status", "status needs a value: status=…"),
        ("reset=1", "reset takes no value"),
        ("status=abc", "status must be from 200 to 999, such as 503, got abc"),
        ("status=", "status must be from 200 to 999, such as 503, got nothing"),
        ("status=100", "status must be from 200 to 999, got 100"),
        ("status=５００", "such as 503, got ５００"),
        ("times=0 reset", "times must be 1 or more, or None (in a line: always) for all, got 0"),
        ("times=-1 reset", "times must be a number of requests, such as 3, got -1"),
        ("times=2 always reset", "always repeats or contradicts an earlier setting"),
        ("close reset", "reset repeats or contradicts an earlier setting"),
        ("delay=2", "delay must be a time with its unit, such as 2.5s or 200ms, got 2"),
        ("delay=-1s", "delay must be a time with its unit"),
        ("delay=1e999s", "delay must be a number of seconds, 0 or more, got inf"),
        ("operation=HeartBeats delay=1s", "got HeartBeats; did you mean HeartBeat?"),
        (
            "operation=x delay=1s",
            "operation must be an operation, such as GetCheckPoint (all: sls-contract spec list), got x",
        ),
        (
            "error=ReadQuotaExceeded",
            "status is missing; for example, write error=ReadQuotaExceeded status=400; did you mean ReadQuotaExceed?",
        ),
        ("error=InvalidContentType", "several statuses, 400 and 415: the setting status is missing"),
        ("error=SecurityTokenExpired", "is missing; for example, write error=SecurityTokenExpired status=400"),
        (
            "error=Unauthorized message=denied by sts or ram",
            "quotes, such as message='denied by sts or ram'; there is no setting 'by'",
        ),
        (
            "times=3 message=it's the limit, a=b error=X status=403",
            """quotes, such as message='it''s the limit, a=b'""",
        ),
        ("error=X status=400 message=what status", "such as message='what status'; status needs a value: status=…"),
        ("error=", "error must be an errorCode such as ReadQuotaExceed"),
        ("error=ServerBusy body=x", "error already sets the whole response: remove body and redirect"),
        ("error=ServerBusy redirect=/", "error already sets the whole response: remove body and redirect"),
        ("message=busy status=503", "message needs an errorCode: add error=…"),
        ("reset status=500", "reset sends no byte, so no other setting of the response takes effect"),
        ("close gzip", "close sends no byte"),
        ('redirect="a\\r\\nb"', "must be one line of text"),
        ("header=X status=500", "header must be a name and a value, such as Retry-After:5, got X"),
        ("header='a b:c'", "a header must have a name of letters, digits and -"),
        ('header="a:b\\n"', "a header must have a name of letters, digits and -, and one line of text"),
        ("body='open", 'quotes around a value that contains spaces, got "body=\'open"'),
        ("body='a'b", "quotes around a value that contains spaces, got \"body='a'b\""),
        ('body="\\q"', "between double quotes, an escape is"),
        ("=500", "expected a name, or name=value"),
        ("body=@missing", "got @missing; there is no such file"),
        ("body=@.", "got @.; there is no such file"),
        ("body=@a\0b", "body must be a text, or @ and the path of a file"),
        ("\ud800", "half a surrogate pair"),
        ("body=" + "x" * 100 + " oops", "x…"),
    ],
)
def test_wrong_faults_are_named(text, words):
    """The error names the setting, what it must be, and what came."""
    with pytest.raises(UsageError) as raised:
        parse_fault(text)
    assert words in str(raised.value)


def test_a_value_refuses_what_no_line_can_say():
    """Made in Python, a fault is held to the same rules."""
    for changes, words in (
        ({"truncate": -1}, "truncate must be 0 bytes or more, got -1"),
        ({"after": -1}, "after must be 0 or more requests, got -1"),
        ({"times": True}, "times must be 1 or more"),
        ({"message": "\ud800", "error": "ServerBusy"}, "error and message must be text that UTF-8 can encode"),
        ({"content_type": "\ud800"}, "must be one line of text"),
    ):
        with pytest.raises(UsageError, match=words):
            replace(Fault(delay=1), **changes)


def test_a_file_holds_one_fault_a_line(tmp_path):
    """Comments and empty lines are skipped; files behind @ are looked for beside it; CRLF and a BOM are harmless."""
    (tmp_path / "页.html").write_text("<html>忙</html>", "utf-8")
    script = tmp_path / "faults.txt"
    script.write_text("\ufeff# 先忙\r\nerror=ServerBusy times=2\r\n\r\n  body=@页.html\r\n", "utf-8")
    assert read_faults(script) == (Fault(error="ServerBusy", times=2), Fault(body="<html>忙</html>".encode()))


def test_a_wrong_file_is_named(tmp_path):
    """A wrong line is named by its number; a file that is missing, no text or empty by its path."""
    script = tmp_path / "faults.txt"
    for content, words in (
        (b"reset\n# x\nstatus=1\n", f"{script}:3: fault 'status=1': status must be"),
        (b"# nothing\n", f"{script}: the file contains no fault\nHow to fix: write one fault per line"),
        (b"\xff", f"{script}: expected a file of faults in UTF-8"),
    ):
        script.write_bytes(content)
        with pytest.raises(UsageError) as raised:
            read_faults(script)
        assert words in str(raised.value)
    for path in (tmp_path, tmp_path / "no", "a\0b"):
        with pytest.raises(UsageError, match="expected a file of faults in UTF-8"):
            read_faults(path)
