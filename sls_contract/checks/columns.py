"""Columns of values: their types and places, and whether elements of a list are the same, or one of their members."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.checks.presentation import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sls_contract.checks.breaches import Breaches, Rule, Rules
    from sls_contract.spec.contract import Value

TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
}
_INT64 = 1 << 63

Pointer: TypeAlias = "Callable[[int], str]"
"""Returns the JSON pointer to a value of a column, by its index."""

Test: TypeAlias = "Callable[[Sequence[Any], Pointer, Breaches], None]"
"""Judges the values of a column."""


def unique_members(value: Value, own_rules: Rules) -> Test:
    """Return the test that one member differs between the objects of a list."""
    rule, name = own_rules.rule("unique", value.level), value.unique_by
    members = value.items.members if value.items else {}
    types = TYPES.get(members[name].type or "" if name in members else "", frozenset({str, int}))
    key_of = itemgetter(name)

    def test(lists: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        for index, elements in enumerate(lists):
            if len(elements) > 1 and _are_distinct(elements, key_of, types):
                breaches.exercised.add(rule.code)
            elif len(elements) > 1:
                objects = [(at, each) for at, each in enumerate(elements) if type(each) is dict]
                keys = [(at, key) for at, each in objects if type(key := each.get(name)) in types]
                _report_repeated(name, keys, rule, pointer(index), breaches)

    return test


def unique_elements(value: Value, own_rules: Rules) -> Test:
    """Return the test that the texts or numbers of a list differ."""
    rule = own_rules.rule("unique", value.level)

    def test(lists: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        for index, elements in enumerate(lists):
            _report_repeated("", enumerate(elements), rule, pointer(index), breaches)

    return test


def _report_repeated(name: str, keys: Iterable[tuple[int, Any]], rule: Rule, where: str, breaches: Breaches) -> None:
    """Report each key that an earlier element has; ``name`` is the member that has the key, empty for the element."""
    comparable = [(at, key) for at, key in keys if is_key(key)]
    if len(comparable) > 1:
        breaches.exercised.add(rule.code)
    member, expected, fix = "", "each element once", "list each element once."
    if name:
        member, expected = f"/{name}", f"a {name} that no other element has"
        fix = f"return one element for each {name}."
    first: dict[Any, int] = {}
    for at, key in comparable:
        if first.setdefault(key, at) != at:
            breaches.add(rule, f"{where}/{at}{member}", expected, f"{shown(key)}, as in {where}/{first[key]}", fix)


def _are_distinct(elements: list[Any], key_of: Callable[[Any], Any], types: frozenset[type]) -> bool:
    """Return whether each element has the member, and no two have the same value."""
    try:
        keys = list(map(key_of, elements))
        return len(keys) == len(set(keys)) and types.issuperset(map(type, keys))
    except (KeyError, TypeError):
        return False


def is_key(value: Any) -> bool:
    """Return whether a value can identify an element: a text, or an integer that fits into 64 bits."""
    return type(value) is str or (type(value) is int and 0 <= value < _INT64)
