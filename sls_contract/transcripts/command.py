"""Read curl commands: those that this package prints, that browsers copy for bash and cmd, or that people write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.transcripts.message import Entry, first_word

_PROMPT = r"[^\n'\"]{0,80}(?:[$#>%] ?|[+`] ?|\b(?:sudo|time) |\b[0-9]{1,3}[.)] )"  # of a shell, or a number in a list
IS_CURL = re.compile(rf"(?m)^(?:[ \t]*(?:[-*] )?|{_PROMPT})(?:[\w/\\.:-]*[/\\])?curl(?:\.exe)?\s")
_CARET_LINES = re.compile(r"\^\r?\n[ \t]*")  # cmd escapes with a caret
_CARET = re.compile(r"\^(.)", re.DOTALL)
_WORD = re.compile(  # one part of a shell word
    r"""\$'(?P<ansi>(?:[^'\\]|\\.)*)'|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)"""
    r"""|(?P<bare>[^\s'"\\;&|`]+)""",
    re.DOTALL,
)
_SPACE = re.compile(r"(?:[ \t]|\\\r?\n|`\r?\n)+")
_ANSI = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([nrt0'\"\\?!])|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_JSON = [("Content-Type", "application/json"), ("Accept", "application/json")]
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_IN_DOUBLE = re.compile(rf"""\\(["\\$`])|{_VARIABLE.pattern}""")
_ASSIGNED = re.compile(
    r"""(?m)^[ \t]*(?:export[ ]+)?(\w+)=(?:'([^'\n]*)'|"([^"$`\n]*)"|([^\s'"$`;]+))[ \t\r]*;?[ \t\r]*$"""
)

_LONG = {
    "H": "header",
    "X": "request",
    "d": "data",
    "A": "user-agent",
    "e": "referer",
    "b": "cookie",
    "G": "get",
    "I": "head",
}
_FIELDS = {"user-agent": "User-Agent", "referer": "Referer", "cookie": "Cookie"}
_DATA = frozenset({"data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json"})
_VALUED = frozenset(
    {"header", "request", "url", *_FIELDS, *_DATA, *"oxumwTFcKDEU"}
    | {"output", "proxy", "user", "max-time", "connect-timeout", "write-out", "retry", "retry-delay", "retry-max-time"}
    | {"cacert", "cert", "key", "resolve", "connect-to", "cookie-jar", "interface", "upload-file", "form", "config"}
    | {"dump-header", "limit-rate", "max-redirs", "ciphers", "tls-max", "noproxy", "proxy-user", "trace", "trace-ascii"}
)
"""Options with a value, including the common ones that do not change the request."""


@dataclass(slots=True)
class _Command:
    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    in_query: bool = False
    head: bool = False


def read_curl(text: str) -> list[Entry]:
    """Return the request of each curl command in a text; raises `UsageError` if one has no URL or reads a file."""
    if '^"' in text or "^\n" in text or "^\r\n" in text:
        text = _CARET.sub(r"\1", _CARET_LINES.sub(" ", text))
    variables = {found[1]: found[2] or found[3] or found[4] or "" for found in _ASSIGNED.finditer(text)}
    return [
        Entry(_request(_words(text, found.end(), variables), line), None, line)
        for found in IS_CURL.finditer(text)
        for line in [text.count("\n", 0, found.start()) + 1]
    ]


def _words(text: str, at: int, variables: Mapping[str, str]) -> Iterator[str]:
    """Split a command into words as a shell does, up to ``;``, ``&``, ``|`` or a line end that is not escaped."""
    while at < len(text):
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        word, start = "", at
        while part := _WORD.match(text, at):
            word += _unquoted(part, variables)
            at = part.end()
        if at == start:
            return
        yield word


def _unquoted(part: re.Match[str], variables: Mapping[str, str]) -> str:
    """Return the value of a part of a word; a variable that the text does not set stays unchanged."""
    if part["ansi"] is not None:
        return _ANSI.sub(_ansi, part["ansi"])
    if part["double"] is not None:
        text = _IN_DOUBLE.sub(lambda match: match[1] or variables.get(match[2], match[0]), part["double"])
        return text.replace("\\\n", "")
    if part["bare"] is not None:
        return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), part["bare"])
    return part["escaped"] if part["single"] is None else part["single"]


def _ansi(found: re.Match[str]) -> str:
    if found[1] or found[2]:
        return chr(int(found[1] or found[2], 16))
    return _ESCAPES.get(found[3], found[3]) if found[3] else found[0]


def _request(words: Iterator[str], line: int) -> Request:
    command = _Command()
    for name, value in _options(words):
        if not name:
            command.url = command.url or value
        elif name == "header":
            key, _, text = value.partition(":")
            empty = value.endswith(";") and key == value
            command.headers += [(key.rstrip(";").strip(), text.strip())] if text.strip() or empty else []
        elif name in _FIELDS:
            command.headers.append((_FIELDS[name], value))
        elif name in _DATA:
            command.data.append(_data(name, value, line))
            command.headers += _JSON if name == "json" else []
        else:
            command.method = value if name == "request" else command.method
            command.url = value if name == "url" else command.url
            command.in_query, command.head = command.in_query or name == "get", command.head or name == "head"
    if not command.url:
        msg = f"line {line}: expected a URL in the curl command, got none. How to fix: paste the whole command."
        raise UsageError(msg)
    return _assembled(command)


def _options(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield each option's long name with its value, and each argument under an empty name: ``-sS -XPOST URL``."""
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            yield name, value if equals or name not in _VALUED else next(words, "")
        elif word.startswith("-") and len(word) > 1:
            letters = word[1:]
            while letters:
                name, letters = _LONG.get(letters[0], letters[0]), letters[1:]
                valued = name in _VALUED
                yield name, (letters or next(words, "")) if valued else ""
                letters = "" if valued else letters
        else:
            yield "", word


def _data(name: str, text: str, line: int) -> str:
    if text.startswith("@") and name != "data-raw":
        msg = (
            f"line {line}: expected the body in the curl command, got the name of a file, {first_word(text)!r}. "
            "How to fix: put the file's content after --data-raw."
        )
        raise UsageError(msg)
    if name != "data-urlencode":
        return text
    key, equals, value = text.partition("=")
    return f"{key}{equals}{quote(value, safe='')}" if key and equals else quote(value or text, safe="")


def _assembled(command: _Command) -> Request:
    url = command.url if "://" in command.url else f"http://{command.url}"
    data = "&".join(command.data)
    if command.in_query and data:
        url, data = f"{url}{'&' if '?' in url else '?'}{data}", ""
    default = "HEAD" if command.head else "POST" if command.data and not command.in_query else "GET"
    names = {name.lower() for name, _ in command.headers}
    if data and "content-type" not in names:
        command.headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Request(command.method or default, url, command.headers, wire_bytes(data))
