"""Read requests in structures: JSON of any tool, dicts of Python, objects of JavaScript, dumps of Go and .NET."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urljoin

from sls_contract.exchange import Request, wire_bytes
from sls_contract.transcripts.message import METHODS, Entry, headers_of

_TEXT = r"""[bur]?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
_TOKEN = re.compile(
    rf"""\s*(?:(?P<mark>=>|[\[\]{{}}(),:;=])|(?P<text>{_TEXT})|(?P<word>[^\s\[\]{{}}(),:;='"`]+))""", re.DOTALL
)
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_COLONS = (":", "=", "=>")
_DEEPEST = 60  # nested values
_LOOK_BACK = 4096  # characters before a structure in which its request line or call is searched
_MOST_TRIED = 50  # opening brackets; bounded, because a hostile text may have many
_WORDS = {"true": True, "True": True, "false": False, "False": False}
_REPEATED = ".request.line"  # tshark's http.request.line, once for each header
_HEX_BYTES = re.compile("[0-9a-f]{2}(?::[0-9a-f]{2})*")  # how newer versions of tshark write a body
_KNOWN_HEADERS = frozenset({"authorization", "host", "date", "x-log-date"})
_NOTHING = frozenset({"null", "None", "undefined", "nil"})

_GO = re.compile(
    r"Method:(\S*) URL:(\S+) .{0,2000}?Header:map\[(.*?\]|)\](?: [A-Z]\w*:|\}|$)(?:.*? Host:(\S+))?", re.DOTALL
)
_GO_HEADER = re.compile(r"(?:^|(?<=\] ))([\w-]+):\[(.*?)\](?=$| [\w-]+:\[)", re.DOTALL)
_DOTNET = re.compile(r"Method: (\w+), RequestUri: '([^']+)'.{0,2000}?Headers:\s*\{(.*?)\}", re.DOTALL)
_REQUEST_LINE = re.compile(rf"(?m)^.*?\b({METHODS}) ((?:https?://|/)\S*)")
_CALL = re.compile(
    r"""(?:\b(?:requests|axios|session|client|http|httpx)\.(\w+)\(|\bfetch\()\s*["'`](https?://[^"'`]+)["'`]"""
)


def read_structure(text: str) -> list[Entry]:
    """Return every request in a text of nested objects; empty if there is none.

    An object is a request if it has a URL and headers or a method, under the keys of HAR, axios, fetch, Postman,
    Insomnia or tshark. A dict of only headers belongs to the request line before it.
    """
    with suppress(ValueError, RecursionError):
        if found := list(_requests(json.loads(text, object_pairs_hook=_object))):
            return [Entry(each) for each in found]
    for at in islice((match.start() for match in re.finditer(r"[\[{]", text)), _MOST_TRIED):
        value, end = _parsed(text, at)
        if end < 0:
            continue
        requests = list(_requests(value)) or _from_context(value, text[max(0, at - _LOOK_BACK) : at])
        if requests:
            return [Entry(each, None, text.count("\n", 0, at) + 1) for each in requests]
        if end - at > len(text) // 2:
            break
    return []


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of its members; tshark repeats one name for each header, which then gets a list."""
    found: dict[str, Any] = {}
    for name, value in members:
        if name.endswith(_REPEATED) and name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return found


def _from_context(value: Any, before: str) -> list[Request]:
    """Return the request of headers, or of a call's options, and of the request line or call before them."""
    lines = [*_REQUEST_LINE.finditer(before)] or [*_CALL.finditer(before)]
    if not lines or not isinstance(value, dict):
        return []
    method, url = lines[-1][1], lines[-1][2]
    options = {str(key).lower(): each for key, each in value.items()}
    if "headers" not in options:
        options = {"headers": value} if options.keys() & _KNOWN_HEADERS else {}
    verb = options.get("method") or (method if str(method).upper() in METHODS.split("|") else "GET")
    request = _request({**options, "method": verb, "url": url}) if options else None
    return [] if request is None else [request]


def read_go(text: str) -> list[Entry]:
    """Return the requests in Go's ``%+v`` output of an ``*http.Request``."""
    found = []
    for dump in _GO.finditer(text):
        pairs = [(name, value) for name, value in _GO_HEADER.findall(dump[3])]
        host = dump[4].rstrip("}") if dump[4] else ""
        if host and not any(name.lower() == "host" for name, _ in pairs):
            pairs.insert(0, ("Host", host))
        found.append(Entry(Request(dump[1] or "GET", dump[2], pairs), None, text.count("\n", 0, dump.start()) + 1))
    return found


def read_dotnet(text: str) -> list[Entry]:
    """Return the requests in .NET's output of an ``HttpRequestMessage``."""
    found = []
    for dump in _DOTNET.finditer(text):
        lines = [(0, line.strip()) for line in dump[3].split("\n") if line.strip()]
        found.append(Entry(Request(dump[1], dump[2], headers_of(lines)), None, text.count("\n", 0, dump.start()) + 1))
    return found


def _requests(value: Any, depth: int = 0) -> Iterator[Request]:
    """Yield the requests in nested values; a request inside another is not yielded."""
    request = _request(value) if isinstance(value, dict) else None
    if request is not None:
        yield request
    elif depth < _DEEPEST and isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _requests(each, depth + 1)


