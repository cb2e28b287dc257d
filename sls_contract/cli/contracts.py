"""``sls-contract spec build``, ``list`` and ``show``: build and show the contracts of operations."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sls_contract
from sls_contract.cli.contract_text import claim_lines, contract_lines, with_discriminator
from sls_contract.cli.options import add_contract
from sls_contract.cli.terminal import Console, columns
from sls_contract.errors import UsageError
from sls_contract.locale import for_programs
from sls_contract.reports import plural, table, write_json
from sls_contract.spec.installation import checkout, schema_folder
from sls_contract.spec.registry import registry
from sls_contract.spec.routing import refuse_clashes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge.layers import Layers

_MOST_LISTED = 10


def configure(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the actions to the command ``spec``."""
    build = actions.add_parser(
        "build",
        help="merge claims and rulings to contracts; in a checkout, or of --folder",
        description="Merge the claims of all sources, apply the rulings, and write the contracts: contract/*.yaml for "
        "people, contracts.jsonl for this program, json-schema/*.json for editors and other languages. A folder of "
        "your own extends the shipped contracts, as it does with --contract: its claims are merged with the shipped "
        "claims on the same operation, and its rulings are applied after the shipped ones.",
    )
    build.add_argument("--check", action="store_true", help="write nothing; list the files that differ and exit with 1")
    build.add_argument("--verbose", action="store_true", help="list the disagreements without a ruling")
    build.add_argument(
        "--folder", type=Path, metavar="DIR", help="has claims/ or rulings/; default: schemas/ of the checkout"
    )
    build.set_defaults(run=build_contracts)
    listing = actions.add_parser("list", help="list every operation: coverage, method, path, other names")
    show = actions.add_parser("show", help="show the contract of an operation")
    show.add_argument("operation", metavar="OPERATION", help="its name, or another name of it")
    show.add_argument("--claims", action="store_true", help="also show which source says what")
    for action, run in ((listing, list_contracts), (show, show_contract)):
        add_contract(action)
        action.add_argument("--json", choices=["-"], help="print JSON to standard output")
        action.set_defaults(run=run)


def build_contracts(arguments: argparse.Namespace, console: Console) -> int:
    """Build the contracts.

    Exit 0: the files are up to date; 1: ``--check`` found files that are not. Raises `UsageError` for layers that
    cannot be read or merged.
    """
    from sls_contract.spec import merge

    folder = arguments.folder or checkout(Path(sls_contract.__file__).parent) / "schemas"
    merged = merge.merge_folder(folder)
    extends = [] if merge.is_whole(folder) else _extension_lines(merged.contracts)
    files = merge.generated(merged.contracts)
    changed = merge.outdated(folder, files) if arguments.check else merge.write(folder, files)
    console.write([*extends, *_summary(merged.contracts, merged.left_out, verbose=arguments.verbose)])
    if arguments.check:
        return _report_outdated(changed, folder, len(files), console.stdout, is_default=arguments.folder is None)
    console.write(_shortened([f"wrote {folder / name}" for name in changed]))
    print(f"{folder} is up to date", file=console.stdout)
    return 0


def _extension_lines(contracts: Sequence[Contract]) -> list[str]:
    """Return whether each contract of a user's folder extends a shipped one; raise `UsageError` if they clash."""
    refuse_clashes(registry().extended(contracts).routes)
    return _shortened([_extension_line(each) for each in contracts])


def _extension_line(contract: Contract) -> str:
    shipped = registry().named(contract.operation)
    if shipped is None:
        return f"{contract.operation}: not shipped; its contract is made of this folder alone"
    before, now = (plural(len(each.sources), "source") for each in (shipped, contract))
    return f"{contract.operation}: extends the shipped contract, which has {before}; now {now}, and the rulings of both"


