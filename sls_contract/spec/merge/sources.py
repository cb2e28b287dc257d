"""The sources of the contract: pages of one date and language, an SDK, a metadata document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Family: TypeAlias = Literal["handbook", "openapi", "clients", "recordings"]
"""Sources of one family were made of one document: however many they are, they have one vote."""

Kind: TypeAlias = Literal["page", "sdk", "metadata"]
FAMILIES: tuple[Family, ...] = get_args(Family)
KINDS: tuple[Kind, ...] = get_args(Kind)
_LAST_HANDBOOK_YEAR = 2021
_FILE = re.compile(r"(?P<date>(?P<year>20\d\d)(?:-\d\d(?:-\d\d)?)?)\.(?P<language>[a-z]{2}(?:-intl)?)\b.*")
_ID = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where claims come from.

    Attributes:
        id: the name of its folder of claims.
        family: what it was made of.
        kind: how it is read.
        language: of a page; empty for what has none.
        date: when it was published: a year, a month or a day, such as ``2021-01``; empty: now.
        version: of an SDK.

    """

    id: str
    family: Family
    kind: Kind = "page"
    language: str = ""
    date: str = ""
    version: str = ""

    @property
    def age(self) -> tuple[str, str, str]:
        """What sorts sources, the newest last: undated ones are of now."""
        return (self.date or "9999", self.version, self.id)

    def as_plain(self) -> dict[str, str]:
        """Return it as it stands in ``sources.yaml``."""
        named = (("id", self.id), ("family", self.family), ("kind", self.kind), ("language", self.language))
        return {name: text for name, text in (*named, ("date", self.date), ("version", self.version)) if text}


def source_of_page(path: Path) -> Source | None:
    """Guess the source of a page from its path, such as ``GetCheckPoint/2021-01-21.en.md``; None where it says none."""
    found = _FILE.fullmatch(path.name)
    if found is None:
        return None
    family: Family = "handbook" if int(found["year"]) <= _LAST_HANDBOOK_YEAR else "openapi"
    name = f"{family}-{found['date']}-{found['language']}"
    return Source(id=name, family=family, language=found["language"], date=found["date"])


def read_sources(plain: Any, where: str) -> dict[str, Source]:
    """Read ``sources.yaml``, by id; raises `UsageError` for what is no list of sources."""
    listed = plain.get("sources") if isinstance(plain, dict) else None
    if not isinstance(listed, list):
        msg = f"expected {where} to have the key sources with a list, got {plain!r:.80}"
        raise UsageError(msg)
    sources = [_source(each, where) for each in listed]
    return {source.id: source for source in sources}


def _source(plain: Any, where: str) -> Source:
    try:
        source = Source(**plain)
    except TypeError as error:
        msg = f"expected a source with id, family, kind, language and date in {where}, got {plain!r:.120}"
        raise UsageError(msg) from error
    for name, value, few in (("family", source.family, FAMILIES), ("kind", source.kind, KINDS)):
        if value not in few:
            msg = f"expected {name} of source {source.id} in {where} to be one of {', '.join(few)}; got {value!r}"
            raise UsageError(msg)
    if not _ID.fullmatch(source.id):
        msg = f"expected the id of a source in {where} to be lower-case letters, digits, . and -; got {source.id!r}"
        raise UsageError(msg)
    return source


def sources_as_plain(sources: Iterable[Source]) -> Mapping[str, Any]:
    """Return what stands in ``sources.yaml``: the sources, sorted by id."""
    return {"sources": [each.as_plain() for each in sorted(sources, key=lambda source: source.id)]}
