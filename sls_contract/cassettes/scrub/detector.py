"""Find secrets in bytes of any kind, and put their replacements there.

`Detector.sees` is the quick look that nearly all traffic passes; `Detector.clean` is slow and thorough.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.containers import embedded, glimpse, is_packed, runs, unpacked
from sls_contract.cassettes.scrub.key_formats import foreign_keys
from sls_contract.cassettes.scrub.names import MASK, Kind
from sls_contract.cassettes.scrub.registry import is_public
from sls_contract.cassettes.scrub.shapes import (
    BY_NAME,
    BY_POSSIBLE_NAME,
    inserted,
    is_suspicious,
    public_signatures,
    shaped,
)
from sls_contract.cassettes.scrub.spellings import SURE
from sls_contract.cassettes.scrub.views import (
    Edit,
    applied,
    find,
    is_continued,
    letters_of,
    letters_only,
    plain,
    rejoined,
    safe_bytes,
    unescaped,
)
from sls_contract.exchange import wire_bytes, wire_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sls_contract.cassettes.scrub.containers import Run
    from sls_contract.cassettes.scrub.registry import SecretRegistry
    from sls_contract.cassettes.scrub.shapes import Named
    from sls_contract.cassettes.scrub.spellings import Secret

PACKED = "compressed text"
ENCODED = "encoded text"
_DEEPEST = 4  # base64 in gzip in base64 …
_ROUNDS = 4
_SMALL = 64 * 1024  # bytes
_MOST_FIELDS = 1000
_TELLING = 16  # bytes
_BETWEEN = "\r"  # fields of a message: not the end of a line, over which a secret may be broken
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NUMBER = re.compile(rb"-?[0-9][0-9.eE+-]*")
_STRUCTURE = re.compile(rb'["{}\[\]:,]')
_SUSPECTED = (shaped, BY_NAME, BY_POSSIBLE_NAME, inserted)
_ZEROS = re.compile(rb"\0+")
_LITERAL = re.compile(rb'(?:\\.|[^"{}\[\]:,\s\\])+')


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user adds: patterns (group 1, or the whole match, is masked) and names whose values are masked."""

    patterns: tuple[re.Pattern[str], ...] = ()
    named: Named | None = None


