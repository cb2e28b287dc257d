"""Real names and the public names that replace them: project, logstore, consumer group, endpoint host, region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sls_contract.cassettes.scrub.spellings import MIN_LENGTH, is_detectable
from sls_contract.cassettes.scrub.views import Edit, applied, find
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, split_url, wire_bytes, wire_text

_KEYWORDS = frozenset((b"logstores", b"consumergroups", b"shards"))
_HOST_PART = re.compile(rb"[a-z]{2,4}-[a-z]+[a-z0-9-]*|.*\..*", re.DOTALL)
_NEXT_IS_KEY = re.compile(rb"\\*[\"']\s*:")
_MIN_NAME = 3  # characters
#: Words in responses about shards and requests: they stay, even if they are also names.
_PROTOCOL_WORDS = frozenset(("readwrite", "readonly", "true", "false", "null", "default", "name", "order", "timeout"))
_IN_HOST = rb"(?=(?:\.[0-9A-Za-z-]+){2})"  # a domain of two labels or more follows
_SEPARATOR = b"("  # delimits a name like the end of the text
_NAME = rb"0-9A-Za-z_\x80-\xff-"


@dataclass(frozen=True, slots=True)
class Substitution:
    """A public name that replaced a real one: where, and how often. The real name is not kept."""

    where: str
    public: str
    count: int


class Renames:
    """Replaces whole names; a project ``log`` does not affect ``catalog`` and ``.log.aliyuncs.com``.

    Only values are names: JSON keys, query keys and the fixed words of the path stay. Before a domain, where a name is
    part of a host, casing is ignored.

    Raises:
        UsageError: a name is empty, or a public name contains a real one, so that a second scrub would change it again.

    """

    def __init__(self, table: Mapping[str, str]) -> None:
        self._declared: Renames = self
        self._table = {wire_bytes(real): wire_bytes(public) for real, public in table.items() if real != public}
        self._in_hosts = {real.lower(): public for real, public in self._table.items()}
        names = sorted(self._table, key=len, reverse=True)
        if b"" in {*self._table, *self._table.values()}:
            msg = "rename: expected real=public, got an empty name. How to fix: name both sides."
            raise UsageError(msg)
        self._pattern = re.compile(b"|".join(_name_pattern(name) for name in names)) if names else None
        for public in self._table.values():
            if self.text(public)[1]:
                msg = (
                    f"rename: the public name {wire_text(public)!r} contains a real name of the same table, so that "
                    "recordings would change each time they are scrubbed. "
                    "How to fix: choose public names that contain no real name."
                )
                raise UsageError(msg)

    def with_names(self, more: Mapping[str, str]) -> Renames:
        """Return renames with more names, which are replaced in URLs, Host and bodies, not in other headers."""
        renames = Renames({**more, **{wire_text(real): wire_text(public) for real, public in self._table.items()}})
        renames._declared = self._declared
        return renames

    def can_add(self, real: str) -> bool:
        """Return whether a name can be replaced everywhere: no number, no protocol word, not in a public name."""
        return (
            len(real) >= _MIN_NAME
            and not real.isdigit()
            and is_detectable(real.ljust(MIN_LENGTH))
            and real.lower() not in _PROTOCOL_WORDS
            and not any(re.search(_name_pattern(wire_bytes(real)), public) for public in self._table.values())
        )

    def replaces(self, real: str) -> bool:
        """Return whether a name is replaced."""
        return wire_bytes(real) in self._table

    def header(self, name: str, value: bytes) -> tuple[bytes, list[Edit]]:
        """Return the value of a header with public names, and the edits."""
        return (self if name.lower() == "host" else self._declared).text(value)

    def __bool__(self) -> bool:
        return self._pattern is not None

    def occur_in(self, request: Request) -> bool:
        """Return whether a request may contain a real name; one search for all of its parts."""
        if self._pattern is None:
            return False
        parts = [wire_bytes(request.url), *(wire_bytes(value) for _, value in request.headers.pairs), request.body]
        return bool(find(_SEPARATOR.join(parts), self._found))

    def text(self, data: bytes) -> tuple[bytes, list[Edit]]:
        """Return a text with public names, and the edits."""
        if self._pattern is None:
            return data, []
        edits = find(data, self._found)
        return (applied(data, edits), edits) if edits else (data, edits)

    def url(self, url: str) -> tuple[str, list[Edit]]:
        """Return a URL with public names, percent-encoded where necessary."""
        if self._pattern is None:
            return url, []
        data = wire_bytes(url)
        scheme, authority, _ = split_url(url)
        path_start = len(wire_bytes(f"{scheme}://{authority}"))
        edits = [edit for edit in find(data, self._found) if not _is_keyword(data, edit, path_start)]
        quoted = [Edit(edit.start, edit.end, quote(edit.new, safe="%:").encode(), edit.kind) for edit in edits]
        return (wire_text(applied(data, quoted)), edits) if edits else (url, edits)

    def public(self, name: str) -> str:
        """Return the public name of one whole name (for example a region)."""
        return wire_text(self._table.get(wire_bytes(name), wire_bytes(name)))

    def _found(self, text: bytes) -> Iterator[Edit]:
        assert self._pattern is not None
        for match in self._pattern.finditer(text):
            if not _is_key(match):
                yield Edit(
                    match.start(), match.end(), self._table.get(match[0]) or self._in_hosts[match[0].lower()], "name"
                )


def _name_pattern(name: bytes) -> bytes:
    """Return a pattern for a whole name; after a dot, only names that belong into a host match."""
    dot = b"" if _HOST_PART.fullmatch(name) else b"."
    if name.isdigit():  # JSON numbers, such as shards, are no names
        return rb"(?<![^/\"'=(])" + name + b"(?![" + _NAME + b"])"
    exact = re.escape(name)
    in_host = b"(?i:" + exact + b")" + _IN_HOST if exact.isascii() else exact
    return b"(?<![" + _NAME + dot + b"])(?:" + exact + b"(?![" + _NAME + b"])|" + in_host + b")"


def _is_key(match: re.Match[bytes]) -> bool:
    """Return whether a match is a JSON key or a query key, not a value."""
    text, before = match.string, match.string[: match.start()][-1:]
    if before in (b'"', b"'") and _NEXT_IS_KEY.match(text, match.end()):
        return True
    return before in (b"?", b"&") and text[match.end() : match.end() + 1] == b"="


def _is_keyword(url: bytes, edit: Edit, path_start: int) -> bool:
    """Return whether an edit affects a fixed word of the path: ``/logstores/<name>/consumergroups/<name>``."""
    before = url[path_start : edit.start]
    return (
        url[edit.start : edit.end] in _KEYWORDS
        and edit.start > path_start
        and b"?" not in before
        and before.count(b"/") % 2 == 1
    )
