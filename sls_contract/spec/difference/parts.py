"""Compares a parameter, header or member in two descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sls_contract.spec.change import Change, Class
from sls_contract.spec.difference.side import ANY, MISSING_LEVEL, Part, shown


def part_changes(old: Part, new: Part) -> Iterator[Change]:
    """Yield the differences between two paired parts; a fact that only one of them states is benign."""
    yield from _type(old, new)
    yield from _required(old, new)
    yield from _values(old, new)
    yield from _limits(old, new)
    yield from _rules(old, new)
    yield from _metadata(old, new)


def one_sided(where: str, old: str | None, new: str | None) -> Change:
    """Return the change for a fact that only one description states."""
    return Change(Class.BENIGN, "stated" if new else "not-stated", where, old or None, new or None)


def _metadata(old: Part, new: Part) -> Iterator[Change]:
    before, after = old.metadata, new.metadata
    if not before or not after:
        return
    names = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    if old.required != new.required:
        names = [name for name in names if name != MISSING_LEVEL]  # reported as required or optional
    if old.type != new.type:
        names = [name for name in names if name != "others"]  # follows from the type
    if names:
        slug = "level" if all(name.startswith("level") for name in names) else "wording"
        texts = [_listed({name: each.get(name) for name in names}) for each in (before, after)]
        yield Change(Class.BENIGN, slug, new.where, *texts)


def _type(old: Part, new: Part) -> Iterator[Change]:
    if old.type == new.type:
        return
    if old.type is None or new.type is None:
        yield one_sided(new.where, old.type, new.type)
    else:
        loosened = (old.type if new.of_response else new.type) == ANY
        yield Change(Class.ADDITIVE if loosened else Class.BREAKING, "retyped", new.where, old.type, new.type)


def _required(old: Part, new: Part) -> Iterator[Change]:
    if old.required == new.required:
        return
    words = ("promised", "not promised") if new.of_response else ("required", "optional")
    before, after = (None if part.required is None else words[not part.required] for part in (old, new))
    if before is None or after is None:
        yield one_sided(new.where, before, after)
        return
    slug = after.replace(" ", "-")
    breaks = new.required is not new.of_response
    yield Change(Class.BREAKING if breaks else Class.ADDITIVE, slug, new.where, before, after)


def _values(old: Part, new: Part) -> Iterator[Change]:
    before, after = old.values, new.values
    if before is None or after is None:
        if before or after:
            yield one_sided(new.where, shown(before) if before else None, shown(after) if after else None)
        return
    if set(before) == set(after):
        return
    more = not after or (bool(before) and set(before) < set(after))
    kind = Class.ADDITIVE if more else Class.BREAKING
    yield Change(kind, "values", new.where, shown(before), shown(after))


def _limits(old: Part, new: Part) -> Iterator[Change]:
    """Compare bounds and defaults; another default changes the result for a client that omits the parameter."""
    free = {None, (None, None)}
    if old.bounds != new.bounds and not {old.bounds, new.bounds} <= free:
        if old.bounds is None or new.bounds is None:
            if old.type == new.type or None in {old.type, new.type}:  # otherwise this follows from the type
                yield one_sided(new.where, _range(old), _range(new))
        else:
            wider = _is_within(old.bounds, new.bounds)
            yield Change(Class.ADDITIVE if wider else Class.BREAKING, "rule", new.where, _range(old), _range(new))
    if old.default != new.default:
        before, after = (f"default {part.default}" if part.default else None for part in (old, new))
        if before and after:
            yield Change(Class.BREAKING, "rule", new.where, before, after)
        else:
            yield one_sided(new.where, before, after)


def _rules(old: Part, new: Part) -> Iterator[Change]:
    """Compare nullability and meanings if both descriptions are contracts; pages do not state them."""
    if old.values is None or new.values is None:
        return
    if old.nullable != new.nullable:
        before, after = ("null allowed" if part.nullable else "no null" for part in (old, new))
        breaks = new.nullable is new.of_response
        yield Change(Class.BREAKING if breaks else Class.ADDITIVE, "rule", new.where, before, after)
    if old.meanings != new.meanings:
        fewer, more = (old, new) if new.of_response else (new, old)
        kind = Class.ADDITIVE if fewer.meanings.items() <= more.meanings.items() else Class.BREAKING
        yield Change(kind, "rule", new.where, _listed(old.meanings) or None, _listed(new.meanings) or None)


def _is_within(inner: tuple[int | None, int | None], outer: tuple[int | None, int | None]) -> bool:
    low = outer[0] is None or (inner[0] is not None and outer[0] <= inner[0])
    return low and (outer[1] is None or (inner[1] is not None and inner[1] <= outer[1]))


def _range(part: Part) -> str | None:
    if part.bounds is None:
        return None
    low, high = part.bounds
    return f"{'any' if low is None else low} to {'any' if high is None else high}"


def _listed(texts: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {text}" for name, text in texts.items())