@dataclass(frozen=True, slots=True)
class Detector:
    """All there is to find at one moment: secrets, key-shaped strings, named values, the user's rules.

    Attributes:
        registry: learns what gives itself away.
        rules: the user's.
        secrets: what was given to the run, and what one exchange adds; the registry has what was learnt.
        folded: what gives a known secret away among lower-cased letters and digits.
        exact: the same in text as it is.
        harmless: signatures that anyone can make.
        echo: of the above, what gives away a secret of one exchange only, lower-cased and as it is.
        innocent: fields of messages in which nothing was found, echoes of one exchange apart.

    """

    registry: SecretRegistry
    rules: Rules
    secrets: tuple[Secret, ...] = ()
    folded: tuple[bytes, ...] = ()
    exact: tuple[bytes, ...] = ()
    harmless: frozenset[bytes] = frozenset()
    echo: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
    innocent: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, registry: SecretRegistry, rules: Rules) -> Detector:
        """Return a detector for what the registry knows."""
        return cls(registry, rules, registry.given, *_signs(registry.given))

    def beside(self, *more: Secret, harmless: Collection[bytes] = ()) -> Detector:
        """Return a detector for more secrets in one exchange, to which some signatures are known to be public."""
        folded, exact = echo = _signs(more)
        return Detector(
            self.registry,
            self.rules,
            (*more, *self.secrets),
            folded + self.folded,
            exact + self.exact,
            frozenset(harmless),
            echo,
            self.innocent,
        )

    def sparing(self, harmless: frozenset[bytes]) -> Detector:
        """Return the same detector, to which other signatures are known to be public."""
        return Detector(
            self.registry, self.rules, self.secrets, self.folded, self.exact, harmless, self.echo, self.innocent
        )

    def sees_message(self, fields: Collection[str], content: bytes) -> bool:
        """Tell the same of a message: of fields, nearly all of which repeat and are looked at once, and content."""
        innocent = self.innocent
        fresh = [text for text in fields if text not in innocent]
        if len(fresh) < len(fields) and self._sees_echo(safe_bytes(_BETWEEN.join(fields))):
            return True
        data = safe_bytes(_BETWEEN.join(fresh))
        if is_packed(content):  # which is known by how it begins
            seen = self.sees(data) or self.sees(content)
        else:
            seen = self.sees(data + _BETWEEN.encode() + content if content else data)
        if not seen and self.rules.patterns:  # ^ and $ mean a field's ends, which the joined text has not
            parts = (*map(safe_bytes, fresh), content)
            seen = any(True for part in parts for _ in _matches(part, self.rules.patterns))
        if not seen:
            if len(innocent) > _MOST_FIELDS:
                innocent.clear()
            innocent.update(fresh)
        return seen

    def _sees_echo(self, data: bytes) -> bool:
        return bool(self.echo[0]) and _shows(data, data.lower(), *self.echo)

    def sees(self, data: bytes, depth: int = 0) -> bool:
        """Return whether there may be something to replace; never False where `clean` would change something.

        But for one thing: in more than 64 KiB, a secret in lines of fewer than eleven characters is passed over.
        """
        lowered = data.lower()
        if self._knows(data, lowered) or any(True for _ in self._unknown(data, lowered)):
            return True
        if (len(data) <= _SMALL or is_continued(data)) and any(True for _ in rejoined(data, self._knows)):
            return True
        view = unescaped(data)
        if view is not None and depth <= _DEEPEST and self.sees(view.text, depth + 1):
            return True
        packed = unpacked(data)
        inside = () if packed else embedded(data)
        inner = (packed.content, packed.rest) if packed else (glimpse(data), *(each.content for *_, each in inside))
        return depth < _DEEPEST and any(self.sees(part, depth + 1) for part in inner if part)

    def _knows(self, data: bytes, lowered: bytes | None = None) -> bool:
        lowered = data.lower() if lowered is None else lowered
        known = _shows(data, lowered, self.folded, self.exact)
        return known or self.registry.fragments.show(data) or bool(self.registry.learnt.within(data, lowered))

    def clean(self, data: bytes, depth: int = 0, *, fit: bool = False) -> bytes:
        """Return the data with every secret replaced; JSON stays JSON, binary data (or ``fit``) keeps its length."""
        for _ in range(_ROUNDS):
            edits = self.edits(data, depth, fit=fit)
            if not edits:
                break
            data = _well_formed(data, edits)
        return data

    def found(self, data: bytes) -> list[Edit]:
        """Return what is to be replaced, after a quick look."""
        return self.edits(data) if self.sees(data) else []

    def edits(self, data: bytes, depth: int = 0, *, fit: bool = False) -> list[Edit]:
        """Return what is to be replaced, ordered by place."""
        packed = unpacked(data) if depth <= _DEEPEST else None
        if packed:
            content, rest = (self.clean(part, depth + 1) for part in (packed.content, packed.rest))
            same = (content, rest) == (packed.content, packed.rest)
            return [] if same else [Edit(0, len(data), packed.pack(content, rest), PACKED)]
        fit = fit or _is_binary(data)
        edits = find(data, lambda text: self._all(text, depth, fit=fit))
        return [_fitted(edit) for edit in edits] if fit else edits

    def _all(self, text: bytes, depth: int, *, fit: bool) -> Iterator[Edit]:
        lowered = text.lower()
        yield from self._known(text, lowered)
        for view in rejoined(text, self._knows):
            yield from map(view.back, self._known(view.text, view.text.lower(), SURE))
        yield from self._fragments(text)
        yield from self._unknown(text, lowered, by_chance=depth > 0 and _is_binary(text))
        if depth < _DEEPEST:
            yield from self._inside(text, depth, fit=fit)

    def _known(self, text: bytes, lowered: bytes, shortest: int = 0) -> Iterator[Edit]:
        for secret in (*self.secrets, *self.registry.learnt.within(text, lowered)):
            if len(secret.value) >= shortest:
                for start, end, new in secret.places(lowered):
                    yield Edit(start, end, new, secret.kind)

    def _fragments(self, text: bytes) -> Iterator[Edit]:
        """Yield what stands in a text of the given secrets in another alphabet, or with other text in between."""
        fragments = self.registry.fragments
        if fragments.secrets and (found := list(fragments.places(letters_of(text)))):
            view = letters_only(text)
            yield from (view.back(Edit(*place)) for place in found)

    def _unknown(self, text: bytes, lowered: bytes, *, by_chance: bool = False) -> Iterator[Edit]:
        """Yield secrets that give themselves away, by shape, by name, or by the user's rules; they are learnt.

        ``by_chance``: the text may be none, but a word decoded; then the user's patterns, which may be short, would
        match it by chance, and garble the word.
        """
        for finder in (*_SUSPECTED, foreign_keys) if is_suspicious(lowered) else (foreign_keys,):
            for start, end, kind in finder(text, lowered):
                value = wire_text(plain(text[start:end]))
                if _NUMBER.fullmatch(text, start, end):  # too common, and JSON may want a number there
                    yield from _masked(text, start, end, kind)
                elif not self._is_harmless(text, text[start:end], value, kind):
                    yield Edit(start, end, wire_bytes(self.registry.public(kind, value)), kind)
        yield from self._ruled(text, lowered, () if by_chance else self.rules.patterns)

    def _is_harmless(self, text: bytes, found: bytes, value: str, kind: Kind) -> bool:
        if is_public(value):
            return True
        return kind is Kind.SIGNATURE and (wire_bytes(value) in self.harmless or found in public_signatures(text))

    def _ruled(self, text: bytes, lowered: bytes, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Edit]:
        if self.rules.named:
            for start, end, kind in self.rules.named(text, lowered):
                yield from _masked(text, start, end, kind)
        if patterns:
            yield from _matches(text, patterns)

    def _inside(self, text: bytes, depth: int, *, fit: bool) -> Iterator[Edit]:
        for start, end, packed in embedded(text):
            if (content := self.clean(packed.content, depth + 1)) != packed.content:
                yield Edit(start, end, packed.pack(content), PACKED)
        known = self.registry.version
        innocent: set[tuple[str, bytes]] = set()  # words repeat: each is looked into once
        for word, found in runs(text):
            if word in innocent:
                continue
            edits = list(self._within(found, depth, fit=fit))
            yield from edits
            if known != self.registry.version:  # what was learnt may stand in any of them
                known = self.registry.version
                innocent.clear()
            elif not edits:
                innocent.add(word)

    def _within(self, found: Iterable[Run], depth: int, *, fit: bool) -> Iterator[Edit]:
        """Yield what is found in a word that may be base64 or hex; ``found`` are its runs."""
        done = -1
        for run in found:
            if run.start < done or not self.sees(run.content, depth + 1):
                continue
            content = self.clean(run.content, depth + 1, fit=fit)
            if content != run.content:
                done = run.end
                yield Edit(run.start, run.end, run.encode(content), ENCODED)


