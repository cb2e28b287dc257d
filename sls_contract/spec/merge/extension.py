"""Contracts of a user's own: claims and rulings of a folder, merged with those that are shipped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.installation import schema_folder
from sls_contract.spec.merge.build import COMPILED
from sls_contract.spec.merge.layers import CLAIMS, RULINGS, Layers, read_layers
from sls_contract.spec.merge.merging import canonical_names, merge
from sls_contract.spec.merge.rulings import Rulings

if TYPE_CHECKING:
    from pathlib import Path

    from sls_contract.spec.contract import Contract


def load_folder(folder: Path) -> tuple[Contract, ...]:
    """Return the contracts of the operations that a folder has claims or rulings on, merged with what is shipped.

    Raises `UsageError` where there is no such folder, nothing in it, or something that cannot be read or merged.
    """
    if not (folder / CLAIMS).is_dir() and not (folder / RULINGS).is_dir():
        msg = (
            f"expected a folder with {CLAIMS}/ or {RULINGS}/, got {folder}\n"
            f"How to fix: sls-contract spec derive PAGE.md --out {folder}"
        )
        raise UsageError(msg)
    return merge_with_shipped(read_layers(folder))


def merge_with_shipped(own: Layers, stand_ins: Layers | None = None) -> tuple[Contract, ...]:
    """Return the contracts of the operations that layers are about, merged with what is shipped of them.

    ``stand_ins`` are claims that count only where no other source of their family has claims on the operation.
    Raises `UsageError` where something cannot be merged.
    """
    shipped = read_layers(schema_folder(), wanted=lambda _: False)
    named = canonical_names(Layers((), shipped.rulings).under(own))
    ours = {named.get(str(page.operation).lower(), str(page.operation)) for _, page in own.claims} | set(own.rulings)
    wanted = {name.lower() for name in ours} | {alias for alias, name in named.items() if name in ours}
    shipped = read_layers(schema_folder(), wanted=lambda name: name.lower() in wanted)
    rulings = {name: each for name, each in shipped.rulings.items() if name in ours}
    if not shipped.claims:  # left out of this installation: its rulings would overrule nobody
        rulings = {name: Rulings(name, each.aliases) for name, each in rulings.items()}
    layers = Layers(shipped.claims, rulings).under(own)
    names = canonical_names(layers)
    heard = {(source.family, names[str(page.operation).lower()]) for source, page in layers.claims}
    more = tuple(
        (source, page)
        for source, page in (stand_ins or Layers()).claims
        if (source.family, names.get(str(page.operation).lower())) not in heard
    )
    return merge(layers.under(Layers(more)), _shipped_codes()).contracts


def _shipped_codes() -> list[str]:
    """Return the error codes of the shipped contracts, which are not read for them."""
    return re.findall(r'"code":"(\w+)"', (schema_folder() / COMPILED).read_text(encoding="utf-8"))
