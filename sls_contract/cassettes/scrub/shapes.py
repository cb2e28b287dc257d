"""Strings that look like a key wherever they stand, and values whose name announces a secret, in text of any format.

The patterns are precise: they are also what `leaks` reports in recordings of others, where a false alarm costs trust.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.names import (
    LAST_WORDS,
    LONGEST,
    POSSIBLE_LAST_WORDS,
    Kind,
    kind_of,
    looks_random,
    possible_kind_of,
)
from sls_contract.cassettes.scrub.views import safe_bytes
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Found = tuple[int, int, Kind]
"""Start and end of a value in a text, and what it is."""

_SIGNATURE = rb"(?:[0-9A-Za-z+/_-]{27}=|[0-9A-Za-z+/_-]{43}=|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40})(?![0-9A-Za-z+/=])"

_OPAQUE = rb"((?=[^\s\"',]*[0-9=])[0-9A-Za-z+/._~-]{8,}={0,2})"

_QUOTED = rb"((?=[^\s\"',]*[0-9])[0-9A-Za-z._-]{7,127}[0-9A-Za-z])"

_LONG_KEY = rb"((?=[A-Za-z+/._~-]*[0-9])(?=[0-9+/._~-]*[A-Za-z])[0-9A-Za-z+/._~-]{16,}={0,2})"

_AT = b"@"
_USER = rb"://[^\s/]*@"  # decoded data, which is no text, often has the sign alone

#: Each with a stem: in lower-cased text without the stem, the pattern cannot match. Each begins with literal text, for
#: which the engine jumps; what must not stand before it is looked at behind it.
_SHAPES: tuple[tuple[bytes, re.Pattern[bytes], tuple[Kind, ...]], ...] = tuple(
    (stem, re.compile(pattern), kinds)
    for stem, pattern, kinds in (
        # access key ids of Alibaba Cloud: users' begin with LTAI, temporary ones with STS.
        (b"ltai", rb"(LTAI(?<![0-9A-Za-z]LTAI)[0-9A-Za-z]{12,30})(?![0-9A-Za-z])", (Kind.ACCESS_KEY_ID,)),
        (b"sts.", rb"(STS\.(?<![0-9A-Za-z.]STS\.)[0-9A-Za-z]{16,})", (Kind.ACCESS_KEY_ID,)),
        # security tokens are long base64 of a structure that always begins with the same bytes
        (b"cais", rb"(CAIS(?<![0-9A-Za-z+/]CAIS)[0-9A-Za-z+/]{60,}={0,2})", (Kind.SECURITY_TOKEN,)),
        # the service's own words for a key that it refuses (source: its error pages, see `spec.known_errors`)
        (b"not found: ", rb"ccessKeyId not found: (?<=[Aa]ccessKeyId not found: )" + _QUOTED, (Kind.ACCESS_KEY_ID,)),
        (
            b"is disabled: ",
            rb"ccessKeyId is disabled: (?<=[Aa]ccessKeyId is disabled: )" + _QUOTED,
            (Kind.ACCESS_KEY_ID,),
        ),
        (b"is invalid: ", rb"key id you provided is invalid: " + _QUOTED, (Kind.ACCESS_KEY_ID,)),
        (b" is inactive", rb"ccessKeyId " + _QUOTED + b" is inactive", (Kind.ACCESS_KEY_ID,)),
        (b"eyj", rb"(eyJ[\w-]{8,}\.(?:eyJ[\w-]{8,}\.[\w-]{8,}|[\w-]*(?:\.[\w-]{8,}){3}))", (Kind.OTHER,)),
        (b"log ", rb"LOG (?<!\wLOG )([^\s:\"',]{1,128}):(" + _SIGNATURE + b")", (Kind.ACCESS_KEY_ID, Kind.SIGNATURE)),
        (b"credential=", rb"Credential=([^/,\s\"'&]{1,128})/\d{8}/", (Kind.ACCESS_KEY_ID,)),
        (b"signature", rb"ignature(?<=[Ss]ignature)\W{1,4}(" + _SIGNATURE + b")", (Kind.SIGNATURE,)),
        (b"basic ", rb"asic (?<=[Bb]asic )" + _OPAQUE, (Kind.OTHER,)),
        (b"bearer ", rb"earer (?<=[Bb]earer )" + _OPAQUE, (Kind.OTHER,)),
        (_AT, rb"://([^\s/@:\"'<>?#]+):([^\s/@\"'<>?#]+)@", (Kind.OTHER, Kind.OTHER)),
        (_AT, rb"://((?=[A-Za-z+._~-]*[0-9])[0-9A-Za-z+._~-]{16,})@", (Kind.OTHER,)),
        (b"private key", rb"BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----([\s\S]+?)(?:-----END|\Z)", (Kind.OTHER,)),
        (b"identified by", rb"(?i:IDENTIFIED BY)\s+(?:(?i:PASSWORD)\s+)?['\"]([^'\"\s]+)['\"]", (Kind.OTHER,)),
        # ``sk`` and ``ak``, as SDKs of other languages call them; an id without its secret is found by its shape alone
        (b'sk"', rb"[AaSs][Kk]\"(?<=\"..\")\s*:\s*\"" + _LONG_KEY + b'"', (Kind.OTHER,)),
        (b"sk=", rb"[AaSs][Kk]=(?<![\w-]..=)" + _LONG_KEY, (Kind.OTHER,)),
        (b"sk: ", rb"[AaSs][Kk]: (?<![\w-]..: )" + _LONG_KEY, (Kind.OTHER,)),
    )
)


def is_suspicious(lowered: bytes) -> bool:
    """Return whether lower-cased text holds a stem at all; without one, neither `shaped` nor `BY_NAME` finds anything."""
    return _STEMS.search(lowered) is not None


_PUBLIC_ID = rb"(?:STS\.)?testAccessKeyId[0-9]*"
_SIGNED_PUBLICLY = (
    re.compile(rb"LOG " + _PUBLIC_ID + rb":(" + _SIGNATURE + b")"),
    re.compile(rb"Credential=" + _PUBLIC_ID + rb"/[0-9]{8}/[^,\s]*,\s?Signature=(" + _SIGNATURE + b")"),
)


def public_signatures(text: bytes) -> frozenset[bytes]:
    """Return the signatures in a text that stand beside the public test key: anyone can make them."""
    if b"testAccessKeyId" not in text:
        return frozenset()
    return frozenset(signature for pattern in _SIGNED_PUBLICLY for signature in pattern.findall(text))


def shaped(text: bytes, lowered: bytes) -> Iterator[Found]:
    """Yield what looks like a key by itself."""
    for stem, pattern, kinds in _SHAPES:
        if stem in lowered:
            for match in pattern.finditer(text):
                yield from ((*match.span(number), kind) for number, kind in enumerate(kinds, 1))


class Named:
    """Finds the values of names in JSON, forms, queries, cookies, XML, ``name: value`` lines and printed mappings.

    In JSON also where the name is a value itself, as in HAR: ``{"name": "token", "value": "…"}``; in a multipart form,
    where the value stands below the part's head; in an HTML form, and behind the flag of a command.

    Args:
        endings: alternatives of a regular expression over lower-case text: how the names end.
        stems: each match begins with one of them.
        kind_of: tells of the (lower-case) text that ends with a name what the name announces; None: nothing.
        bare: tells of a value after a bare ``name:`` whether it is taken, since prose is written that way too.
        taken: tells the same of every value.

    """

    def __init__(
        self,
        endings: str,
        stems: Iterable[bytes],
        kind_of: Callable[[str], Kind | None],
        *,
        bare: Callable[[bytes], bool] = bool,
        taken: Callable[[bytes], bool] = bool,
    ) -> None:
        self._stems = tuple(stems)
        self._kind_of = kind_of
        self._bare = bare
        self._taken = taken
        self._pattern = re.compile(
            rb"(?:" + safe_bytes(endings) + rb")(?P<end>)(?=[^0-9a-z])(?:"
            rb"(?P<quote>\\*[\"'])\s*[:=]>?\s*(?:"
            rb"(?P=quote)(?P<text>(?:(?!(?P=quote))(?:\\.|[^\\]))*)"
            rb"|(?P<number>-?\d[\d.eE+-]*)|(?P<nest>[\[{])|(?P<word>[^\s\"'&;,<>(){}\[\]\\]{4,}))"
            rb"|(?P<rim>\\*[\"'])\s*,\s*(?P=rim)v(?:al(?:ue)?)?(?P=rim)\s*:\s*(?P=rim)"
            rb"(?P<paired>(?:(?!(?P=rim))(?:\\.|[^\\]))*)"
            rb"|=(?P<mark>[\"'])(?P<attribute>[^\"'<>]*)(?P=mark)"
            rb"|\]*=(?P<value>[^\s\"'&;,<>(){}\[\]\\]+)"
            rb"|(?P<comma>[\"'])\s*,\s*(?P=comma)(?P<next>[\w+/=]{16,})(?P=comma)"
            rb"|[\"']?\s*\n[ \t-]*value:\s*[\"']?(?P<below>[^\s\"'\\]{8,})"
            rb"|[\"']?[ \t|]*\r?\n(?:[|: -]+\n)?[^\n]*[,\t|][ \t]*[\"']?(?P<cell>[^\s\"',|]{16,})"
            rb"[\"']?[ \t|]*(?:[\r\n]|\Z)"
            rb"|[ \t]*(?:\xef\xbc\x9a| (?:is|\xe4\xb8\xba|\xe6\x98\xaf) )\s*(?:\xe2\x80\x9c|[\"'`])?"
            rb"(?P<said>[0-9A-Za-z+/=_-]{16,})"
            rb"|[ \t]*(?:=>?[ \t]*|:\s*(?:[|>][-+]?\n\s+)?)(?:-\s+)?(?:\"{3}|[\"'])?(?P<line>[^\s\"'&;,<>(){}\[\]\\]+)"
            rb"|\(\s*(?P<around>[\"'])(?P<call>[^\s\"']{8,})(?P=around)\s*\)"
            rb"|</[\w:]+>\s*<[\w:]+>(?P<sibling>[^<\s]{8,})<"
            rb"|(?:\s+[\w:-]+=[\"'][^\"'<>]*[\"'])*>(?:<!\[cdata\[)?(?P<element>[^<\]]{1,4096}+(?:\](?!\]>)[^<\]]{0,256}+){0,16}+)(?:\]\]>)?</"
            rb"|[ \t]+[\"']?(?P<flag>[^\s\"'&;,<>(){}\[\]\\]+)"
            rb"|(?P<tick>[\"'])(?:\s+[\w-]+=(?P=tick)[^\"'<>]*(?P=tick))*?\s+value=(?P=tick)(?P<field>[^\"'<>]*)(?P=tick)"
            rb"|[\"'](?:;[^\n]*)?\r?\n(?:[^\s:]+:[^\n]*\n)*\r?\n(?P<part>[^\r\n]+))"
        )

    def __call__(self, text: bytes, lowered: bytes) -> Iterator[Found]:
        """Yield each value with the kind that its name announces."""
        yield from (found for found in self._named(text, lowered) if self._taken(text[found[0] : found[1]]))

    def _named(self, text: bytes, lowered: bytes) -> Iterator[Found]:
        done = 0  # what lies inside an array or object that was gone through is not gone through again
        for match, kind in self._matches(lowered):
            if match["nest"] is None:
                yield from self._flat(text, match, kind)
            elif match["quote"].startswith(b"\\"):
                pass  # with its escapes undone, its end can be told
            elif match.start("nest") >= done:
                done = _end_of(text, match.start("nest"))
                yield from ((start, end, kind) for start, end in _leaves(text, match.start("nest"), done))
        if b'"value"' in lowered:
            yield from self._before(lowered)

    def _before(self, lowered: bytes) -> Iterator[Found]:
        """Yield the values that stand before their names: ``{"value": "…", "name": "token"}``."""
        for match in _VALUE_FIRST.finditer(lowered):
            kind = self._kind_of(wire_text(match["name"]))
            if kind is not None and match["text"]:
                yield *match.span("text"), kind

    def _matches(self, lowered: bytes) -> Iterator[tuple[re.Match[bytes], Kind]]:
        """Yield each match with its kind, looking only where a name can begin: five times faster than ``finditer``.

        What announces nothing hides nothing: in ``{"key": "password", "value": …}`` the name is a value itself.
        """
        done = 0
        for at in _places(lowered, self._stems):
            match = self._pattern.match(lowered, at) if at >= done else None
            kind = self._kind(lowered, match) if match and _fits(lowered, match) else None
            if match and kind:
                done = match.end()
                yield match, kind

    def _flat(self, text: bytes, match: re.Match[bytes], kind: Kind) -> Iterator[Found]:
        group = next(name for name in _VALUES if match[name] is not None)
        start, end = match.span(group)
        if start < end and (group not in _BARE or self._bare(text[start:end])):
            yield start, end, kind

    def _kind(self, lowered: bytes, match: re.Match[bytes]) -> Kind | None:
        name_end = match.start("end")
        return self._kind_of(wire_text(lowered[max(0, name_end - LONGEST) : name_end]))


_BARE = ("line", "word", "flag")
#: A list, a block of YAML, a table, a sentence, a call in a program, a table in HTML.
_GUESSED = ("next", "below", "cell", "said", "call", "sibling")
_VALUES = ("text", "paired", "number", "attribute", "value", "field", "element", "part", *_BARE, *_GUESSED)
_VALUE_FIRST = re.compile(
    rb'"value"\s*:\s*"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"\s*,\s*"(?:name|key)"\s*:\s*"(?P<name>[^"\\]*)"'
)
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_DEPTH = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_FAR = 80  # bytes between ``name=`` and the last word of the name
_BEFORE = {"part": re.compile(rb"name=[\"'][^\"'\r\n]*\Z"), "flag": re.compile(rb"(?:^|\s)--?[\w-]*\Z")}
_LEAF = re.compile(rb'"(?P<text>(?:[^"\\]|\\.)*)"(?P<key>\s*:)?|(?P<number>-?\d[\d.eE+-]*)')
_RANDOM = re.compile(rb"(?=.*[0-9])(?=.*[A-Za-z]).{8,}", re.DOTALL)


def _random(value: bytes) -> bool:
    return _RANDOM.match(value) is not None


def _any_of(stems: Iterable[bytes]) -> re.Pattern[bytes]:
    """Return what finds any of some texts, or a user in a URL.

    The engine is a third faster where they are grouped by their first byte.
    """
    groups = groupby(sorted(set(stems)), key=lambda stem: stem[:1])
    endings = ((first, b"|".join(re.escape(stem[1:]) for stem in group)) for first, group in groups)
    return re.compile(b"|".join([*(re.escape(first) + b"(?:" + more + b")" for first, more in endings), _USER]))


_SECRET_ENDINGS = "|".join(map(bytes.decode, LAST_WORDS)) + "|(?:key|access|secret)[-_]?id"
_NAME_STEMS = (*LAST_WORDS, b"access")
_POSSIBLE_ENDINGS = "|".join(map(bytes.decode, POSSIBLE_LAST_WORDS))
BY_NAME = Named(_SECRET_ENDINGS, _NAME_STEMS, kind_of, bare=_random)
BY_POSSIBLE_NAME = Named(_POSSIBLE_ENDINGS, POSSIBLE_LAST_WORDS, possible_kind_of, taken=looks_random)

_INSERTION = re.compile(
    rb"insert\s+(?:ignore\s+)?into\s+[^\s(]+\s*\((?P<columns>[^()]*)\)\s*values\s*(?P<rows>(?:\((?:'[^']*'|[^'()])*\)[\s,]*)+)"
)
_ROW = re.compile(rb"\(((?:'[^']*'|[^'()])*)\)")
_CELL = re.compile(rb"\s*'([^']*)'\s*(?:,|\Z)|([^,]*)(?:,|\Z)")


def inserted(text: bytes, lowered: bytes) -> Iterator[Found]:
    """Yield what an INSERT of SQL puts into a column whose name announces a secret, where it is a text."""
    del text
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


def _fits(text: bytes, match: re.Match[bytes]) -> bool:
    """Return whether before the name stands what must stand there, and a value that is guessed looks like one."""
    told = (before for group, before in _BEFORE.items() if match[group] is not None)
    right = all(before.search(text, max(0, match.start() - _FAR), match.start("end")) for before in told)
    return right and all(_random(match[group]) for group in _GUESSED if match[group] is not None)


def _end_of(text: bytes, start: int) -> int:
    """Return where the array or object ends that begins at ``start``; the end of all where it is cut off."""
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        depth += _DEPTH.get(token[0], 0)
        if not depth:
            return token.end()
    return len(text)


def _leaves(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the strings and numbers inside a JSON array or object, keys left out."""
    for match in _LEAF.finditer(text, start, end):
        if match["key"] is None and match["text"] != b"":
            yield match.span("number" if match["text"] is None else "text")
