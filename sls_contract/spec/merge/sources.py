"""The sources of the contract: pages of a date and language, an SDK, or a metadata document."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Family: TypeAlias = Literal["handbook", "openapi", "clients", "recordings"]
"""Sources of a family are derived from the same document, so they have a single vote."""

Kind: TypeAlias = Literal["page", "sdk", "metadata"]
FAMILIES: tuple[Family, ...] = get_args(Family)
KINDS: tuple[Kind, ...] = get_args(Kind)
_LAST_HANDBOOK_YEAR = "2021"  # later pages are generated from the OpenAPI document
_FILE = re.compile(r"(?P<date>20\d\d(?:-\d\d(?:-\d\d)?)?)\.(?P<language>[a-z]{2}(?:-intl)?)\b.*")
_ID = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The origin of claims.

    Attributes:
        id: the name of its folder of claims.
        family: the document that it is derived from.
        kind: how it is read.
        language: of a page; otherwise empty.
        date: of publication: a year, a month or a day, such as ``2021-01``; empty: current.
        version: of an SDK.

    """

    id: str
    family: Family
    kind: Kind = "page"
    language: str = ""
    date: str = ""
    version: str = ""

    @property
    def age(self) -> tuple[str, list[int], str]:
        """The sort key of sources, the newest last; undated sources are the newest."""
        return (self.date or "9999", [int(part) for part in re.findall(r"\d+", self.version)], self.id)

    def as_plain(self) -> dict[str, str]:
        """Return the entry of ``sources.yaml``."""
        return {name: text for name, text in asdict(self).items() if text}


def source_of(path: Path, given: Mapping[str, str | None]) -> Source:
    """Return the source for a page, an SDK or a metadata document, from its path and given attributes.

    A page's name contains its date and language (``2021-01-21.en.md``); the metadata folder beside an SDK contains its
    version. ``given`` (``id``, ``family``, ``language``, ``date``) takes precedence. Raises `UsageError` if the date,
    language or id is unknown or invalid.
    """
    known: dict[str, Any] = {name: text for name, text in given.items() if text}
    found = _sdk(path) if path.is_dir() else _metadata(known) if path.suffix.lower() == ".json" else _page(path, known)
    return _checked(replace(found, **known), str(path))


def _page(path: Path, known: Mapping[str, str]) -> Source:
    found = _FILE.fullmatch(path.name)
    date = known.get("date") or (found["date"] if found else "")
    language = known.get("language") or (found["language"] if found else "")
    if not date or not language:
        msg = (
            f"expected the date and the language of {path}, which its name does not contain\n"
            "How to fix: name the page such as GetCursor/2021-01-27.en.md, or pass --date and --language."
        )
        raise UsageError(msg)
    family: Family = "handbook" if date[:4] <= _LAST_HANDBOOK_YEAR else "openapi"
    family = cast("Family", known.get("family", family))
    return Source(id=f"{family}-{date}-{language}", family=family, language=language, date=date)


def _sdk(path: Path) -> Source:
    beside = sorted(path.resolve().parent.glob(f"{path.resolve().name}-*.dist-info"))
    version = beside[-1].name.removesuffix(".dist-info").rpartition("-")[2] if beside else ""
    return Source(
        id=f"openapi-sdk-{version}" if version else "openapi-sdk", family="openapi", kind="sdk", version=version
    )


def _metadata(known: Mapping[str, str]) -> Source:
    name = "-".join(filter(None, ("openapi-metadata", known.get("date"))))
    return Source(id=name, family="openapi", kind="metadata")


def read_sources(plain: Any, where: str) -> dict[str, Source]:
    """Read the sources in ``sources.yaml``, by id; raises `UsageError` if the data is malformed."""
    listed = plain.get("sources") if isinstance(plain, dict) else None
    if not isinstance(listed, list):
        msg = f"expected {where} to have the key sources with a list, got {plain!r:.80}"
        raise UsageError(msg)
    sources: dict[str, Source] = {}
    for source in (_source(each, where) for each in listed):
        if sources.setdefault(source.id, source) is not source:
            msg = f"expected each source once in {where}, got {source.id} twice\nHow to fix: delete one of them."
            raise UsageError(msg)
    return sources


def _source(plain: Any, where: str) -> Source:
    try:
        texts: dict[str, Any] = {name: str(value) for name, value in plain.items()}  # YAML reads dates
        return _checked(Source(**texts), where)
    except (TypeError, AttributeError) as error:
        msg = f"expected a source with id, family, kind, language and date in {where}, got {plain!r:.120}"
        raise UsageError(msg) from error


def _checked(source: Source, where: str) -> Source:
    for name, value, allowed in (("family", source.family, FAMILIES), ("kind", source.kind, KINDS)):
        if value not in allowed:
            msg = f"expected {name} of source {source.id} ({where}) to be one of {', '.join(allowed)}; got {value!r}"
            raise UsageError(msg)
    if not _ID.fullmatch(source.id):
        msg = f"expected the id of a source ({where}) to be lower-case letters, digits, . and -; got {source.id!r}"
        raise UsageError(msg)
    return source


def sources_as_plain(sources: Iterable[Source]) -> Mapping[str, Any]:
    """Return the content of ``sources.yaml``: the sources, sorted by id."""
    return {"sources": [each.as_plain() for each in sorted(sources, key=lambda source: source.id)]}
