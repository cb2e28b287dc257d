"""``sls-contract spec diff``: what changed between two pages, claims or contracts of an operation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.cli.options import add_contract, add_json, add_verbose
from sls_contract.cli.spec_reading import read_descriptions
from sls_contract.errors import UsageError
from sls_contract.exit_codes import INCOMPLETE
from sls_contract.reports import Report, as_document, write_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from sls_contract.cli.spec_reading import Described
    from sls_contract.cli.terminal import Console
    from sls_contract.spec.claims import Page
    from sls_contract.spec.difference import Change, Class
    from sls_contract.spec.merge import Source

_PAGE = "What the page says"
_CONTRACT = "What the contract says"


def configure(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action and its options."""
    diff = actions.add_parser(
        "diff",
        help="classify what changed between two pages, claims or contracts",
        description="Compare two descriptions of an operation, and classify each difference. Breaking: a client "
        "of the old one can fail or misread a response. Additive: there is something new, which a "
        "client may ignore. Benign: both say the same in other words. OLD and NEW are pages (.md), "
        "OpenAPI metadata, claims (as spec derive --json writes them, or "
        "schemas/claims/<source>/<Operation>.yaml), contracts (schemas/contract/<Operation>.yaml, "
        "contracts.jsonl), or folders of these, such as the pages of two years. Of several pages of "
        "an operation in a folder, the last by name is compared. There are two results: the changes "
        "of the page, and those of the contract when the page is merged with all other sources. The "
        "contract decides, because a page may omit facts that are still true.",
        epilog="Exit codes: 0 nothing breaking; 1 something breaking, in the page or the contract; 2 wrong use, or "
        "what cannot be read or merged. Example: sls-contract spec diff GetCursor/2021.en.md GetCursor/2024.en.md",
    )
    diff.add_argument("old", type=Path, metavar="OLD", help="the earlier description")
    diff.add_argument("new", type=Path, metavar="NEW", help="the later one")
    add_json(diff, "also write the changes as JSON; - for standard output")
    add_contract(diff)
    add_verbose(diff, "show each change of each operation")
    diff.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compare two descriptions; return the exit code. Raises `UsageError` if they cannot be read or compared."""
    outcome = Outcome(_described(arguments.old), _described(arguments.new), arguments.contract)
    console.write(_text(outcome, verbose=arguments.verbose), console.text_stream(arguments))
    incomplete = INCOMPLETE if outcome.not_merged else 0
    code = 1 if outcome.verdict == "breaking" else incomplete
    if arguments.json:
        write_json({**_document(outcome), "exit_code": code}, arguments.json, console.stdout)
    return code


class Outcome:
    """The changes of the pages and of the contracts, by operation; None where none were compared."""

    def __init__(self, old: Sequence[Described], new: Sequence[Described], added: Path | None = None) -> None:
        """Compare the descriptions; ``added`` is a folder whose claims and rulings are merged, too."""
        self.page: dict[str, tuple[Change, ...]] | None = None
        self.contract: dict[str, tuple[Change, ...]] | None = None
        self.not_merged = ""
        if all(each.contract for each in (*old, *new)):
            self.contract = _compared(old, new)
            return
        self.page = _compared(old, new)
        if any(each.page for each in new):
            try:
                self.contract = _merged(old, new, added)
            except UsageError as error:
                self.not_merged = str(error)

    @property
    def verdict(self) -> str:
        """The worst class of all changes."""
        from sls_contract.spec.difference import verdict_of

        return verdict_of([*_kinds(self.page), *_kinds(self.contract)])


def _described(path: Path) -> list[Described]:
    found = read_descriptions(path)
    if path.is_dir() and all(each.page for each in found):
        return list({each.name: each for each in found}.values())  # of each operation the last file by name
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"expected {path} to describe each operation once, found {twice} {names.count(twice)} times"
        raise UsageError(msg)
    return found


def _compared(old: Sequence[Described], new: Sequence[Described]) -> dict[str, tuple[Change, ...]]:
    """Compare by operation; one description on each side is a pair, even if the names differ."""
    from sls_contract.spec.difference import compare, compare_all
    from sls_contract.spec.difference.comparison import is_same

    before, after = ([each.side for each in described] for described in (old, new))
    if len(before) == len(after) == 1:
        return {after[0].operation or before[0].operation: compare(before[0], after[0])}
    if len(before) == 1 or len(after) == 1:  # one operation, and a collection that may have it
        single = (before if len(before) == 1 else after)[0]
        before, after = ([side for side in sides if is_same(side, single)] for sides in (before, after))
        if not before or not after:
            msg = f"expected OLD and NEW to have {single.operation or 'the operation'}, found it in one of them only"
            raise UsageError(msg)
    return compare_all(before, after)


def _merged(old: Sequence[Described], new: Sequence[Described], added: Path | None) -> dict[str, tuple[Change, ...]]:
    """Compare contracts: before, those that are given or merged from all sources and OLD; after, with NEW added."""
    from sls_contract.spec.difference import Side, compare_all
    from sls_contract.spec.merge import merge_with_shipped
    from sls_contract.spec.merge.layers import Layers, read_layers
    from sls_contract.spec.registry import registry

    if len(old) == len(new) == 1:
        old, new = _as_one(old[0], new[0])
    wanted = {each.name.lower() for each in (*old, *new)}
    base = read_layers(added, wanted=lambda name: name.lower() in wanted) if added else Layers()
    rulings = {name: each for name, each in base.rulings.items() if wanted & {n.lower() for n in (name, *each.aliases)}}
    base = Layers(base.claims, rulings)
    earlier = tuple(each.claim("old") for each in old if each.page)
    later = tuple(each.claim("new") for each in new if each.page)
    stand_ins = Layers(tuple(_stand_ins(old, later)))
    merged = merge_with_shipped(base.under(Layers(earlier)), stand_ins).contracts
    before = (*(each.contract for each in old if each.contract), *merged)
    after = merge_with_shipped(base.under(Layers((*earlier, *later)))).contracts
    known = {each.operation for each in before}
    shipped = (registry().named(each.operation) for each in after if each.operation not in known)
    before = (*before, *(each for each in shipped if each is not None))
    names = {name for each in after for name in (each.operation, *each.aliases)}
    before = tuple(each for each in before if each.operation in names)
    return compare_all(*([Side.of_contract(each).without_certainty() for each in side] for side in (before, after)))


def _as_one(old: Described, new: Described) -> tuple[list[Described], list[Described]]:
    """Give a pair one name, for both are merged into one contract; two known operations keep theirs."""
    from sls_contract.spec.registry import registry

    known = [bool(registry().named(each.name)) for each in (old, new)]
    if all(known):
        return [old], [new]
    name = old.name if known[0] or not new.name else new.name
    return [old.named(name)], [new.named(name)]


def _stand_ins(old: Sequence[Described], later: Sequence[tuple[Source, Page]]) -> Iterator[tuple[Source, Page]]:
    """Yield the old pages as claims of the new pages' sources.

    A new page may be the first of its family. Agreement of a second family makes a contract more certain, but does not
    change its content. With these stand-ins both families count on the old side, too.
    """
    pages = {each.name.lower(): each.claim("old")[1] for each in old if each.page}
    only = next(iter(pages.values())) if len(pages) == len(later) == 1 else None
    for source, page in later:
        earlier = pages.get(str(page.operation).lower(), only)
        if earlier is not None:
            yield source, earlier


def _text(outcome: Outcome, *, verbose: bool) -> Iterator[str]:
    """Yield every change of a single operation; of several operations, a line for each that changed."""
    for title, result in ((_PAGE, outcome.page), (_CONTRACT, outcome.contract)):
        single = len(result or {}) == 1
        shown = {operation: changes for operation, changes in (result or {}).items() if changes or single}
        for operation, changes in shown.items():
            yield f"{title}: {operation or 'operation not named'}: {_counted(changes)}"
            if single or verbose:
                yield from _changes(changes)
        if result and not single:
            yield f"{title}: {len(shown)} of {len(result)} operations changed"
    if outcome.not_merged:
        yield f"{_CONTRACT}: not merged: {outcome.not_merged}"


def _counted(changes: Sequence[Change]) -> str:
    from sls_contract.spec.difference import Class, verdict_of

    counts = (f"{sum(change.kind is kind for change in changes)} {kind}" for kind in Class)
    return f"{verdict_of(change.kind for change in changes)}: {', '.join(counts)}"


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        yield f"  {change.kind}: {change.slug} at {change.where}"
        yield f"    old: {'(nothing)' if change.old is None else change.old}"
        yield f"    new: {'(nothing)' if change.new is None else change.new}"


def _document(outcome: Outcome) -> dict[str, Any]:
    """Return the results as plain JSON values: the keys of every command, verdict and changes."""
    from sls_contract.spec.difference import verdict_of

    results = (("page", outcome.page), ("contract", outcome.contract))
    return {
        **as_document(Report("spec diff"), __version__),
        "verdict": outcome.verdict,
        "verdicts": {name: None if result is None else verdict_of(_kinds(result)) for name, result in results},
        "not_merged": outcome.not_merged or None,
        "changes": [
            {"of": name, "operation": operation, **change.as_plain()}
            for name, result in results
            for operation, changes in (result or {}).items()
            for change in changes
        ],
    }


def _kinds(result: Mapping[str, Sequence[Change]] | None) -> Iterator[Class]:
    return (change.kind for changes in (result or {}).values() for change in changes)