def _signs(secrets: Iterable[Secret]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return what gives secrets away among lower-cased letters and digits, and in text as it is: how spellings end.

    To prepare the search for a long needle costs more than the search; how tokens begin they have in common. Whatever
    stands between letters and digits does not count: breaks, quotes, characters of no width, the zeros of UTF-16.
    """
    kept = tuple(secrets)
    folded = {letters_of(needle)[-_TELLING:] for secret in kept for needle in secret.needles}
    return tuple(folded), tuple([window[-_TELLING:] for secret in kept for window in secret.windows])


def _shows(data: bytes, lowered: bytes, folded: tuple[bytes, ...], exact: tuple[bytes, ...]) -> bool:
    """Return whether a text holds one of the signs that `_signs` returns."""
    return any(map(letters_of(lowered).__contains__, folded)) or any(map(data.__contains__, exact))


def _masked(text: bytes, start: int, end: int, kind: str) -> Iterator[Edit]:
    """Mask a place, unless it is masked already: a number by a number, since JSON may want one there."""
    old = text[start:end]
    new = b"1" * len(old) if _NUMBER.fullmatch(old) else MASK.encode()
    if old != new:
        yield Edit(start, end, new, kind)


def _matches(text: bytes, patterns: Iterable[re.Pattern[str]]) -> Iterator[Edit]:
    words = wire_text(text)
    for pattern in patterns:
        for match in pattern.finditer(words):
            group = 1 if pattern.groups and match.start(1) >= 0 else 0
            if match[group] and not is_public(match[group]):
                start = len(wire_bytes(words[: match.start(group)]))
                yield from _masked(text, start, start + len(wire_bytes(match[group])), Kind.OTHER)


def _is_binary(data: bytes) -> bool:
    """Tell binary data from text: lengths count there (protobuf, lz4), and a replacement must not change them."""
    if _CONTROL.search(data):
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


def _fitted(edit: Edit) -> Edit:
    """Cut or fill a replacement to the length of what stood there."""
    length = edit.end - edit.start
    if edit.kind in (PACKED, ENCODED):
        return edit
    if zeros := _ZEROS.search(edit.new):
        width = len(zeros[0]) + 1  # of UTF-16 or UTF-32
        letters = edit.new[::width][: length // width + 1].ljust(length // width + 1, b"*")
        new = zeros[0].join(bytes([code]) for code in letters)
    else:
        new = edit.new[:length].ljust(length, b"*")
    return Edit(edit.start, edit.end, new, edit.kind)


def _well_formed(data: bytes, edits: list[Edit]) -> bytes:
    """Do the edits; where they would break JSON, keep its skeleton and mask what stands between."""
    new = applied(data, edits)
    if not _is_json(data) or _is_json(new):
        return new
    careful = [_within_json(data, edit) for edit in edits]
    return applied(data, careful)


def _within_json(data: bytes, edit: Edit) -> Edit:
    old = data[edit.start : edit.end]
    if _STRUCTURE.search(old) or _NUMBER.fullmatch(old):
        return Edit(edit.start, edit.end, _skeleton(old), edit.kind)
    return edit


def _skeleton(text: bytes) -> bytes:
    def masked(match: re.Match[bytes]) -> bytes:
        word = match[0]
        if word in (b"true", b"false", b"null"):
            return word
        return b"1" * len(word) if _NUMBER.fullmatch(word) else MASK.encode()

    return _LITERAL.sub(masked, text)


def _is_json(data: bytes) -> bool:
    if data.lstrip()[:1] not in (b"{", b"[", b'"'):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