def _request(value: dict[str, Any]) -> Request | None:
    keys = {str(key).lower(): each for key, each in value.items()}
    if "http.request.line" in keys:
        return _tshark(value)
    url = keys.get("url") or keys.get("uri") or _path(keys)
    url = url.get("raw") if isinstance(url, dict) else url
    pairs = _pairs(keys.get("headers", keys.get("header")))
    if not isinstance(url, str) or (pairs is None and "method" not in keys):
        return None
    host = next((text for name, text in pairs or () if name.lower() == "host"), "") or keys.get("hostname", "")
    base = keys.get("baseurl")
    if isinstance(base, str) and "://" not in url:
        url = urljoin(base.rstrip("/") + "/", url.lstrip("/"))
    if url.startswith("/") and host:
        url = f"http://{host}{url}"
    if "://" not in url:
        return None
    parameters = keys.get("params") or keys.get("query")
    if isinstance(parameters, dict) and parameters:
        url += ("&" if "?" in url else "?") + urlencode({name: str(each) for name, each in parameters.items()})
    return Request(str(keys.get("method") or "GET").upper(), url, pairs or [], _body(keys))


def _path(keys: dict[str, Any]) -> str | None:
    """Return the path of a request with a separate host, as in Node and Tea; None if there is none."""
    path = keys.get("pathname") or keys.get("path")
    return path if isinstance(path, str) and path.startswith("/") and "headers" in keys else None


def _tshark(value: dict[str, Any]) -> Request | None:
    lines = value["http.request.line"]
    first = next((each for each in value.values() if isinstance(each, dict) and "http.request.method" in each), {})
    method, target = first.get("http.request.method"), first.get("http.request.uri")
    if not isinstance(lines, list) or not isinstance(method, str) or not isinstance(target, str):
        return None
    pairs = headers_of([(0, str(line).strip()) for line in lines if str(line).strip()])
    host = next((text for name, text in pairs if name.lower() == "host"), "")
    body = str(value.get("http.file_data", ""))
    data = bytes.fromhex(body.replace(":", "")) if _HEX_BYTES.fullmatch(body) else wire_bytes(body)
    return Request(method, f"http://{host}{target}", pairs, data) if host else None


def _pairs(value: Any) -> list[tuple[str, str]] | None:
    """Return headers of an object by name, or of a list of pairs, or of objects with a name and a value."""
    if isinstance(value, dict):
        return [(str(name), _joined(each)) for name, each in value.items() if isinstance(each, (str, int, list))]
    if not isinstance(value, list):
        return None
    pairs = []
    for each in value:
        if isinstance(each, dict):
            keys = {str(key).lower(): item for key, item in each.items()}
            name, text = keys.get("name", keys.get("key")), keys.get("value", "")
        elif isinstance(each, list) and len(each) == 2:  # noqa: PLR2004 - name and value
            name, text = each
        else:
            return None
        if isinstance(name, str) and not name.startswith(":") and _is_enabled(each):
            pairs.append((name, _joined(text)))
    return pairs


def _is_enabled(each: Any) -> bool:
    """Return whether a header of Postman or Insomnia is enabled."""
    return not (isinstance(each, dict) and each.get("disabled") is True)


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _body(keys: dict[str, Any]) -> bytes:
    body = keys.get("postdata") or keys.get("body") or keys.get("data")
    if isinstance(body, dict):
        body = body.get("text") or body.get("raw")
    return wire_bytes(body) if isinstance(body, str) else b""


def _parsed(text: str, at: int) -> tuple[Any, int]:
    """Parse a value of JSON, Python or JavaScript at an offset; its end is -1 if there is none."""
    try:
        return _value(text, at, 0)
    except (ValueError, SyntaxError):
        return None, -1


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    token = _next(text, at)
    mark = token["mark"]
    if mark in _CLOSING and depth < _DEEPEST:
        return _members(text, token.end(), mark, depth)
    if mark:
        msg = "no value"
        raise ValueError(msg)
    return _scalars(text, token)


def _scalars(text: str, token: re.Match[str]) -> tuple[Any, int]:
    """Parse a word, or a text with the adjacent texts that Python joins to it."""
    value, at = _scalar(token), token.end()
    while isinstance(value, str) and token["text"] and (more := _TOKEN.match(text, at)) and more["text"]:
        following = _TOKEN.match(text, more.end())
        if following is not None and following["mark"] in _COLONS:  # the name of the next member
            break
        value, at = value + str(_scalar(more)), more.end()
    return value, at


def _members(text: str, at: int, opening: str, depth: int) -> tuple[Any, int]:
    """Parse the members of an object or array up to its closing bracket."""
    found: dict[Any, Any] = {}
    listed: list[Any] = []
    while True:
        token = _next(text, at)
        if token["mark"] == _CLOSING[opening]:
            return (found if opening == "{" or found else listed), token.end()
        if token["mark"] in (",", ";"):
            at = token.end()
            continue
        value, at = _value(text, at, depth + 1)
        colon = _next(text, at)
        if opening == "{" or colon["mark"] == "=>":
            if colon["mark"] not in _COLONS:
                msg = "no colon"
                raise ValueError(msg)
            found[str(value)], at = _value(text, colon.end(), depth + 1)
        else:
            listed.append(value)


def _next(text: str, at: int) -> re.Match[str]:
    token = _TOKEN.match(text, at)
    if token is None:
        msg = "no token"
        raise ValueError(msg)
    return token


def _scalar(token: re.Match[str]) -> Any:
    if token["word"]:
        word = token["word"]
        return None if word in _NOTHING else _WORDS.get(word, word)
    text = token["text"]
    if text[0] == "`":
        return text[1:-1]
    if text[0] == '"':
        text = text.replace("\\/", "/")
    value = ast.literal_eval(text.replace("\n", "\\n"))
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
