"""Real names and the public ones that stand for them: project, logstore, consumer group, endpoint host, region."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from sls_contract.cassettes.scrub.spellings import SHORTEST as HUNTED
from sls_contract.cassettes.scrub.spellings import is_detectable
from sls_contract.cassettes.scrub.views import Edit, applied, find
from sls_contract.errors import UsageError
from sls_contract.exchange import split_url, wire_bytes, wire_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.exchange import Request

_KEYWORDS = frozenset((b"logstores", b"consumergroups", b"shards"))
_HOST_PART = re.compile(rb"[a-z]{2,4}-[a-z]+[a-z0-9-]*|.*\..*", re.DOTALL)
_NEXT_IS_KEY = re.compile(rb"\\*[\"']\s*:")
_SHORTEST = 3  # characters of a name of the service
#: What answers say of shards and requests: these words stay, whatever somebody took for a name.
_ANSWERED = frozenset(("readwrite", "readonly", "true", "false", "null", "default", "name", "order", "timeout"))
_IN_HOST = rb"(?=(?:\.[0-9A-Za-z-]+){2})"  # a domain of two labels or more follows
_BETWEEN = b"("  # stands beside a name as its end does
_NAME = rb"0-9A-Za-z_\x80-\xff-"


@dataclass(frozen=True, slots=True)
class Substitution:
    """A public name that was put in the place of a real one: where, and how often. The real name is not kept."""

    where: str
    public: str
    count: int


class Renames:
    """Replaces whole names; a project ``log`` leaves ``catalog`` and ``.log.aliyuncs.com`` alone.

    Only values are names: JSON keys, query keys and the fixed words of the path stay. In front of a domain, where it
    is a part of a host, casing does not count.

    Raises:
        UsageError: a name is empty, or a public name holds a real one, so that a second scrub would change it again.

    """

    def __init__(self, table: Mapping[str, str]) -> None:
        self._declared: Renames = self
        self._table = {wire_bytes(real): wire_bytes(public) for real, public in table.items() if real != public}
        self._in_hosts = {real.lower(): public for real, public in self._table.items()}
        names = sorted(self._table, key=len, reverse=True)
        for real, public in self._table.items():
            if not real or not public:
                msg = "rename: expected real=public, got an empty name. How to fix: name both sides."
                raise UsageError(msg)
        self._pattern = re.compile(b"|".join(_whole(name) for name in names)) if names else None
        for shown in self._table.values():
            if self.text(shown)[1]:
                msg = (
                    f"rename: the public name {wire_text(shown)!r} contains a real name of the same table, so that "
                    "recordings would change each time they are scrubbed. "
                    "How to fix: choose public names that contain no real name."
                )
                raise UsageError(msg)

    def beside(self, more: Mapping[str, str]) -> Renames:
        """Return the same with more names, which stand in URLs, the Host and bodies: other headers keep such words."""
        wider = Renames({**more, **{wire_text(real): wire_text(public) for real, public in self._table.items()}})
        wider._declared = self._declared
        return wider

    def fits(self, real: str) -> bool:
        """Return whether one more name can be replaced everywhere: no number, no word of the protocol, no public name."""
        return (
            len(real) >= _SHORTEST
            and not real.isdigit()
            and is_detectable(real.ljust(HUNTED))
            and real.lower() not in _ANSWERED
            and not any(re.search(_whole(wire_bytes(real)), public) for public in self._table.values())
        )

    def replaces(self, real: str) -> bool:
        """Return whether a name is replaced."""
        return wire_bytes(real) in self._table

    def header(self, name: str, value: bytes) -> tuple[bytes, list[Edit]]:
        """Return the value of a header with public names, and the edits that were made."""
        return (self if name.lower() == "host" else self._declared).text(value)

    def __bool__(self) -> bool:
        """Return whether there is anything to rename."""
        return self._pattern is not None

    def occur_in(self, request: Request) -> bool:
        """Return whether a request may hold a real name; one search for all of its parts."""
        if self._pattern is None:
            return False
        parts = [wire_bytes(request.url), *(wire_bytes(value) for _, value in request.headers.pairs), request.body]
        return bool(find(_BETWEEN.join(parts), self._found))

    def text(self, data: bytes) -> tuple[bytes, list[Edit]]:
        """Return a text with public names, and the edits that were made."""
        if self._pattern is None:
            return data, []
        edits = find(data, self._found)
        return (applied(data, edits), edits) if edits else (data, edits)

    def url(self, url: str) -> tuple[str, list[Edit]]:
        """Return a URL with public names, percent-encoded where the URL needs it."""
        if self._pattern is None:
            return url, []
        data = wire_bytes(url)
        scheme, authority, _ = split_url(url)
        path_start = len(wire_bytes(f"{scheme}://{authority}"))
        edits = [edit for edit in find(data, self._found) if not _is_keyword(data, edit, path_start)]
        quoted = [Edit(one.start, one.end, quote(one.new, safe="%:").encode(), one.kind) for one in edits]
        return (wire_text(applied(data, quoted)), edits) if edits else (url, edits)

    def public(self, name: str) -> str:
        """Return the public name of one whole name (a region, say)."""
        return wire_text(self._table.get(wire_bytes(name), wire_bytes(name)))

    def _found(self, text: bytes) -> Iterator[Edit]:
        assert self._pattern is not None
        for match in self._pattern.finditer(text):
            if not _is_key(match):
                yield Edit(
                    match.start(), match.end(), self._table.get(match[0]) or self._in_hosts[match[0].lower()], "name"
                )


def _whole(name: bytes) -> bytes:
    """Match a name that no other name is glued to; after a dot only what belongs into a host behind its project."""
    dot = b"" if _HOST_PART.fullmatch(name) else b"."
    if name.isdigit():  # JSON numbers, shards say, are no names
        return rb"(?<![^/\"'=(])" + name + b"(?![" + _NAME + b"])"
    exact = re.escape(name)
    in_host = b"(?i:" + exact + b")" + _IN_HOST if exact.isascii() else exact
    return b"(?<![" + _NAME + dot + b"])(?:" + exact + b"(?![" + _NAME + b"])|" + in_host + b")"


def _is_key(match: re.Match[bytes]) -> bool:
    """Return whether a match is a JSON key or a query key, not a value."""
    text, before = match.string, match.string[: match.start()][-1:]
    if before in (b'"', b"'") and before and _NEXT_IS_KEY.match(text, match.end()):
        return True
    return before in (b"?", b"&") and before != b"" and text[match.end() : match.end() + 1] == b"="


def _is_keyword(url: bytes, edit: Edit, path_start: int) -> bool:
    """Return whether an edit hits a fixed word of the path: ``/logstores/<name>/consumergroups/<name>``."""
    before = url[path_start : edit.start]
    return (
        url[edit.start : edit.end] in _KEYWORDS
        and edit.start > path_start
        and b"?" not in before
        and before.count(b"/") % 2 == 1
    )
