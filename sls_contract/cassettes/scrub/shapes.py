"""Strings that look like a key, and values whose name denotes a secret, in text of any format.

The patterns are precise: `leaks` uses them for recordings of others too, where a false alarm costs trust.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import groupby

from sls_contract.cassettes.scrub.names import (
    LAST_WORDS,
    MAX_NAME,
    POSSIBLE_LAST_WORDS,
    Kind,
    kind_of,
    looks_random,
    possible_kind_of,
)
from sls_contract.cassettes.scrub.views import safe_bytes
from sls_contract.exchange import wire_text

Found = tuple[int, int, Kind]
"""Start and end of a value in a text, and its kind."""

compiled: Callable[[bytes], re.Pattern[bytes]] = cache(re.compile)
"""Compiles a pattern on first use: a run that only plays recordings uses few of them."""

_SIGNATURE = rb"(?:[0-9A-Za-z+/_-]{27}=|[0-9A-Za-z+/_-]{43}=|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40})(?![0-9A-Za-z+/=])"

_OPAQUE = rb"((?!HTTP/)(?=[^\s\"',]*[0-9=])[0-9A-Za-z+/._~-]{8,}={0,2})"

_QUOTED = rb"((?=[^\s\"',]*[0-9])[0-9A-Za-z._-]{7,127}[0-9A-Za-z])"

_LONG_KEY = rb"((?=[A-Za-z+/._~-]*[0-9])(?=[0-9+/._~-]*[A-Za-z])[0-9A-Za-z+/._~-]{16,}={0,2})"

_AT = b"@"
_USER = rb"://[^\s/]*@"  # binary data often contains an @ alone

#: Each with a stem: in lower-cased text without the stem, the pattern cannot match. Each begins with literal text,
#: which the engine finds fast; therefore the lookbehind for the text before it follows the literal.
_SHAPES: tuple[tuple[bytes, bytes, tuple[Kind, ...]], ...] = (
    # access key ids of Alibaba Cloud: users' begin with LTAI, temporary ones with STS.
    (b"ltai", rb"(LTAI(?<![0-9A-Za-z]LTAI)[0-9A-Za-z]{12,30})(?![0-9A-Za-z])", (Kind.ACCESS_KEY_ID,)),
    (b"sts.", rb"(STS\.(?<![0-9A-Za-z.]STS\.)[0-9A-Za-z]{16,})", (Kind.ACCESS_KEY_ID,)),
    # security tokens are long base64 of a structure that always begins with the same bytes
    (b"cais", rb"(CAIS(?<![0-9A-Za-z+/]CAIS)[0-9A-Za-z+/]{60,}={0,2})", (Kind.SECURITY_TOKEN,)),
    # the service's texts about a key that it refuses (source: its error pages, see `spec.known_errors`)
    (b"not found: ", rb"ccessKeyId not found: (?<=[Aa]ccessKeyId not found: )" + _QUOTED, (Kind.ACCESS_KEY_ID,)),
    (
        b"is disabled: ",
        rb"ccessKeyId is disabled: (?<=[Aa]ccessKeyId is disabled: )" + _QUOTED,
        (Kind.ACCESS_KEY_ID,),
    ),
    (b"is invalid: ", rb"key id you provided is invalid: " + _QUOTED, (Kind.ACCESS_KEY_ID,)),
    (b" is inactive", rb"ccessKeyId " + _QUOTED + b" is inactive", (Kind.ACCESS_KEY_ID,)),
    # a JSON Web Token; its first part has a limit, because "eyJ" is frequent in base64 of JSON, which has no dot
    (b"eyj", rb"(eyJ[\w-]{8,16384}+\.(?:eyJ[\w-]{8,}\.[\w-]{8,}|[\w-]*(?:\.[\w-]{8,}){3}))", (Kind.OTHER,)),
    (b"log ", rb"LOG (?<!\wLOG )([^\s:\"',]{1,128}):(" + _SIGNATURE + b")", (Kind.ACCESS_KEY_ID, Kind.SIGNATURE)),
    (b"credential=", rb"Credential=([^/,\s\"'&]{1,128})/\d{8}/", (Kind.ACCESS_KEY_ID,)),
    (b"signature", rb"ignature(?<=[Ss]ignature)\W{1,4}(" + _SIGNATURE + b")", (Kind.SIGNATURE,)),
    (b"basic ", rb"asic (?<=[Bb]asic )" + _OPAQUE, (Kind.OTHER,)),
    (b"bearer ", rb"earer (?<=[Bb]earer )" + _OPAQUE, (Kind.OTHER,)),
    (_AT, rb"://([^\s/@:\"'<>?#]+):([^\s/@\"'<>?#]+)@", (Kind.OTHER, Kind.OTHER)),
    (_AT, rb"://((?=[A-Za-z+._~-]*[0-9])[0-9A-Za-z+._~-]{16,})@", (Kind.OTHER,)),
    (b"private key", rb"BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----([\s\S]+?)(?:-----END|\Z)", (Kind.OTHER,)),
    (b"identified by", rb"(?i:IDENTIFIED BY)\s+(?:(?i:PASSWORD)\s+)?['\"]([^'\"\s]+)['\"]", (Kind.OTHER,)),
    # ``sk`` and ``ak`` are names in SDKs of other languages; an id alone is found by its shape only
    (b'sk"', rb"[AaSs][Kk]\"(?<=\"..\")\s*:\s*\"" + _LONG_KEY + b'"', (Kind.OTHER,)),
    (b"sk=", rb"[AaSs][Kk]=(?<![\w-]..=)" + _LONG_KEY, (Kind.OTHER,)),
    (b"sk: ", rb"[AaSs][Kk]: (?<![\w-]..: )" + _LONG_KEY, (Kind.OTHER,)),
)


def is_suspicious(lowered: bytes) -> bool:
    """Return whether lower-cased text contains a stem; without one, `shaped` and `BY_NAME` find nothing."""
    return _STEMS.search(lowered) is not None


_PUBLIC_ID = rb"(?:STS\.)?testAccessKeyId[0-9]*"
_SIGNED_PUBLICLY = (
    rb"LOG " + _PUBLIC_ID + rb":(" + _SIGNATURE + b")",
    rb"Credential=" + _PUBLIC_ID + rb"/[0-9]{8}/[^,\s]*,\s?Signature=(" + _SIGNATURE + b")",
)


def public_signatures(text: bytes) -> frozenset[bytes]:
    """Return the signatures in a text that were made with the public test key."""
    if b"testAccessKeyId" not in text:
        return frozenset()
    return frozenset(signature for pattern in _SIGNED_PUBLICLY for signature in compiled(pattern).findall(text))


def shaped(text: bytes, lowered: bytes) -> Iterator[Found]:
    """Yield strings that look like a key."""
    for stem, pattern, kinds in _SHAPES:
        if stem in lowered:
            for match in compiled(pattern).finditer(text):
                yield from ((*match.span(number), kind) for number, kind in enumerate(kinds, 1))


_AFTER_NAME = (
    # JSON and printed mappings: "name": "text", bytes, the first text of a list (also of Go), a number, an array or
    # object, a word
    rb"(?P<quote>\\*[\"'])\s*(?:[:=]>?|->)\s*(?:"
    rb"(?:[bu]|\[(?=')|\[\]string\{)?(?P=quote)(?P<text>(?:(?!(?P=quote))(?:\\.|[^\\]))*)"
    rb"|(?P<number>-?\d[\d.eE+-]*)|(?P<nest>[\[{])|(?P<word>[^\s\"'&;,<>(){}\[\]\\]{4,}))"
    # JSON with the name as a value: "name": "token", "value": "…"
    rb"|(?P<rim>\\*[\"'])\s*,\s*(?P=rim)v(?:al(?:ue)?)?(?P=rim)\s*:\s*(?P=rim)"
    rb"(?P<paired>(?:(?!(?P=rim))(?:\\.|[^\\]))*)"
    # an attribute of XML; a form or a query, also name[]=…
    rb"|=[bu]?(?P<mark>[\"'])(?P<attribute>[^\"'<>]*)(?P=mark)"
    rb"|\]*=(?![bu][\"'])(?P<value>[^\s\"'&;,<>(){}\[\]\\]+)"
    # the next item of a list
    rb"|(?P<comma>[\"'])\s*,\s*[bu]?(?P=comma)(?P<next>[\w+/=]{16,})(?P=comma)"
    # YAML: "- name: token", and "value: …" on the next line
    rb"|[\"']?\s*\n[ \t-]*value:\s*[\"']?(?P<below>[^\s\"'\\]{8,})"
    # the last cell below the last column of a table: CSV, TSV, Markdown
    rb"|[\"']?[ \t|]*\r?\n(?:[|: -]+\n)?[^\n]*[,\t|][ \t]*[\"']?(?P<cell>[^\s\"',|]{16,})"
    rb"[\"']?[ \t|]*(?:[\r\n]|\Z)"
    # a sentence: "the name is …", also in Chinese
    rb"|[ \t]*(?:\xef\xbc\x9a| (?:is|\xe4\xb8\xba|\xe6\x98\xaf) )\s*(?:\xe2\x80\x9c|[\"'`])?"
    rb"(?P<sentence>[0-9A-Za-z+/=_-]{16,})"
    # a line: "name: …", "name = …", a YAML block; a printed map of Go: "name:[…]"
    rb"|[ \t]*(?:(?:=>?|->)[ \t]*|:\s*(?:[|>][-+]?\n\s+)?)(?:-\s+)?(?:\"{3}|[bu]?[\"']|\[)?"
    rb"(?P<line>[^\s\"'&;,<>(){}\[\]\\]+)"
    # a call: set_name("…")
    rb"|\(\s*(?P<around>[\"'])(?P<call>[^\s\"']{8,})(?P=around)\s*\)"
    # the next cell of an HTML table; the content of an element of XML
    rb"|</[\w:]+>\s*<[\w:]+>(?P<sibling>[^<\s]{8,})<"
    rb"|(?:\s+[\w:-]+=[\"'][^\"'<>]*[\"'])*>(?:<!\[cdata\[)?"
    rb"(?P<element>[^<\]]{1,4096}+(?:\](?!\]>)[^<\]]{0,256}+){0,16}+)(?:\]\]>)?</"
    # the argument of a command: --name …
    rb"|[ \t]+[\"']?(?P<flag>[^\s\"'&;,<>(){}\[\]\\]+)"
    # an HTML form: <input name="…" value="…">
    rb"|(?P<tick>[\"'])(?:\s+[\w-]+=(?P=tick)[^\"'<>]*(?P=tick))*?\s+value=(?P=tick)(?P<field>[^\"'<>]*)(?P=tick)"
    # a part of a multipart form, below its head
    rb"|[\"'](?:;[^\n]*)?\r?\n(?:[^\s:]+:[^\n]*\n)*\r?\n(?P<part>[^\r\n]+)"
)


class Named:
    """Finds the values of names in JSON, forms, queries, cookies, XML, ``name: value`` lines and printed mappings.

    Also finds them in JSON where the name is a value (HAR: ``{"name": "token", "value": "…"}``), in a multipart form
    (the value is below the part's head), in an HTML form, and after the flag of a command.

    Args:
        endings: alternatives of a regular expression over lower-case text: how the names end.
        stems: each match begins with one of them.
        kind_of: returns the kind of secret that a (lower-case) text ending with a name denotes; None: no secret.
        accept_unquoted: returns whether a value after an unquoted ``name:`` counts, since prose also has this form.
        accept: returns whether a value counts, for every value.

    """

    def __init__(
        self,
        endings: str,
        stems: Iterable[bytes],
        kind_of: Callable[[str], Kind | None],
        *,
        accept_unquoted: Callable[[bytes], bool] = bool,
        accept: Callable[[bytes], bool] = bool,
    ) -> None:
        self._stems = tuple(stems)
        self._kind_of = kind_of
        self._accept_unquoted = accept_unquoted
        self._accept = accept
        self._pattern = rb"(?:" + safe_bytes(endings) + rb")(?P<end>)(?=[^0-9a-z])(?:" + _AFTER_NAME + rb")"

    def __call__(self, text: bytes, lowered: bytes) -> Iterator[Found]:
        """Yield each value with the kind that its name denotes."""
        yield from (found for found in self._named(text, lowered) if self._accept(text[found[0] : found[1]]))

    def _named(self, text: bytes, lowered: bytes) -> Iterator[Found]:
        done = 0  # arrays and objects inside one that was searched are not searched again
        for match, kind in self._matches(lowered):
            if match["nest"] is None:
                yield from self._flat(text, match, kind)
            elif match["quote"].startswith(b"\\"):
                pass  # its end is only clear in the unescaped view
            elif match.start("nest") >= done:
                done = _end_of(text, match.start("nest"))
                leaves = _leaves(text, match.start("nest"), done)
                if _REFERENCE.search(lowered, match.start("nest"), done):
                    leaves = (each for each in leaves if _is_content(lowered, *each))
                yield from ((start, end, kind) for start, end in leaves)
        if b'"value"' in lowered:
            yield from self._before(lowered)

    def _before(self, lowered: bytes) -> Iterator[Found]:
        """Yield the values that precede their names: ``{"value": "…", "name": "token"}``."""
        for match in _VALUE_FIRST.finditer(lowered):
            kind = self._kind_of(wire_text(match["name"]))
            if kind is not None and match["text"]:
                yield *match.span("text"), kind

    def _matches(self, lowered: bytes) -> Iterator[tuple[re.Match[bytes], Kind]]:
        """Yield each match with its kind, trying only where a name can begin: five times faster than ``finditer``.

        A match whose name denotes no secret does not cover a later one: in ``{"key": "password", "value": …}`` the
        name is itself a value.
        """
        done, pattern = 0, compiled(self._pattern)
        for at in _places(lowered, self._stems):
            match = pattern.match(lowered, at) if at >= done else None
            kind = self._kind(lowered, match) if match and _is_plausible(lowered, match) else None
            if match and kind:
                done = match.end()
                yield match, kind

    def _flat(self, text: bytes, match: re.Match[bytes], kind: Kind) -> Iterator[Found]:
        group = next(name for name in _VALUES if match[name] is not None)
        start, end = match.span(group)
        if start < end and (group not in _UNQUOTED or self._accept_unquoted(text[start:end])):
            yield start, end, kind

    def _kind(self, lowered: bytes, match: re.Match[bytes]) -> Kind | None:
        name_end = match.start("end")
        return self._kind_of(wire_text(lowered[max(0, name_end - MAX_NAME) : name_end]))


_UNQUOTED = ("line", "word", "flag")
#: A list, a YAML block, a table, a sentence, a call in a program, an HTML table.
_GUESSED = ("next", "below", "cell", "sentence", "call", "sibling")
_VALUES = ("text", "paired", "number", "attribute", "value", "field", "element", "part", *_UNQUOTED, *_GUESSED)
_VALUE_FIRST = re.compile(
    rb'"value"\s*:\s*"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"\s*,\s*"(?:name|key)"\s*:\s*"(?P<name>[^"\\]*)"'
)
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_DEPTH = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_MAX_DISTANCE = 80  # bytes between ``name=`` and the last word of the name
_REQUIRED_BEFORE = {"part": re.compile(rb"name=[\"'][^\"'\r\n]*\Z"), "flag": re.compile(rb"(?:^|\s)--?[\w-]*\Z")}
_LEAF = re.compile(rb'"(?P<text>(?:[^"\\]|\\.)*)"(?P<key>\s*:)?|(?<=[\s\[,:])(?P<number>-?\d[\d.eE+-]*)')
#: A key of an object that names a secret stored elsewhere: ``{"secret": {"secretName": "…"}}`` in Kubernetes.
_REFERENCE = re.compile(rb'"(?:' + b"|".join(map(re.escape, LAST_WORDS)) + rb')[-_]?(?:name|ref)"\s*:')
_KEY_BEFORE = re.compile(rb'("([^"\\]*)"\s*:)\s*"?\Z')
_AFTER_STRING = re.compile(rb"\s*(?:[,\]}]|\Z)")
_RANDOM = re.compile(rb"(?=.*[0-9])(?=.*[A-Za-z]).{8,}", re.DOTALL)


def _is_random(value: bytes) -> bool:
    return _RANDOM.match(value) is not None


def _any_of(stems: Iterable[bytes]) -> re.Pattern[bytes]:
    """Return a pattern for any of some texts, or a user in a URL.

    The engine is a third faster if they are grouped by their first byte.
    """
    groups = groupby(sorted(set(stems)), key=lambda stem: stem[:1])
    endings = ((first, b"|".join(re.escape(stem[1:]) for stem in group)) for first, group in groups)
    return re.compile(b"|".join([*(re.escape(first) + b"(?:" + rest + b")" for first, rest in endings), _USER]))


_SECRET_ENDINGS = "|".join(map(bytes.decode, LAST_WORDS)) + "|(?:key|access|secret)[-_]?id"
_NAME_STEMS = (*LAST_WORDS, b"access")
_POSSIBLE_ENDINGS = "|".join(map(bytes.decode, POSSIBLE_LAST_WORDS))
BY_NAME = Named(_SECRET_ENDINGS, _NAME_STEMS, kind_of, accept_unquoted=_is_random)
BY_POSSIBLE_NAME = Named(_POSSIBLE_ENDINGS, POSSIBLE_LAST_WORDS, possible_kind_of, accept=looks_random)

_INSERTION = re.compile(
    rb"insert\s+(?:ignore\s+)?into\s+[^\s(]+\s*\((?P<columns>[^()]*)\)\s*values\s*(?P<rows>(?:\((?:'[^']*'|[^'()])*\)[\s,]*)+)"
)
_ROW = re.compile(rb"\(((?:'[^']*'|[^'()])*)\)")
_CELL = re.compile(rb"\s*'([^']*)'\s*(?:,|\Z)|([^,]*)(?:,|\Z)")


def inserted(_text: bytes, lowered: bytes) -> Iterator[Found]:
    """Yield the text values that an SQL INSERT writes into columns whose names denote secrets."""
    for match in _INSERTION.finditer(lowered) if b"insert" in lowered else ():
        kinds = [kind_of(wire_text(name.strip(b'`"\r\n\t '))) for name in match["columns"].split(b",")]
        for row in _ROW.finditer(lowered, match.start("rows"), match.end("rows")):
            cells = _CELL.finditer(lowered, *row.span(1))
            yield from ((*cell.span(1), kind) for cell, kind in zip(cells, kinds, strict=False) if kind and cell[1])


_STEMS = _any_of({*(stem for stem, *_ in _SHAPES), *_NAME_STEMS, *POSSIBLE_LAST_WORDS} - {_AT})


def _places(text: bytes, words: Iterable[bytes]) -> list[int]:
    """Return where any of the words begins, ordered."""
    places = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            places.append(at)
            at = text.find(word, at + 1)
    return sorted(places)


def _is_plausible(text: bytes, match: re.Match[bytes]) -> bool:
    """Return whether the text before the name is as required, and whether a guessed value looks random."""
    start, end = max(0, match.start() - _MAX_DISTANCE), match.start("end")
    required = (before for group, before in _REQUIRED_BEFORE.items() if match[group] is not None)
    return all(before.search(text, start, end) for before in required) and all(
        _is_random(match[group]) for group in _GUESSED if match[group] is not None
    )


def _is_content(text: bytes, start: int, end: int) -> bool:
    """Return whether a value in an object that refers to a secret is one itself, by its key or because it is random."""
    key = _KEY_BEFORE.search(text, max(0, start - _MAX_DISTANCE), start)
    if key is None:
        return _is_random(text[start:end])
    return kind_of(wire_text(key[2])) is not None or (not _REFERENCE.match(key[1]) and _is_random(text[start:end]))


def _end_of(text: bytes, start: int) -> int:
    """Return the end of the array or object that begins at ``start``; the end of the text if it is cut off."""
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        depth += _DEPTH.get(token[0], 0)
        if not depth:
            return token.end()
    return len(text)


def _leaves(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the strings and numbers inside a JSON array or object, without keys.

    A string that is followed by other text begins at the end of another one: an escape before it was undone.
    """
    for match in _LEAF.finditer(text, start, end):
        if match["key"] is not None:
            continue
        if match["text"] is not None and not _AFTER_STRING.match(text, match.end()):
            return
        if match["text"] != b"":
            yield match.span("number" if match["text"] is None else "text")
