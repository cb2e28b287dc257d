"""Judge the texts of a request or response by a contract: names in the path, keys of the query, headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.checks.cursors import padded
from sls_contract.checks.meanings import FORMS, Misfit
from sls_contract.checks.presentation import shown
from sls_contract.checks.spelling import closest_name
from sls_contract.spec.contract import SPELLED, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sls_contract.checks.breaches import Breaches, Rules
    from sls_contract.spec import Level

_MOST_DIGITS = 400  # that are compared; int() refuses more than 4300


class Text:
    """A text on the wire with the contract's rules for it."""

    def __init__(self, value: Value, rules: Rules) -> None:
        """Compile the contract's rules."""
        self._value = value
        spelling, self._spelled = SPELLED.get(value.type or "", ("", ""))
        self._fits = re.compile(spelling).fullmatch
        self._pattern = re.compile(value.pattern, re.ASCII) if value.pattern else None
        self._form = FORMS.get(value.form)
        self._values = frozenset(value.values)
        own_rules = rules.of(value)
        self.missing = own_rules.rule("missing", value.required) if value.required is not None else None
        self._rules = {kind: own_rules.rule(kind, value.level) for kind in ("type", "value", "form")}
        self._rules["range"] = own_rules.rule("value", value.bounds or value.level)
        self._bounded = (value.minimum, value.maximum) != (None, None)
        limited = bool(self._bounded or value.values or value.pattern or self._form)
        judged = (("type", self._spelled), ("value", limited), ("form", self._form))
        self.codes = frozenset(self._rules[kind].code for kind, applies in judged if applies)

    def misfits(self, text: str) -> Iterator[Misfit]:
        """Yield how a text breaks the contract: by its type, else by its value."""
        says = self._value.says
        if self._spelled and not self._fits(text):
            yield Misfit("type", says or self._spelled)
            return
        if self._values and text not in self._values:
            yield Misfit("value", says or " or ".join(map(shown, self._value.values)))
        elif self._pattern and not self._pattern.fullmatch(text):
            yield Misfit("value", says or f"a text that fits {self._value.pattern}")
        elif self._bounded and not self._is_within(text):
            yield Misfit("range", says or between(self._value))
        elif self._form and (misfit := self._form.misfit(padded(text) if self._pattern else text)):
            yield misfit  # whether padding may be missing is what the pattern says

    def judge(self, text: str, where: str, breaches: Breaches) -> None:
        """Judge one text."""
        if not self.codes:
            return
        breaches.exercised.update(self.codes)
        for kind, expected in self.misfits(text):
            fix = breaches.fix_for(where.partition(" ")[2] or where)
            breaches.add(self._rules[kind], where, expected, shown(text), fix)

    def _is_within(self, text: str) -> bool:
        if self._value.type == "string":
            number: float = len(text)
        else:
            number = float(text) if self._value.type == "number" else int(text[:_MOST_DIGITS])
        return is_within(number, self._value)


