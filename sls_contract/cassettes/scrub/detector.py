"""Find secrets in bytes of any kind, and replace them.

`Detector.may_contain` is a quick check that nearly all traffic passes; `Detector.clean` is slow and thorough.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from sls_contract.cassettes.scrub.containers import Run, decoded_words, embedded, is_packed, runs, unpacked
from sls_contract.cassettes.scrub.key_formats import foreign_keys
from sls_contract.cassettes.scrub.names import MASK, Kind, is_placeholder
from sls_contract.cassettes.scrub.registry import SecretRegistry, is_public
from sls_contract.cassettes.scrub.shapes import (
    BY_NAME,
    BY_POSSIBLE_NAME,
    Named,
    inserted,
    is_suspicious,
    public_signatures,
    shaped,
)
from sls_contract.cassettes.scrub.spellings import DISTINCTIVE, Secret
from sls_contract.cassettes.scrub.views import (
    Edit,
    applied,
    find,
    fully_unescaped,
    is_continued,
    joined_views,
    letters_of,
    letters_view,
    safe_bytes,
    unescaped,
)
from sls_contract.checks.content_coding import json_value
from sls_contract.exchange import wire_bytes, wire_text

PACKED = "compressed text"
ENCODED = "encoded text"
_MAX_DEPTH = 4  # base64 in gzip in base64 …
_ROUNDS = 4
_SMALL = 64 * 1024  # bytes
_MAX_FIELDS = 1000
_ENDING_BYTES = 16
_SEPARATOR = "\r"  # of fields; not a line break, across which `joined_views` joins secrets
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NUMBER = re.compile(rb"-?[0-9][0-9.eE+-]*")
_STRUCTURE = re.compile(rb'["{}\[\]:,]')
_FINDERS = (shaped, BY_NAME, BY_POSSIBLE_NAME, inserted)
_ZEROS = re.compile(rb"\0+")
_LITERAL = re.compile(rb'(?:\\.|[^"{}\[\]:,\s\\])+')


@dataclass(frozen=True, slots=True)
class Rules:
    """The user's rules: patterns (group 1, or the whole match, is masked) and names whose values are masked."""

    patterns: tuple[re.Pattern[str], ...] = ()
    named: Named | None = None


