"""Judge the contents of a JSON body by a contract.

Values of one place are judged together, as a column: the members named ``shard`` of all elements of a list at once.
The set of their types, or their minimum and maximum, shows that hundreds of values are right. Only if it does not
are they judged one by one.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sls_contract.checks.columns import TYPES, Pointer, Test, is_key, unique_elements, unique_members
from sls_contract.checks.meanings import FORMS, UNITS, Form, implausible_times, read_as_unit
from sls_contract.checks.parameters import between, is_within
from sls_contract.checks.presentation import escaped, shown
from sls_contract.checks.spelling import closest_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from sls_contract.checks.breaches import Breaches, Rules
    from sls_contract.spec.contract import Value

_ARTICLES = {"integer": "an integer", "object": "an object", "array": "an array"}


class Column:
    """The values of one place in a body, with the contract's rules for each."""

    def __init__(self, value: Value, rules: Rules, name: str = "", *, kind: str = "type") -> None:
        """Compile the contract's rules; ``name`` is the member's, ``kind`` the breach for a value of another type."""
        own_rules = rules.of(value)
        self._value, self._name = value, name
        self._type_rule = (rules if kind == "shape" else own_rules).rule(kind, value.level)
        self._integer = own_rules.rule("integer", value.level)
        self._types = TYPES.get(value.type or "")
        self.missing = own_rules.rule("missing", value.required) if value.required is not None else None
        bounded = value.type in ("integer", "number", "string") and (value.minimum, value.maximum) != (None, None)
        self._range = _range_test(value, own_rules, self) if bounded else None
        self._tests = [*_scalar_tests(value, own_rules, self), *_comparing_tests(value, own_rules)]
        if self._range:
            self._tests.insert(0, self._range)
        ranged = bool(bounded or value.values or (value.type == "string" and value.pattern))
        judged = ((self._type_rule, self._types), (own_rules.rule("value", value.level), ranged))
        self._codes = frozenset(rule.code for rule, applies in judged if applies)
        self._items = Column(value.items, rules) if value.items else None
        self._members = Members(value, rules) if value.members else None

    def takes(self, value: Any) -> bool:
        """Return whether a value is of the type that the contract names."""
        return self._types is None or type(value) in self._types

    def judge(self, column: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        """Judge the values of one place, at least one."""
        breaches.exercised.update(self._codes)
        if self._types and not self._types.issuperset(map(type, column)):
            column, pointer = self._of_right_type(column, pointer, breaches)
            if not column:
                return
        for test in self._tests:
            test(column, pointer, breaches)
        if self._items and (elements := list(chain.from_iterable([one for one in column if type(one) is list]))):
            self._items.judge(elements, pointer_in_lists(column, pointer), breaches)
        if self._members:
            if self._types != TYPES["object"]:
                objects = [index for index, value in enumerate(column) if type(value) is dict]
                column, pointer = [column[index] for index in objects], _at(pointer, objects)
            self._members.judge(column, pointer, breaches)

    def _of_right_type(self, column: Sequence[Any], pointer: Pointer, breaches: Breaches) -> tuple[list[Any], Pointer]:
        """Report the values of another type and return the others."""
        kept, floats = [], []
        for index, value in enumerate(column):
            if type(value) in (self._types or ()):
                kept.append(index)
            elif value is None and self._value.nullable:
                pass
            elif type(value) is float and value.is_integer() and int in (self._types or ()):
                fix = "write integers in digits alone: without sign, fraction or exponent."
                actual = f"a number with the value {shown(value)}"
                breaches.add(self._integer, pointer(index), "digits alone", actual, fix)
                floats.append(index)
            else:
                breaches.add(self._type_rule, pointer(index), self.expected(), shown(value), self.fix(breaches))
        if self._range and floats:
            self._range([column[index] for index in floats], _at(pointer, floats), breaches)
        return [column[index] for index in kept], _at(pointer, kept)

    def expected(self) -> str:
        """Describe the value that the contract expects."""
        kind = self._value.type or "value"
        return self._value.says or _ARTICLES.get(kind, f"a {kind}")

    def fix(self, breaches: Breaches) -> str:
        """Return the fix for a value of this place."""
        return breaches.fix_for(self._name or "the body")


class Members:
    """The members of objects."""

    def __init__(self, value: Value, rules: Rules) -> None:
        """Compile the contract's rules for each member."""
        self._known = {name: Column(each, rules, name) for name, each in value.members.items()}
        self._names = frozenset(self._known)
        required = {name: each.missing for name, each in self._known.items() if each.missing}
        self._needed = frozenset(required)
        self._some_of, self._none = value.some_of, rules.of(value).rule("missing", value.level)
        self._unknown = rules.of(value).rule("unknown", value.others) if value.others is not None else None
        self._aliases = {alias: name for name, each in value.members.items() for alias in each.aliases}
        own_rules = {name: rules.of(each) for name, each in value.members.items()}
        self._misnamed = {
            name: rule.rule("alias", value.members[name].level) for name, rule in own_rules.items() if rule.has("alias")
        }

        judged = [*self._misnamed.values(), *required.values()]
        judged += [self._none] * bool(self._some_of) + ([self._unknown] if self._unknown else [])
        self._codes = frozenset(rule.code for rule in judged)

    def judge(self, column: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        """Judge the objects of a column."""
        if not column:
            return
        columns = _columns(column)
        everywhere, somewhere = (columns.keys(), columns.keys()) if columns else _names_of(column)
        breaches.exercised.update(self._codes)
        if not somewhere <= self._names:
            self._report_unknown(column, set(somewhere - self._names), pointer, breaches)
        for name in sorted(self._needed.difference(everywhere)):
            self._report_missing(name, column, pointer, breaches)
        if self._some_of:
            self._judge_some_of(column, pointer, breaches)
        for name, member in self._known.items():
            if columns is None and name in somewhere:
                indices = [index for index, value in enumerate(column) if name in value]
                values = [column[index][name] for index in indices]
                member.judge(values, partial(_inside, _at(pointer, indices), name), breaches)
            elif columns and name in columns:
                member.judge(columns[name], partial(_inside, pointer, name), breaches)

    def _report_missing(self, name: str, column: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        rule = self._known[name].missing
        for index, value in enumerate(column):
            if rule and name not in value and not self._is_misnamed(name, value):
                renamed = next(
                    (key for key in sorted(value.keys() - self._names) if self._replaced(key, value) == name), None
                )
                actual = "absent" if renamed is None else f"absent, but {shown(renamed)}"
                breaches.add(
                    rule, f"{pointer(index)}/{name}", f"the key {name}", actual, self._known[name].fix(breaches)
                )

    def _judge_some_of(self, column: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        for index, value in enumerate(column):
            if not value.keys() & set(self._some_of) and not any(
                self._is_misnamed(each, value) for each in self._some_of
            ):
                expected = f"at least one of {', '.join(self._some_of)}"
                breaches.add(self._none, pointer(index) or "body", expected, shown(value), f"write {expected}.")

    def _is_misnamed(self, name: str, value: Mapping[str, Any]) -> bool:
        return bool(self._misnamed) and any(self._intended(key, value) == name for key in value.keys() - self._names)

    def _intended(self, key: str, value: Mapping[str, Any]) -> str:
        """Return the documented member that a key is a misspelling of; judged in requests only."""
        if not self._misnamed:
            return ""
        return self._aliases.get(key) or closest_name(key, [name for name in self._known if name not in value])

    def _replaced(self, key: str, value: Mapping[str, Any]) -> str:
        """Return the required member that a key seems to replace; its absence is reported, so the key is not."""
        return closest_name(key, [name for name in sorted(self._needed) if name not in value])

    def _report_unknown(self, column: Sequence[Any], unknown: set[str], pointer: Pointer, breaches: Breaches) -> None:
        first = {key: next(index for index, value in enumerate(column) if key in value) for key in unknown}
        for key, index in sorted(first.items(), key=lambda found: (found[1], found[0])):
            where = f"{pointer(index)}/{escaped(shown(key)[1:-1])}"
            name = self._intended(key, column[index])
            if name:
                breaches.add(self._misnamed[name], where, name, f"the key {shown(key)}", f"name it {name}.")
            elif self._unknown and not self._replaced(key, column[index]):
                fix = "check whether a documented key was renamed; clients ignore unknown keys."
                breaches.add(self._unknown, where, "the documented keys only", f"the key {shown(key)}", fix)


def _scalar_tests(value: Value, own_rules: Rules, column: Column) -> Iterator[Test]:
    """Yield the tests of single values: listed values, pattern, form, unit."""
    if value.values:
        allowed = frozenset(value.values)
        yield _value_test(value, own_rules, column, lambda one: _text_of(one) in allowed)
    form = FORMS.get(value.form) if value.type == "string" else None
    if value.type == "string" and value.pattern and not (form and form.pattern == value.pattern):
        fits = re.compile(value.pattern, re.ASCII).fullmatch
        yield _value_test(value, own_rules, column, lambda one: fits(one) is not None)
        if form:
            yield _form_test(value, form, own_rules, column, lambda one: fits(one) is not None)
    elif form:
        yield _form_test(value, form, own_rules, column)
    if value.type == "integer" and value.unit in UNITS:
        yield _unit_test(value, own_rules)


def _value_test(value: Value, own_rules: Rules, column: Column, is_right: Callable[[Any], bool]) -> Test:
    rule = own_rules.rule("value", value.level)
    expected = value.says or " or ".join(map(shown, value.values)) or f"a text that fits {value.pattern}"

    def test(values: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        if not all(map(is_right, values)):
            for index, one in enumerate(values):
                if not is_right(one):
                    breaches.add(rule, pointer(index), expected, shown(one), column.fix(breaches))

    return test


def _range_test(value: Value, own_rules: Rules, column: Column) -> Test:
    rule, expected = own_rules.rule("value", value.bounds or value.level), value.says or between(value)
    lowest, highest = value.minimum, value.maximum
    measured = len if value.type == "string" else None

    def test(values: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        sizes = [*map(measured, values)] if measured else values
        if (lowest is not None and min(sizes) < lowest) or (highest is not None and max(sizes) > highest):
            for index, one in enumerate(values):
                if not is_within(sizes[index], value):
                    breaches.add(rule, pointer(index), expected, shown(one), column.fix(breaches))

    return test


def _form_test(
    value: Value, form: Form, own_rules: Rules, column: Column, applies: Callable[[str], bool] = lambda _: True
) -> Test:
    rules = {kind: own_rules.rule(kind, value.level) for kind in ("value", "form")}
    codes = frozenset(rule.code for rule in rules.values())

    def test(values: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        if any(values):
            breaches.exercised.update(codes)
        if form.fits(values):
            return
        for index, one in enumerate(values):
            if applies(one) and (misfit := form.misfit(one)):
                breaches.add(rules[misfit.kind], pointer(index), misfit.expected, shown(one), column.fix(breaches))

    return test


def _unit_test(value: Value, own_rules: Rules) -> Test:
    rule, unit = own_rules.rule("unit", value.level), value.unit

    def test(values: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        breaches.exercised.add(rule.code)
        wrong = implausible_times(values, unit, breaches.subject)
        if wrong:
            fix, expected = f"count {unit} since 1970-01-01 UTC.", f"{unit} since 1970 UTC, or 0"
            for index, one in enumerate(values):
                if one in wrong and is_within(one, value):  # otherwise the range test reports it
                    breaches.add(rule, pointer(index), expected, read_as_unit(one, unit), fix)

    return test


def _comparing_tests(value: Value, own_rules: Rules) -> Iterator[Test]:
    """Yield the tests that compare: elements with each other, members with the request."""
    if value.type == "array" and value.unique_by:
        yield unique_members(value, own_rules)
    if value.type == "array" and value.unique:
        yield unique_elements(value, own_rules)
    if value.type in ("string", "integer", "boolean") and value.filtered_by:
        yield _filter_test(value, own_rules)


def _filter_test(value: Value, own_rules: Rules) -> Test:
    rule, parameter = own_rules.rule("filter", value.level), value.filtered_by

    def test(values: Sequence[Any], pointer: Pointer, breaches: Breaches) -> None:
        requested = breaches.request_value(parameter)
        if requested is None:
            return
        breaches.exercised.add(rule.code)
        if set(map(_text_of, set(values))) <= {requested}:
            return
        for index, each in enumerate(values):
            if _text_of(each) != requested and is_key(each):
                fix = f"filter the list by {parameter.replace('.', ' ')}."
                breaches.add(rule, pointer(index), requested, shown(each), fix)

    return test


def _text_of(value: Any) -> str:
    """Return a scalar as it is spelled in a query."""
    if type(value) is str:
        return value
    return str(value).lower() if type(value) is bool else str(value)


def _columns(objects: Sequence[Any]) -> dict[str, Sequence[Any]] | None:
    """Return the values by member if all objects have the same members, else None."""
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


def pointer_in_lists(lists: Sequence[Any], pointer: Pointer) -> Pointer:
    """Return the pointers to the elements of several lists, numbered consecutively."""

    def inner(index: int) -> str:
        for at, elements in enumerate(lists):
            if type(elements) is list:
                if index < len(elements):
                    return f"{pointer(at)}/{index}"
                index -= len(elements)
        raise IndexError(index)

    return inner


def _inside(pointer: Pointer, name: str, index: int) -> str:
    return f"{pointer(index)}/{name}"


def _at(pointer: Pointer, indices: Sequence[int]) -> Pointer:
    return lambda index: pointer(indices[index])
