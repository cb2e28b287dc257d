"""The contracts of a folder: a user's extend the shipped ones, and those of a checkout's ``schemas/`` stand alone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.installation import schema_folder
from sls_contract.spec.merge.build import COMPILED
from sls_contract.spec.merge.layers import CLAIMS, RULINGS, Layers, read_layers
from sls_contract.spec.merge.merging import canonical_names, merge
from sls_contract.spec.merge.rulings import Rulings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge.merging import Merged

_CLAUSES = "clauses.json"


def load_folder(folder: Path) -> tuple[Contract, ...]:
    """Return the contracts of the operations in a folder's claims or rulings, merged with the shipped layers.

    Raises `UsageError` if the folder has neither claims nor rulings, or if a file cannot be read or merged.
    """
    return _not_empty(merge_with_shipped(_layers(folder)), folder).contracts


def merge_folder(folder: Path) -> Merged:
    """Return what ``spec build`` makes of a folder: its own contracts if it `is_whole`, else those of `load_folder`.

    Raises `UsageError` as `load_folder` does.
    """
    layers = _layers(folder)
    return _not_empty(merge(layers) if is_whole(folder) else merge_with_shipped(layers), folder)


def is_whole(folder: Path) -> bool:
    """Return whether a folder is the ``schemas/`` of a checkout, which has the clauses, too, and extends nothing."""
    return (folder / _CLAUSES).is_file()


def _layers(folder: Path) -> Layers:
    layers = read_layers(folder)
    if not layers.claims and not layers.rulings:
        msg = (
            f"expected a folder with {CLAIMS}/ or {RULINGS}/, got {folder}\n"
            f"How to fix: sls-contract spec derive PAGE.md --out {folder}"
        )
        raise UsageError(msg)
    return layers


def _not_empty(merged: Merged, folder: Path) -> Merged:
    if not merged.contracts:
        reasons = "; ".join(f"{name}: {why}" for name, why in sorted(merged.left_out.items()))
        msg = (
            f"expected claims in {folder} that make a contract, got none: {reasons}\n"
            f"How to fix: sls-contract spec derive a page that prints the request line, with --out {folder}"
        )
        raise UsageError(msg)
    return merged


def merge_with_shipped(added: Layers, fallback: Layers | None = None) -> Merged:
    """Return the contracts of the operations that layers describe, merged with the shipped layers.

    ``fallback`` are claims that are used only if no other source of their family describes the operation. Raises
    `UsageError` if the layers cannot be merged.
    """
    shipped = read_layers(schema_folder(), wanted=lambda _: False)
    added = Layers(added.claims, _under_shipped_names(added.rulings.values(), shipped.rulings.values()))
    names = canonical_names(Layers((), shipped.rulings).under(added))
    affected = {names.get(str(page.operation).lower(), str(page.operation)) for _, page in added.claims}
    affected |= set(added.rulings)
    wanted = {name.lower() for name in affected} | {alias for alias, name in names.items() if name in affected}
    shipped = read_layers(schema_folder(), wanted=lambda name: name.lower() in wanted)
    rulings = {name: each for name, each in shipped.rulings.items() if name in affected}
    if not shipped.claims:  # an installation without claims: its rulings would have no claims to overrule
        rulings = {name: Rulings(name, each.aliases) for name, each in rulings.items()}
    layers = Layers(shipped.claims, rulings).under(added)
    names = canonical_names(layers)
    covered = {(source.family, names[str(page.operation).lower()]) for source, page in layers.claims}
    more = tuple(
        (source, page)
        for source, page in (fallback or Layers()).claims
        if (source.family, names.get(str(page.operation).lower())) not in covered
    )
    return merge(layers.under(Layers(more)), _shipped_codes())


def _under_shipped_names(added: Iterable[Rulings], shipped: Iterable[Rulings]) -> dict[str, Rulings]:
    """Return rulings by the name that the shipped ones have for their operation, which are then followed by them."""
    known = {name.lower(): each.operation for each in shipped for name in (*each.aliases, each.operation)}
    found: dict[str, Rulings] = {}
    for each in added:
        names = each.operation, *each.aliases
        operation = next((known[name.lower()] for name in names if name.lower() in known), each.operation)
        renamed = replace(each, operation=operation, aliases=tuple(name for name in names if name != operation))
        found[operation] = found[operation].followed_by(renamed) if operation in found else renamed
    return found


def _shipped_codes() -> list[str]:
    """Return the error codes of the shipped contracts by a text search, which is faster than parsing them."""
    return re.findall(r'"code":"(\w+)"', (schema_folder() / COMPILED).read_text(encoding="utf-8"))
