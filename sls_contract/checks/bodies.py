"""Judge what a JSON body holds by a contract.

Values of one place are judged together, as a column: the members named ``shard`` of all elements of a list at once.
A look at the set of their types, or at the least and the greatest, tells of hundreds that nothing is wrong; only where
something is are they looked at one by one.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.checks.meanings import FORMS, UNITS, Form, misplaced_times, read_as_unit
from sls_contract.checks.parameters import between, is_within, nearly
from sls_contract.checks.presentation import escaped, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from sls_contract.checks.breaches import Breaches, Rule, Rules
    from sls_contract.spec.contract import Value

    Place: TypeAlias = Callable[[int], str]
    """Gives the JSON pointer to a value of a column, by its index."""

_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
}
_ARTICLES = {"integer": "an integer", "object": "an object", "array": "an array"}
_INT64 = 1 << 63


class Column:
    """The values of one place in a body, and what a contract says of each."""

    def __init__(self, value: Value, rules: Rules, name: str = "", *, kind: str = "type") -> None:
        """Compile what the contract says; ``name`` is that of the member, ``kind`` the breach of another type."""
        own = rules.of(value)
        self._value, self._name = value, name
        self._type_rule = (rules if kind == "shape" else own).rule(kind, value.level)
        self._integer = own.rule("integer", value.level)
        self._types = _TYPES.get(value.type or "")
        self.missing = own.rule("missing", value.required) if value.required is not None else None
        bounded = value.type in ("integer", "number", "string") and (value.minimum, value.maximum) != (None, None)
        self._range = _range_test(value, own, self) if bounded else None
        self._tests = [*_scalar_tests(value, own, self), *_whole_tests(value, own)]
        if self._range:
            self._tests.insert(0, self._range)
        ranged = bool(bounded or value.values or (value.type == "string" and value.pattern))
        judged = ((self._type_rule, self._types), (own.rule("value", value.level), ranged))
        self._codes = frozenset(rule.code for rule, can in judged if can)
        self._items = Column(value.items, rules) if value.items else None
        self._members = Members(value, rules) if value.members else None

    def takes(self, value: Any) -> bool:
        """Tell whether a value is of the type that the contract names."""
        return self._types is None or type(value) in self._types

    def judge(self, column: Sequence[Any], place: Place, breaches: Breaches) -> None:
        """Judge the values of one place, at least one."""
        breaches.exercised.update(self._codes)
        if self._types and not self._types.issuperset(map(type, column)):
            column, place = self._of_right_type(column, place, breaches)
            if not column:
                return
        for test in self._tests:
            test(column, place, breaches)
        if self._items and (elements := list(chain.from_iterable([one for one in column if type(one) is list]))):
            self._items.judge(elements, place_in_lists(column, place), breaches)
        if self._members:
            if self._types != _TYPES["object"]:
                objects = [index for index, value in enumerate(column) if type(value) is dict]
                column, place = [column[index] for index in objects], _at(place, objects)
            self._members.judge(column, place, breaches)

    def _of_right_type(self, column: Sequence[Any], place: Place, breaches: Breaches) -> tuple[list[Any], Place]:
        """Note the values of another type; return the others."""
        kept, floats = [], []
        for index, value in enumerate(column):
            if type(value) in (self._types or ()):
                kept.append(index)
            elif value is None and self._value.nullable:
                pass
            elif type(value) is float and value.is_integer() and int in (self._types or ()):
                fix = "write integers in digits alone: without sign, fraction or exponent."
                actual = f"a number with the value {shown(value)}"
                breaches.add(self._integer, place(index), "digits alone", actual, fix)
                floats.append(index)
            else:
                breaches.add(self._type_rule, place(index), self.expected(), shown(value), self.fix(breaches))
        if self._range and floats:
            self._range([column[index] for index in floats], _at(place, floats), breaches)
        return [column[index] for index in kept], _at(place, kept)

    def expected(self) -> str:
        """Say what the contract asks for."""
        kind = self._value.type or "value"
        return self._value.says or _ARTICLES.get(kind, f"a {kind}")

    def fix(self, breaches: Breaches) -> str:
        """Say what to do."""
        return breaches.fix_for(self._name or "the body")


class Members:
    """The members of objects."""

    def __init__(self, value: Value, rules: Rules) -> None:
        """Compile what the contract says of each member."""
        self._known = {name: Column(each, rules, name) for name, each in value.members.items()}
        self._names = frozenset(self._known)
        required = {name: each.missing for name, each in self._known.items() if each.missing}
        self._needed = frozenset(required)
        self._some_of, self._none = value.some_of, rules.of(value).rule("missing", value.level)
        self._unknown = rules.of(value).rule("unknown", value.others) if value.others is not None else None
        self._aliases = {alias: name for name, each in value.members.items() for alias in each.aliases}
        own = {name: rules.of(each) for name, each in value.members.items()}
        self._misnamed = {
            name: rule.rule("alias", value.members[name].level) for name, rule in own.items() if rule.has("alias")
        }

        judged = [*self._misnamed.values(), *required.values()]
        judged += [self._none] * bool(self._some_of) + ([self._unknown] if self._unknown else [])
        self._codes = frozenset(rule.code for rule in judged)

    def judge(self, column: Sequence[Any], place: Place, breaches: Breaches) -> None:
        """Judge the objects of a column."""
        if not column:
            return
        columns = _columns(column)
        everywhere, somewhere = (columns.keys(), columns.keys()) if columns else _names_of(column)
        breaches.exercised.update(self._codes)
        if not somewhere <= self._names:
            self._judge_names(column, set(somewhere - self._names), place, breaches)
        for name in sorted(self._needed.difference(everywhere)):
            self._tell_missing(name, column, place, breaches)
        if self._some_of:
            self._judge_some_of(column, place, breaches)
        for name, member in self._known.items():
            if columns is None and name in somewhere:
                indices = [index for index, value in enumerate(column) if name in value]
                values = [column[index][name] for index in indices]
                member.judge(values, partial(_inside, _at(place, indices), name), breaches)
            elif columns and name in columns:
                member.judge(columns[name], partial(_inside, place, name), breaches)

    def _tell_missing(self, name: str, column: Sequence[Any], place: Place, breaches: Breaches) -> None:
        rule = self._known[name].missing
        for index, value in enumerate(column):
            if rule and name not in value and not self._is_misnamed(name, value):
                renamed = next(
                    (key for key in sorted(value.keys() - self._names) if self._missed(key, value) == name), None
                )
                actual = "absent" if renamed is None else f"absent, but {shown(renamed)}"
                breaches.add(rule, f"{place(index)}/{name}", f"the key {name}", actual, self._known[name].fix(breaches))

    def _judge_some_of(self, column: Sequence[Any], place: Place, breaches: Breaches) -> None:
        for index, value in enumerate(column):
            if not value.keys() & set(self._some_of):
                expected = f"at least one of {', '.join(self._some_of)}"
                breaches.add(self._none, place(index) or "body", expected, shown(value), f"write {expected}.")

    def _is_misnamed(self, name: str, value: Mapping[str, Any]) -> bool:
        return bool(self._misnamed) and any(self._meant(key, value) == name for key in value.keys() - self._names)

    def _meant(self, key: str, value: Mapping[str, Any]) -> str:
        """Return the documented member that a key is a misspelling of; judged in requests only."""
        if not self._misnamed:
            return ""
        return self._aliases.get(key) or nearly(key, [name for name in self._known if name not in value])

    def _missed(self, key: str, value: Mapping[str, Any]) -> str:
        """Return the needed member in the place of which a key seems to stand: that it is missing says it all."""
        return nearly(key, [name for name in sorted(self._needed) if name not in value])

    def _judge_names(self, column: Sequence[Any], strange: set[str], place: Place, breaches: Breaches) -> None:
        for key, index in sorted(_first_places(column, strange), key=lambda found: (found[1], found[0])):
            where = f"{place(index)}/{escaped(shown(key)[1:-1])}"
            meant = self._meant(key, column[index])
            if meant:
                breaches.add(self._misnamed[meant], where, meant, f"the key {shown(key)}", f"name it {meant}.")
            elif self._unknown and not self._missed(key, column[index]):
                fix = "check whether a documented key was renamed; clients ignore unknown keys."
                breaches.add(self._unknown, where, "the documented keys only", f"the key {shown(key)}", fix)


Test: TypeAlias = "Callable[[Sequence[Any], Place, Breaches], None]"


def _scalar_tests(value: Value, own: Rules, column: Column) -> Iterator[Test]:
    """Yield the tests of single values: listed values, pattern, form, unit."""
    if value.values:
        allowed = frozenset(value.values)
        yield _value_test(value, own, column, lambda one: _text_of(one) in allowed)
    form = FORMS.get(value.form) if value.type == "string" else None
    if value.type == "string" and value.pattern and not (form and form.pattern == value.pattern):
        fits = re.compile(value.pattern, re.ASCII).fullmatch
        yield _value_test(value, own, column, lambda one: fits(one) is not None)
    if form:
        yield _form_test(value, form, own, column)
    if value.type == "integer" and value.unit in UNITS:
        yield _unit_test(value, own)


def _value_test(value: Value, own: Rules, column: Column, is_right: Callable[[Any], bool]) -> Test:
    rule = own.rule("value", value.level)
    expected = value.says or " or ".join(map(shown, value.values)) or f"a text that fits {value.pattern}"

    def test(values: Sequence[Any], place: Place, breaches: Breaches) -> None:
        if not all(map(is_right, values)):
            for index, one in enumerate(values):
                if not is_right(one):
                    breaches.add(rule, place(index), expected, shown(one), column.fix(breaches))

    return test


def _range_test(value: Value, own: Rules, column: Column) -> Test:
    rule, expected = own.rule("value", value.bounds or value.level), value.says or between(value)
    lowest, highest = value.minimum, value.maximum
    measured = len if value.type == "string" else None

    def test(values: Sequence[Any], place: Place, breaches: Breaches) -> None:
        sizes = [*map(measured, values)] if measured else values
        if (lowest is not None and min(sizes) < lowest) or (highest is not None and max(sizes) > highest):
            for index, one in enumerate(values):
                if not is_within(sizes[index], value):
                    breaches.add(rule, place(index), expected, shown(one), column.fix(breaches))

    return test


def _form_test(value: Value, form: Form, own: Rules, column: Column) -> Test:
    rules = {kind: own.rule(kind, value.level) for kind in ("value", "form")}
    codes = frozenset(rule.code for rule in rules.values())

    def test(values: Sequence[Any], place: Place, breaches: Breaches) -> None:
        if any(values):
            breaches.exercised.update(codes)
        if form.fits(values):
            return
        for index, one in enumerate(values):
            if misfit := form.misfit(one):
                breaches.add(rules[misfit.kind], place(index), misfit.expected, shown(one), column.fix(breaches))

    return test


def _unit_test(value: Value, own: Rules) -> Test:
    rule, unit = own.rule("unit", value.level), value.unit

    def test(values: Sequence[Any], place: Place, breaches: Breaches) -> None:
        breaches.exercised.add(rule.code)
        wrong = misplaced_times(values, unit, breaches.subject)
        if wrong:
            fix, expected = f"count {unit} since 1970-01-01 UTC.", f"{unit} since 1970 UTC, or 0"
            for index, one in enumerate(values):
                if one in wrong and is_within(one, value):  # else that is told
                    breaches.add(rule, place(index), expected, read_as_unit(one, unit), fix)

    return test


def _whole_tests(value: Value, own: Rules) -> Iterator[Test]:
    """Yield the tests that compare: elements with each other, members with the request."""
    if value.type == "array" and value.unique_by:
        yield _unique_test(value, own)
    if value.type in ("string", "integer", "boolean") and value.filtered_by:
        yield _filter_test(value, own)


def _unique_test(value: Value, own: Rules) -> Test:
    rule, name = own.rule("unique", value.level), value.unique_by
    members = value.items.members if value.items else {}
    types = _TYPES.get(members[name].type or "" if name in members else "", frozenset({str, int}))
    key_of = itemgetter(name)

    def test(lists: Sequence[Any], place: Place, breaches: Breaches) -> None:
        for index, elements in enumerate(lists):
            if len(elements) > 1 and _plainly_differ(elements, key_of, types):
                breaches.exercised.add(rule.code)
            elif len(elements) > 1:
                objects = [(at, each) for at, each in enumerate(elements) if type(each) is dict]
                keys = [(at, key) for at, each in objects if type(key := each.get(name)) in types and _is_key(key)]
                _judge_keys(name, keys, rule, place(index), breaches)

    return test


def _judge_keys(name: str, keys: list[tuple[int, Any]], rule: Rule, where: str, breaches: Breaches) -> None:
    if len(keys) > 1:
        breaches.exercised.add(rule.code)
    seen: dict[Any, int] = {}
    for at, key in keys:
        if seen.setdefault(key, at) != at:
            expected, fix = f"a {name} that no other element has", f"answer with one element for each {name}."
            breaches.add(rule, f"{where}/{at}/{name}", expected, f"{shown(key)}, as in {where}/{seen[key]}", fix)


def _plainly_differ(elements: list[Any], key_of: Callable[[Any], Any], types: frozenset[type]) -> bool:
    """Tell whether each element has the member, and no two the same."""
    try:
        keys = list(map(key_of, elements))
        return len(keys) == len(set(keys)) and types.issuperset(map(type, keys))
    except (KeyError, TypeError):
        return False


def _filter_test(value: Value, own: Rules) -> Test:
    rule, asked_by = own.rule("filter", value.level), value.filtered_by

    def test(values: Sequence[Any], place: Place, breaches: Breaches) -> None:
        asked = breaches.asked(asked_by)
        if asked is None:
            return
        breaches.exercised.add(rule.code)
        if set(map(_text_of, set(values))) <= {asked}:
            return
        for index, each in enumerate(values):
            if _text_of(each) != asked and _is_key(each):
                fix = f"filter the list by {asked_by.replace('.', ' ')}."
                breaches.add(rule, place(index), asked, shown(each), fix)

    return test


def _is_key(value: Any) -> bool:
    return type(value) is str or (type(value) is int and 0 <= value < _INT64)


def _text_of(value: Any) -> str:
    """Return a scalar as a query would spell it."""
    if type(value) is str:
        return value
    return str(value).lower() if type(value) is bool else str(value)


def _columns(objects: Sequence[Any]) -> dict[str, Sequence[Any]] | None:
    """Return the values by member where all objects have the same members; None where not."""
    one = objects[0]
    if len(objects) == 1:
        return {name: [value] for name, value in one.items()}
    if set(map(len, objects)) != {len(one)}:
        return None
    try:
        return {name: list(map(itemgetter(name), objects)) for name in one}
    except KeyError:
        return None


def _names_of(objects: Sequence[Any]) -> tuple[AbstractSet[str], AbstractSet[str]]:
    """Return the names of the members that all objects have, and of those that any has."""
    one, *others = set(map(tuple, objects))
    return set(one).intersection(*others), set(one).union(*others)


def _first_places(column: Sequence[Any], keys: set[str]) -> list[tuple[str, int]]:
    return [(key, next(index for index, value in enumerate(column) if key in value)) for key in keys]


def place_in_lists(lists: Sequence[Any], place: Place) -> Place:
    """Return what points to the elements of several lists, counted through."""

    def inner(index: int) -> str:
        for at, elements in enumerate(lists):
            if type(elements) is list:
                if index < len(elements):
                    return f"{place(at)}/{index}"
                index -= len(elements)
        raise IndexError(index)

    return inner


def _inside(place: Place, name: str, index: int) -> str:
    return f"{place(index)}/{name}"


def _at(place: Place, indices: Sequence[int]) -> Place:
    return lambda index: place(indices[index])
