"""The records in which a documented value is described: shapes, their constraints, and where each comes from.

Everything here is a plain immutable record; what a shape means as a JSON Schema stands in `derive`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

JsonSchema: TypeAlias = Mapping[str, Any]
"""A JSON Schema (2020-12) or a part of one."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One rule that a value must keep.

    Attributes:
        keyword: the JSON Schema keyword that states it (``maximum``).
        value: what the keyword is given.
        says: the rule in words that complete "expected: …".
        sources: where the rule comes from; never empty.

    """

    keyword: str
    value: Any
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that holds where a condition does.

    Attributes:
        when: the schema of the condition.
        then: the shape that holds under it.

    """

    when: JsonSchema
    then: Shape


@dataclass(frozen=True, slots=True)
class Shape:
    """A value as the sources describe it.

    Attributes:
        title: its name.
        meaning: what it is, with units and bounds.
        constraints: the rules it must keep by itself.
        members: the named parts of an object, in the order of the pages.
        items: what each element of an array is.
        forms: the shapes of which exactly one fits.
        forms_sources: where the forms come from.
        rules: what holds only under a condition.
        examples: values as the pages print them.
        secret: True where the value must never be shown.

    """

    title: str
    meaning: str
    constraints: tuple[Constraint, ...] = ()
    members: tuple[Member, ...] = ()
    items: Shape | None = None
    forms: tuple[Shape, ...] = ()
    forms_sources: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    examples: tuple[Any, ...] = ()
    secret: bool = False

    def member(self, name: str) -> Member:
        """Return the named part; raises KeyError where the shape has none of that name."""
        for member in self.members:
            if member.name == name:
                return member
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Member:
    """A named part of an object: a parameter, a header, a key of the body.

    Attributes:
        name: as on the wire; headers in lower case.
        shape: what its value is.
        required: where the sources say that it must be present; empty where it may be absent.

    """

    name: str
    shape: Shape
    required: tuple[str, ...] = ()


def of_type(name: str | tuple[str, ...], *sources: str) -> Constraint:
    """Demand a JSON type (``integer``), or one of several."""
    if isinstance(name, tuple):
        return Constraint("type", list(name), " or ".join(name), sources)
    return Constraint("type", name, f"{'an' if name[0] in 'aeio' else 'a'} {name}", sources)


def not_empty(*sources: str) -> Constraint:
    """Demand at least one character."""
    return Constraint("minLength", 1, "at least one character", sources)


def between(least: int, most: int, says: str, *sources: str) -> tuple[Constraint, ...]:
    """Demand an integer within bounds, both included."""
    return (Constraint("minimum", least, says, sources), Constraint("maximum", most, says, sources))


def spelled(pattern: str, says: str, *sources: str) -> tuple[Constraint, ...]:
    """Demand that a whole string matches, in every dialect of regular expressions.

    Some dialects let ``$`` match before a line break that ends the string, and the look-ahead that would forbid it is
    missing from others. A second rule without either forbids the line break itself.
    """
    line_break = {"type": "string", "pattern": "\\n"}
    return (
        Constraint("pattern", f"^(?:{pattern})$", says, sources),
        Constraint("not", line_break, f"{says}, without a line break", sources),
    )
