"""Reads the layers of a folder: sources, claims and rulings; every error names the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from sls_contract.errors import UsageError
from sls_contract.safe_yaml import Ambiguous, TooDeep, composed
from sls_contract.spec.merge import claim_files
from sls_contract.spec.merge.rulings import Rulings, read_rulings
from sls_contract.spec.merge.sources import Source, read_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from sls_contract.spec.claims import Page

SOURCES, CLAIMS, RULINGS = "sources.yaml", "claims", "rulings"
SUFFIX = ".yaml"
_SUFFIXES = (SUFFIX, ".yml")

_SAFE: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, if available, is ten times as fast


class _Loader(_SAFE):  # type: ignore[misc]  # with libyaml or without
    """Reads every key as text: a parameter may have the name ``on`` or ``404``, which YAML 1.1 reads as other types."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Layers:
    """The claims and rulings of a folder.

    Attributes:
        claims: source and claims of each file; their order does not matter.
        rulings: by the operation that they name.

    """

    claims: tuple[tuple[Source, Page], ...] = ()
    rulings: Mapping[str, Rulings] = field(default_factory=dict)

    def under(self, more: Layers) -> Layers:
        """Combine both layers; claims in ``more`` replace those of the same source and operation, rulings are added."""
        claims = {(source.id, page.operation): (source, page) for source, page in (*self.claims, *more.claims)}
        rulings = dict(self.rulings)
        for name, each in more.rulings.items():
            rulings[name] = rulings[name].followed_by(each) if name in rulings else each
        return Layers(tuple(claims.values()), rulings)


def read_layers(folder: Traversable, wanted: Callable[[str], bool] = lambda _: True) -> Layers:
    """Read the layers of a folder, with only those files of claims whose operation is wanted by name.

    Raises `UsageError` that names the file if a file cannot be read or is malformed.
    """
    sources = sources_in(folder)
    claims = tuple(_claims(folder, sources, wanted)) if (folder / CLAIMS).is_dir() else ()
    rulings: dict[str, Rulings] = {}
    for each in _files(folder / RULINGS):
        found = read_rulings(read_yaml(each), str(each))
        rulings[found.operation] = rulings[found.operation].followed_by(found) if found.operation in rulings else found
    return Layers(claims, rulings)


def sources_in(folder: Traversable) -> dict[str, Source]:
    """Read the sources of a folder, by id; raises `UsageError` if the file cannot be read or is malformed."""
    file = folder / SOURCES
    return read_sources(read_yaml(file), str(file)) if file.is_file() else {}


def _claims(
    folder: Traversable, sources: Mapping[str, Source], wanted: Callable[[str], bool]
) -> Iterator[tuple[Source, Page]]:
    for inner in sorted((each for each in (folder / CLAIMS).iterdir() if each.is_dir()), key=lambda each: each.name):
        source = sources.get(inner.name)
        if source is None:
            msg = (
                f"expected the source {inner.name} in {SOURCES}, since {inner} has claims of it; found none\n"
                f"How to fix: delete {inner} and derive the claims again, which adds the source: "
                f"sls-contract spec derive PAGE.md --out {folder}"
            )
            raise UsageError(msg)
        for file in _files(inner):
            if wanted(file.name.rpartition(".")[0]):
                yield source, _read_page(file)


def _files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((each for each in folder.iterdir() if each.name.endswith(_SUFFIXES)), key=lambda each: each.name)


def read_yaml(file: Traversable) -> Any:
    """Return the content of a YAML file; raises `UsageError` if it cannot be read, or does not mean one thing."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        return _parsed(text)
    except OSError as error:
        msg = f"expected a file that can be read, got {file}: {error.strerror}"
        raise UsageError(msg) from error
    except Ambiguous as fault:
        fix = "delete the alias." if fault.key is None else "delete one of them."
        msg = f"{file}:{fault.line}: {fault.described()}\nHow to fix: {fix}"
        raise UsageError(msg) from fault
    except (yaml.YAMLError, TooDeep, ValueError) as error:  # a ValueError: another encoding, a date that does not exist
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(error, "line", None)
        place = f" at line {line}" if line else ""
        msg = f"expected YAML in UTF-8 in {file}, which cannot be read{place}"
        raise UsageError(msg) from error


def _parsed(text: str) -> Any:
    loader = _Loader(text)
    try:
        root = composed(loader, text)
        return None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def _read_page(file: Traversable) -> Page:
    plain = read_yaml(file)
    try:
        return claim_files.from_plain(plain)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        msg = f"expected claims on an operation in {file}, which cannot be read: {error!r:.100}"
        raise UsageError(msg) from error
