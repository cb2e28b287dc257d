"""Merge a cassette that two branches changed: by exchange, not by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sls_contract.cassettes.file.layout import Layout, id_of, layout_of

_START, _ANCESTOR, _MIDDLE, _END = "<<<<<<< ours\n", "||||||| base\n", "=======\n", ">>>>>>> theirs\n"


class Sides(NamedTuple):
    """The texts of a file before both changes, and after each; ``base`` is empty where both sides added the file."""

    base: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of a merge.

    Attributes:
        text: the file; conflict markers enclose whole exchanges (or the whole file).
        conflicts: ids of exchanges that both sides changed in different ways; ``the file`` where it cannot be split.

    """

    text: str
    conflicts: tuple[str, ...] = ()


def merge(sides: Sides) -> Merged:
    """Merge three texts. Exchanges that both sides added are kept, ours first."""
    layouts = [_layout(text) for text in sides]
    if any(layout is None for layout in layouts):
        return Merged(_conflict(*sides), ("the file",))
    base, ours, theirs = (layout for layout in layouts if layout is not None)
    blocks, conflicts = _blocks(*_by_name(base, ours, theirs))
    validations = {each.validation for each in (ours, theirs)}
    layout = Layout(
        tuple(blocks),
        _merge_names(base.unfinished, ours.unfinished, theirs.unfinished),
        # Two different validations each cover one side only: then the time in each block counts.
        validations.pop() if len(validations) == 1 else None,
        failed=tuple(_merge_reasons(dict(base.failed), dict(ours.failed), dict(theirs.failed)).items()),
    )
    return Merged(layout.text, tuple(conflicts))


def _layout(text: str) -> Layout | None:
    """Split a text; None where that is impossible, or where ids do not identify the exchanges."""
    if not text.strip():
        return Layout(())
    layout = layout_of(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    ids = [id_of(block) for block in layout.blocks] if layout is not None else []
    return layout if layout is not None and layout.ended and all(ids) and len({*ids}) == len(ids) else None


def _by_name(base: Layout, ours: Layout, theirs: Layout) -> list[dict[str, str]]:
    """Return the blocks of each side by id. An exchange that both sides recorded again gets its id in the base back.

    A new recording has a new id. Without this, both would be additions, and one request would have two responses.
    """
    before, our, their = sides = [{id_of(block): block for block in each.blocks} for each in (base, ours, theirs)]
    removed, *added = (
        _by_request({name: block for name, block in side.items() if not any(name in other for other in others)})
        for side, others in ((before, (our, their)), (our, (before, their)), (their, (before, our)))
    )
    for request, names in removed.items():
        for old, *new in zip(names, *(side.get(request, []) for side in added), strict=False):
            for at, name in enumerate(new, 1):
                sides[at] = {old if each == name else each: block for each, block in sides[at].items()}
    return sides


def _by_request(blocks: Mapping[str, str]) -> dict[str, list[str]]:
    """Return ids by request: method, URL and body, as written in the block."""
    found: dict[str, list[str]] = {}
    for name, block in blocks.items():
        request = block.partition("\n  request:\n")[2].partition("\n    headers:")[0]
        found.setdefault(request, []).append(name)
    return found


def _blocks(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the blocks of the merged file, and the ids of those in conflict."""
    blocks, conflicts = [], []
    for name in _order(base, ours, theirs):
        was, our, their = (side.get(name, "") for side in (base, ours, theirs))
        if their in (our, was):
            blocks.append(our)
        elif our == was:
            blocks.append(their)
        else:
            blocks.append(_conflict(was, our, their))
            conflicts.append(name)
    return [block for block in blocks if block], conflicts


def _order(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Return the ids in our order; an id that only they added follows its predecessor there, and our additions."""
    order = [*dict.fromkeys([*ours, *(name for name in base if name not in ours)])]
    before = ""
    for name in theirs:
        if name not in order:
            at = order.index(before) + 1 if before else 0
            while at < len(order) and order[at] not in base and order[at] not in theirs:
                at += 1
            order.insert(at, name)
        before = name
    return order


def _merge_names(base: tuple[str, ...], ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    removed = {name for name in base if name not in ours or name not in theirs}
    return tuple(name for name in dict.fromkeys([*ours, *theirs]) if name not in removed)


def _merge_reasons(base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    kept = _merge_names((*base,), (*ours,), (*theirs,))
    return {name: ours.get(name, theirs.get(name, "")) for name in kept}


def _conflict(base: str, ours: str, theirs: str) -> str:
    """Return both sides as git writes a conflict in the style diff3."""
    return f"{_START}{_with_line_end(ours)}{_ANCESTOR}{_with_line_end(base)}{_MIDDLE}{_with_line_end(theirs)}{_END}"


def _with_line_end(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