@dataclass(frozen=True, slots=True)
class Detector:
    """Everything to search for at one moment: secrets, key-shaped strings, named values, the user's rules.

    Attributes:
        registry: gets the newly found secrets.
        rules: the user's.
        secrets: the credentials of the run, and those of one exchange; the registry has the discovered ones.
        folded: endings of known secrets, as lower-case letters and digits; one of them in a text means a secret.
        exact: the same for text as it is.
        harmless: signatures made with the public test key.
        echo: the part of ``folded`` and ``exact`` that belongs to a secret of one exchange only.
        clean_fields: fields of messages without a secret, apart from those of one exchange.

    """

    registry: SecretRegistry
    rules: Rules
    secrets: tuple[Secret, ...] = ()
    folded: tuple[bytes, ...] = ()
    exact: tuple[bytes, ...] = ()
    harmless: frozenset[bytes] = frozenset()
    echo: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
    clean_fields: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, registry: SecretRegistry, rules: Rules) -> Detector:
        """Return a detector for the secrets in the registry."""
        return cls(registry, rules, registry.given, *_endings(registry.given))

    def with_secrets(self, *more: Secret, harmless: Collection[bytes] = ()) -> Detector:
        """Return a detector with more secrets for one exchange; ``harmless`` signatures are public."""
        folded, exact = echo = _endings(more)
        known = (*more, *self.secrets), folded + self.folded, exact + self.exact
        return Detector(self.registry, self.rules, *known, frozenset(harmless), echo, self.clean_fields)

    def with_harmless(self, harmless: frozenset[bytes]) -> Detector:
        """Return the same detector with other harmless signatures."""
        return Detector(
            self.registry, self.rules, self.secrets, self.folded, self.exact, harmless, self.echo, self.clean_fields
        )

    def message_may_contain(self, fields: Collection[str], content: bytes) -> bool:
        """Return whether a message may contain a secret; header fields seen before are skipped."""
        clean_fields = self.clean_fields
        fresh = [text for text in fields if text not in clean_fields]
        if len(fresh) < len(fields) and self._contains_echo(safe_bytes(_SEPARATOR.join(fields))):
            return True
        data = safe_bytes(_SEPARATOR.join(fresh))
        if is_packed(content):  # its signature must be the first bytes
            seen = self.may_contain(data) or self.may_contain(content)
        else:
            seen = self.may_contain(data + _SEPARATOR.encode() + content if content else data)
        if not seen and self.rules.patterns:  # ^ and $ match at the ends of a field only
            parts = (*map(safe_bytes, fresh), content)
            seen = any(True for part in parts for _ in _matches(part, self.rules.patterns))
        if not seen:
            if len(clean_fields) > _MAX_FIELDS:
                clean_fields.clear()
            clean_fields.update(fresh)
        return seen

    def _contains_echo(self, data: bytes) -> bool:
        return bool(self.echo[0]) and _contains_any(data, data.lower(), *self.echo)

    def may_contain(self, data: bytes, depth: int = 0) -> bool:
        """Return whether the data may contain a secret; never False if `clean` would change it.

        One exception: in more than 64 KiB, a secret broken over lines of fewer than eleven characters is missed.
        """
        lowered = data.lower()
        if self._contains_known(data, lowered) or any(True for _ in self._new_secrets(data, lowered)):
            return True
        if (len(data) <= _SMALL or is_continued(data)) and any(True for _ in joined_views(data, self._contains_known)):
            return True
        view = unescaped(data)
        if view is not None and depth <= _MAX_DEPTH and self.may_contain(view.text, depth + 1):
            return True
        packed = unpacked(data)
        if packed:
            inner = [packed.content, packed.rest]
        else:
            inner = [decoded_words(data), *(each.content for *_, each in embedded(data))]
        return depth < _MAX_DEPTH and any(self.may_contain(part, depth + 1) for part in inner if part)

    def _contains_known(self, data: bytes, lowered: bytes | None = None) -> bool:
        lowered = data.lower() if lowered is None else lowered
        known = _contains_any(data, lowered, self.folded, self.exact)
        return known or self.registry.fragments.any_in(data) or bool(self.registry.discovered.within(data, lowered))

    def clean(self, data: bytes, depth: int = 0, *, fit: bool = False) -> bytes:
        """Return the data with every secret replaced; JSON stays JSON, binary data (or ``fit``) keeps its length."""
        for _ in range(_ROUNDS):
            edits = self.edits(data, depth, fit=fit)
            if not edits:
                break
            data = _well_formed(data, edits)
        return data

    def found(self, data: bytes) -> list[Edit]:
        """Return the edits that remove all secrets, after a quick check."""
        return self.edits(data) if self.may_contain(data) else []

    def edits(self, data: bytes, depth: int = 0, *, fit: bool = False) -> list[Edit]:
        """Return the edits that remove all secrets, ordered by place."""
        packed = unpacked(data) if depth <= _MAX_DEPTH else None
        if packed:
            content, rest = (self.clean(part, depth + 1) for part in (packed.content, packed.rest))
            same = (content, rest) == (packed.content, packed.rest)
            return [] if same else [Edit(0, len(data), packed.pack(content, rest), PACKED)]
        fit = fit or _is_binary(data)
        edits = find(data, lambda text: self._all_edits(text, depth, fit=fit))
        return [_fitted(edit) for edit in edits] if fit else edits

    def _all_edits(self, text: bytes, depth: int, *, fit: bool) -> Iterator[Edit]:
        lowered = text.lower()
        yield from self._known_secrets(lowered)
        for view in joined_views(text, self._contains_known):
            yield from map(view.to_source, self._known_secrets(view.text.lower(), DISTINCTIVE))
        yield from self._fragments(text)
        yield from self._new_secrets(text, lowered, is_decoded=depth > 0 and _is_binary(text))
        if depth < _MAX_DEPTH:
            yield from self._encoded(text, depth, fit=fit)

    def _known_secrets(self, lowered: bytes, shortest: int = 0) -> Iterator[Edit]:
        given = ((*place, secret) for secret in self.secrets for place in secret.places(lowered))
        for start, end, new, secret in (*given, *self.registry.discovered.places(lowered)):
            if len(secret.value) >= shortest:
                yield Edit(start, end, new, secret.kind)

    def _fragments(self, text: bytes) -> Iterator[Edit]:
        """Yield given secrets that are written in another alphabet, or split by other text."""
        fragments = self.registry.fragments
        if fragments.secrets and (found := list(fragments.places(letters_of(text)))):
            view = letters_view(text)
            yield from (view.to_source(Edit(*place)) for place in found)

    def _new_secrets(self, text: bytes, lowered: bytes, *, is_decoded: bool = False) -> Iterator[Edit]:
        """Yield secrets found by shape, by name, or by the user's rules, and register them.

        ``is_decoded``: the text is a decoded word, perhaps no text at all. The user's patterns may be short; they
        would match it by chance and garble the word.
        """
        for finder in (*_FINDERS, foreign_keys) if is_suspicious(lowered) else (foreign_keys,):
            for start, end, kind in finder(text, lowered):
                value = wire_text(fully_unescaped(text[start:end]))
                if _NUMBER.fullmatch(text, start, end):  # too common to register, and JSON may require a number
                    yield from _masked(text, start, end, kind)
                elif not self._is_harmless(text, text[start:end], value, kind):
                    yield Edit(start, end, wire_bytes(self.registry.replacement(kind, value)), kind)
        yield from self._by_rules(text, lowered, () if is_decoded else self.rules.patterns)

    def _is_harmless(self, text: bytes, found: bytes, value: str, kind: Kind) -> bool:
        if is_public(value) or is_placeholder(value):
            return True
        return kind is Kind.SIGNATURE and (wire_bytes(value) in self.harmless or found in public_signatures(text))

    def _by_rules(self, text: bytes, lowered: bytes, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Edit]:
        if self.rules.named:
            for start, end, kind in self.rules.named(text, lowered):
                yield from _masked(text, start, end, kind)
        if patterns:
            yield from _matches(text, patterns)

    def _encoded(self, text: bytes, depth: int, *, fit: bool) -> Iterator[Edit]:
        for start, end, packed in embedded(text):
            if (content := self.clean(packed.content, depth + 1)) != packed.content:
                yield Edit(start, end, packed.pack(content), PACKED)
        known = self.registry.version
        clean_words: set[tuple[str, bytes]] = set()  # words repeat: each is decoded once
        for word, found in runs(text):
            if word in clean_words:
                continue
            edits = list(self._in_word(found, depth, fit=fit))
            yield from edits
            if known != self.registry.version:  # a new secret may be in any of them
                known = self.registry.version
                clean_words.clear()
            elif not edits:
                clean_words.add(word)

    def _in_word(self, found: Iterable[Run], depth: int, *, fit: bool) -> Iterator[Edit]:
        """Yield the secrets in a word that may be base64 or hex; ``found`` are its runs."""
        done = -1
        for run in found:
            if run.start < done or not self.may_contain(run.content, depth + 1):
                continue
            content = self.clean(run.content, depth + 1, fit=fit)
            if content != run.content:
                done = run.end
                yield Edit(run.start, run.end, run.encode(content), ENCODED)