def _summary(contracts: Sequence[Contract], left_out: Mapping[str, str], *, verbose: bool) -> list[str]:
    counted = [(name, sum(each.coverage == name for each in contracts)) for name in ("full", "derived", "model")]
    lines = [f"{plural(len(contracts), 'operation')}: " + ", ".join(f"{count} {name}" for name, count in counted)]
    lines += [f"left out: claims on {name}: {why}" for name, why in sorted(left_out.items())]
    listed = [(contract.operation, each) for contract in contracts for each in contract.disagreements]
    lines.append(
        f"{plural(len(listed), 'disagreement')} without a ruling" + ("" if verbose or not listed else " (--verbose)")
    )
    if verbose:
        for name, each in listed:
            says = "; ".join(f"{family}: {text}" for family, text in each.claims.items())
            lines.append(f"  {name}, {each.where}: {says}; taken: {each.taken or 'undecided'}")
    return lines


def _report_outdated(changed: Mapping[str, str], folder: Path, count: int, stdout: IO[str], *, is_default: bool) -> int:
    if not changed:
        print(f"{folder}: {plural(count, 'generated file')} up to date", file=stdout)
        return 0
    stdout.writelines(f"{line}\n" for line in _shortened([f"{how}: {folder / name}" for name, how in changed.items()]))
    option = "" if is_default else f" --folder {folder}"
    print(f"{plural(len(changed), 'file')} out of date\nHow to fix: sls-contract spec build{option}", file=stdout)
    return 1


def _shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LISTED
    return [*lines[:_MOST_LISTED], f"and {more} more"] if more > 0 else [*lines]


def list_contracts(arguments: argparse.Namespace, console: Console) -> int:
    """List every operation; exit 0."""
    contracts = all_contracts()
    if arguments.json:
        names = ("operation", "aliases", "coverage", "method", "path", "discriminator", "summary")
        listed = [{name: each.as_plain().get(name) for name in names} for each in contracts]
        write_json({"version": 1, "operations": listed}, "-", console.stdout)
        return 0
    rows = [
        (each.operation, each.coverage, each.method, with_discriminator(each, each.path), ", ".join(each.aliases))
        for each in contracts
    ]
    header = ("operation", "coverage", "method", "path", "other names")
    console.write(table(header, rows, columns(console.stdout)))
    return 0


def show_contract(arguments: argparse.Namespace, console: Console) -> int:
    """Show the contract of an operation; exit 0. Raises `UsageError` with similar names for an unknown operation."""
    contract = named(arguments.operation)
    layers = _layers_of(contract, arguments.contract)
    if arguments.json:
        rulings = layers.rulings.get(contract.operation)
        why = [each.why for each in rulings.rulings] if rulings else []
        document: dict[str, Any] = {"version": 1, "contract": contract.as_plain(), "rulings": why}
        write_json(document, "-", console.stdout)
        return 0
    stdout = for_programs(console.stdout)  # the lines are translated already, except for their data
    console.write(contract_lines(contract, layers.rulings.get(contract.operation)), stdout)
    if arguments.claims:
        console.write(claim_lines(layers), stdout)
    return 0


def all_contracts() -> list[Contract]:
    """Return the contracts in use, sorted by name."""
    return [contract for name in sorted(registry().names) if (contract := registry().named(name))]


def named(name: str) -> Contract:
    """Return the contract of an operation by its name or an alias, in any casing.

    Raises `UsageError` with similar names if there is none.
    """
    spelled = {each.lower(): each for each in registry().names_and_aliases}
    contract = registry().named(spelled.get(name.lower(), name))
    if contract is not None:
        return contract
    near = [spelled[each] for each in get_close_matches(name.lower(), spelled)]
    hint = f"did you mean {' or '.join(near)}?" if near else "sls-contract spec list names all of them."
    msg = f"expected the name of an operation, got {name!r}\nHow to fix: {hint}"
    raise UsageError(msg)


def _layers_of(contract: Contract, added: Path | None) -> Layers:
    """Return the claims and rulings on an operation: those of this installation, and those of the folder ``added``."""
    from sls_contract.spec.merge import read_layers

    names = {each.lower() for each in (contract.operation, *contract.aliases)}
    layers = read_layers(schema_folder(), wanted=lambda name: name.lower() in names)
    return layers.under(read_layers(added, wanted=lambda name: name.lower() in names)) if added else layers
