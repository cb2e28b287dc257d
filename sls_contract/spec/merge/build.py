"""Builds the merged contracts from the layers on disk: sources, claims, rulings; and compares them with what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from sls_contract.errors import UsageError
from sls_contract.spec.merge import claimed
from sls_contract.spec.merge.assembly import Assembly
from sls_contract.spec.merge.sources import read_sources
from sls_contract.spec.merge.text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge.sources import Source

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ALIASES = {
    "HeartBeat": "ConsumerGroupHeartBeat",
    "UpdateCheckPoint": "ConsumerGroupUpdateCheckPoint",
    "PostLogstoreLogs": "PutLogs",
}


def read_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        msg = f"expected YAML in {path}{place}"
        raise UsageError(msg) from error


def read_claims(folder: Path) -> list[tuple[Source, Page]]:
    sources = read_sources(read_yaml(folder / "sources.yaml"), str(folder / "sources.yaml"))
    found = []
    for path in sorted(folder.glob("claims/*/*.yaml")):
        source = sources[path.parent.name]
        found.append((source, claimed.from_plain(read_yaml(path))))
    return found


def is_rpc(page: Page) -> bool:
    """Tell whether an operation is called by RPC: by its name in the query, at another host, signed otherwise."""
    return {"Action", "Version"} <= set(page.query)


def merge(claims: Sequence[tuple[Source, Page]]) -> list[Contract]:
    groups: dict[str, list[tuple[Source, Page]]] = {}
    spelled: dict[str, str] = {}
    for source, page in sorted(claims, key=lambda c: (c[0].kind == "page", c[0].age)):
        if page.path is None or is_rpc(page):
            continue
        name = ALIASES.get(str(page.operation), str(page.operation))
        name = spelled.setdefault(name.lower(), name)
        groups.setdefault(name, []).append((source, page))
    contracts = []
    for name, listed in sorted(groups.items()):
        if name == "GetLogs":
            listed = [each for each in listed if each[0].family == "handbook"]
        if name == "GetHistograms":
            listed = [each for each in listed if each[0].family == "handbook"]
        aliases = sorted({str(page.operation) for _, page in listed} - {name})
        contracts.append(Assembly(name, aliases, listed).contract())
    return contracts


def files(contracts: Sequence[Contract]) -> dict[str, str]:
    """Return the text of every generated file, by its path below ``schemas/``."""
    made = {f"contract/{each.operation}.yaml": yaml_text(each.as_plain(), "../editor/contract.json") for each in contracts}
    return made | {"contracts.jsonl": compiled(contracts)}


def compiled(contracts: Sequence[Contract]) -> str:
    """Return what the product loads: a line that lists the operations, then one contract a line."""
    index = [_listed(each.as_plain()) for each in contracts]
    lines: list[Any] = [{"version": 1, "operations": index}, *(each.as_plain() for each in contracts)]
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines)


def _listed(plain: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {"aliases": [], "discriminator": {}, "coverage": "derived"}
    names = ("operation", "aliases", "method", "path", "discriminator", "coverage")
    return {name: plain.get(name, defaults.get(name)) for name in names}