def _endings(secrets: Iterable[Secret]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the endings of spellings to search for: lower-case letters and digits, and text as it is.

    Preparing the search for a long needle costs more than the search, so the needles are cut. Their endings are used
    because tokens share their beginnings. Other characters are ignored: line breaks, quotes, the zeros of UTF-16.
    """
    all_secrets = tuple(secrets)
    folded = {letters_of(needle)[-_ENDING_BYTES:] for secret in all_secrets for needle in secret.needles}
    return tuple(folded), tuple([window[-_ENDING_BYTES:] for secret in all_secrets for window in secret.windows])


def _contains_any(data: bytes, lowered: bytes, folded: tuple[bytes, ...], exact: tuple[bytes, ...]) -> bool:
    """Return whether a text contains one of the endings that `_endings` returns."""
    return any(map(letters_of(lowered).__contains__, folded)) or any(map(data.__contains__, exact))


def _masked(text: bytes, start: int, end: int, kind: str) -> Iterator[Edit]:
    """Mask a place unless it is masked: a number by a number, since JSON may require one there."""
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
    """Return whether data is binary: formats such as protobuf and lz4 contain lengths, so a replacement must fit."""
    if _CONTROL.search(data):
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


def _fitted(edit: Edit) -> Edit:
    """Cut or pad a replacement to the length of the original."""
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
    """Apply the edits; where that would break JSON, keep its structure and mask its values."""
    new = applied(data, edits)
    if not _is_json(data) or _is_json(new):
        return new
    return applied(data, [_within_json(data, edit) for edit in edits])


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
    return data.lstrip()[:1] in (b"{", b"[", b'"') and json_value(data) is not None