class Query:
    """The query of a request."""

    def __init__(self, query: Mapping[str, Value], others: Level | None, rules: Rules) -> None:
        """Compile the contract's rules for each key."""
        self._known = {name: (Text(value, rules), rules.of(value)) for name, value in query.items()}
        self._required = [(name, text.missing) for name, (text, _) in self._known.items() if text.missing]
        self._aliases = {alias.casefold(): name for name, value in query.items() for alias in (name, *value.aliases)}
        self._repeated = {name: own_rules.rule("repeated") for name, (_, own_rules) in self._known.items()}
        self._misnamed = {
            name: own_rules.rule("alias", query[name].level) for name, (_, own_rules) in self._known.items()
        }
        self._unknown = rules.rule("unknown", others) if others is not None else None
        self._needed = [
            (name, own_rules.rule("missing", query[name].level), query[name].needed_unless)
            for name, (_, own_rules) in self._known.items()
            if query[name].needed_unless
        ]

        judged = [rule for _, rule in self._required] + [rule for _, rule, _ in self._needed]
        judged += [*self._misnamed.values(), *([self._unknown] if self._unknown else [])]
        self._codes = frozenset(rule.code for rule in judged)

    def is_allowed(self, name: str, text: str) -> bool:
        """Return whether the contract allows a value."""
        known = self._known.get(name)
        return known is None or not any(known[0].misfits(text))

    def judge(self, pairs: Iterable[tuple[str, str]], breaches: Breaches) -> None:
        """Judge the decoded query."""
        given: dict[str, list[str]] = {}
        for key, value in pairs:
            given.setdefault(key, []).append(value)
        breaches.exercised.update(self._codes)
        misspelled = self._judge_names(given, breaches) if given.keys() - self._known.keys() else set()
        for name, rule in self._required:
            if name not in given and name not in misspelled:
                breaches.add(rule, f"query {name}", f"the key {name}", "absent", f"send {name}.")
        self._judge_needed(given, misspelled, breaches)
        for name, values in given.items():
            if name in self._known:
                self._judge_values(name, values, breaches)

    def _judge_needed(self, given: Mapping[str, list[str]], misspelled: Collection[str], breaches: Breaches) -> None:
        """Judge the keys that are required unless another key has a certain value; an empty value counts as none.

        Where the name of one of these keys is misspelled, that is reported alone.
        """
        for name, rule, unless in self._needed:
            excused = (
                wanted.casefold() in [value.casefold() for value in given.get(key.removeprefix("query."), ())]
                for key, wanted in unless.items()
            )
            unsure = name in misspelled or any(key.removeprefix("query.") in misspelled for key in unless)
            if not any(given.get(name, ())) and not unsure and not any(excused):
                other = " or ".join(f"{key.removeprefix('query.')}={wanted}" for key, wanted in unless.items())
                breaches.add(rule, f"query {name}", f"the key {name}, or {other}", "neither", f"send {name}.")

    def _judge_values(self, name: str, values: list[str], breaches: Breaches) -> None:
        repeated = self._repeated[name]
        breaches.exercised.add(repeated.code)
        if len(values) > 1:
            breaches.add(repeated, f"query {name}", "one value", f"{len(values)} values", f"send {name} once.")
        for value in dict.fromkeys(values):
            self._known[name][0].judge(value, f"query {name}", breaches)

    def _judge_names(self, given: Mapping[str, list[str]], breaches: Breaches) -> set[str]:
        """Report the undocumented keys; return the documented keys that they are misspellings of."""
        misspelled = set()
        for key in given:
            if key in self._known:
                continue
            name = self._aliases.get(key.casefold()) or closest_name(
                key, [name for name in self._known if name not in given]
            )
            if name:
                misspelled.add(name)
                breaches.add(self._misnamed[name], f"query {shown(key)[1:-1]}", name, shown(key), f"name it {name}.")
            elif self._unknown:
                expected = f"one of {', '.join(self._known)}" if self._known else "no query key"
                breaches.add(self._unknown, f"query {shown(key)}", expected, shown(key), f"leave {shown(key)} out.")
        return misspelled


class HeaderFields:
    """The headers that the contract of an operation names."""

    def __init__(self, headers: Mapping[str, Value], rules: Rules) -> None:
        """Compile the contract's rules for each header."""
        self._known = {name: Text(value, rules) for name, value in headers.items()}

    def judge(self, headers: Mapping[str, str], breaches: Breaches) -> None:
        """Judge the headers that the contract names."""
        for name, text in self._known.items():
            sent = headers.get(name)
            if text.missing:
                breaches.exercised.add(text.missing.code)
            if sent is not None:
                text.judge(sent.strip(), f"header {name}", breaches)
            elif text.missing:
                breaches.add(text.missing, f"header {name}", f"the header {name}", "absent", f"send {name}.")


def is_within(size: float, value: Value) -> bool:
    """Return whether a number, or the length of a text in characters, is within the bounds of a value."""
    return (value.minimum is None or size >= value.minimum) and (value.maximum is None or size <= value.maximum)


def between(value: Value) -> str:
    """Describe the bounds of a value: of a number, or of a text's length in characters."""
    if value.maximum is None:
        limits = f"{value.minimum} or more"
    else:
        limits = f"{value.maximum} or less" if value.minimum is None else f"from {value.minimum} to {value.maximum}"
    return f"{limits} characters" if value.type == "string" else limits
