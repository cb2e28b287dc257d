"""Puts the contract of an operation together from what was decided of each place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sls_contract.spec.common_errors import COMMON
from sls_contract.spec.contract import Body, Contract, Disagreement, ErrorAnswer, Value
from sls_contract.spec.finding import Level
from sls_contract.spec.merge.rules import decide, family_facts
from sls_contract.spec.merge.facts import facts_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Content, Coverage
    from sls_contract.spec.merge.facts import Fact
    from sls_contract.spec.merge.rules import Decision
    from sls_contract.spec.merge.sources import Source

_DISCRIMINATORS = ("type", "action")
_SUCCESS = 200
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Assembly:
    """The decisions on one operation, and the contract that follows from them."""

    def __init__(self, operation: str, aliases: Sequence[str], claims: Sequence[tuple[Source, Page]]) -> None:
        """Decide each place that a source says anything of; the order of the claims does not matter."""
        self.operation, self.aliases = operation, tuple(aliases)
        ordered = sorted(claims, key=lambda claim: claim[0].age)
        self.sources = tuple(source.id for source, _ in ordered)
        self.is_model = all(source.kind != "page" for source, _ in ordered)
        self.families: dict[str, dict[str, Fact]] = {}
        for family in sorted({source.family for source, _ in ordered}):
            history = [facts_of(source, page) for source, page in ordered if source.family == family]
            self.families[family] = family_facts(_same_path_names(history))
        places = dict.fromkeys(place for facts in self.families.values() for place in facts)
        self.decisions = {place: self._decide(place) for place in places}

    def _decide(self, place: str) -> Decision:
        votes = {family: facts[place] for family, facts in self.families.items() if place in facts}
        if place == "path":
            votes = _named_alike(votes)
        return decide(place, votes)

    def contract(self) -> Contract:
        """Return the contract, without what rulings say."""
        path = str(self._value("path"))
        return Contract(
            operation=self.operation,
            aliases=self.aliases,
            coverage=self._coverage(),
            method=str(self._value("method")),
            path=path,
            project=bool(self._value("project", True)),
            discriminator=self._discriminator(),
            path_parameters={name: Value(type="string") for name in _PLACEHOLDER.findall(path)},
            query=self._parameters("query"),
            headers=self._parameters("header"),
            body=self._body("body"),
            success=(int(self._value("status", _SUCCESS) or _SUCCESS),),
            response_headers={name: Value(type="string") for name in self._names("response header ")},
            response=self._body("response"),
            errors=self._errors(),
            disagreements=tuple(self._disagreements()),
            sources=self.sources,
        )

    def _coverage(self) -> Coverage:
        return "model" if self.is_model else "derived"

    @property
    def level(self) -> Level:
        """How much a breach of what is only derived matters."""
        return Level.WARNING if self.is_model else Level.VIOLATION

    def _value(self, place: str, otherwise: Any = None) -> Any:
        decision = self.decisions.get(place)
        return otherwise if decision is None or decision.value is None else decision.value

    def _names(self, start: str) -> list[str]:
        named = (place.removeprefix(start) for place in self.decisions if place.startswith(start))
        return [name for name in named if " " not in name]

    def _discriminator(self) -> Mapping[str, tuple[str, ...]]:
        return {key: self._value(f"query {key} values") for key in _DISCRIMINATORS if self._is_fixed(key)}

    def _is_fixed(self, key: str) -> bool:
        return bool(self._value(f"query {key} values")) and "syntax" in self._reads(f"query {key}")

    def _reads(self, place: str) -> frozenset[str]:
        return frozenset().union(*(facts[place].read for facts in self.families.values() if place in facts))

    def _parameters(self, kind: str) -> Mapping[str, Value]:
        return {name: self._request_value(f"{kind} {name}") for name in self._names(f"{kind} ")}

    def _request_value(self, place: str, members: Mapping[str, Value] | None = None) -> Value:
        return self._typed(
            place,
            members or {},
            required=self.level if self._value(f"{place} required") else None,
            level=self.level if not self._is_open(place) else Level.UNSPECIFIED,
        )

    def _is_open(self, place: str) -> bool:
        return any(self.decisions[each].votes for each in (f"{place} type", f"{place} values") if each in self.decisions)

    def _typed(self, place: str, members: Mapping[str, Value], *, required: Level | None, level: Level) -> Value:
        kind = self._value(f"{place} type")
        inner = members if kind != "array" else {}
        items = Value(type="object", members=members, others=Level.UNSPECIFIED) if members and kind == "array" else None
        return Value(
            type=kind,
            required=required,
            level=level,
            values=self._value(f"{place} values", ()),
            members=inner,
            items=items,
            others=_others(kind, inner),
            sources=self.decisions[place].sources,
        )

    def _body(self, side: str) -> Body | None:
        shape = self._value(f"{side} shape")
        members = self._members(side)
        if shape is None and not members:
            return None
        content: Content = "binary" if shape == "binary" else "json"
        required = self.level if side == "body" or shape else None
        if shape not in {"object", "array"}:
            return Body(content=content, required=None) if content == "binary" else None
        whole = Value(
            type=shape,
            level=self.level,
            members=members if shape == "object" else {},
            items=Value(type="object", members=members, others=Level.UNSPECIFIED) if members and shape == "array" else None,
            others=_others(shape, members if shape == "object" else {}),
        )
        return Body(content=content, required=required, value=whole)

    def _members(self, side: str) -> Mapping[str, Value]:
        start = f"{side} member "
        tree: dict[str, Any] = {}
        for path in self._names(start):
            node = tree
            for part in path.split("."):
                node = node.setdefault(part, {})
        return self._branch(side, "", tree)

    def _branch(self, side: str, above: str, tree: Mapping[str, Any]) -> Mapping[str, Value]:
        values = {}
        for name, inner in tree.items():
            place = f"{side} member {above}{name}"
            if place in self.decisions:
                values[name] = self._member(side, place, self._branch(side, f"{above}{name}.", inner))
        return values

    def _member(self, side: str, place: str, members: Mapping[str, Value]) -> Value:
        if side == "body":
            return self._request_value(place, members)
        open_ = self._is_open(place)
        level = Level.UNSPECIFIED if open_ else self.level if self.decisions[place].sure else Level.WARNING
        return self._typed(place, members, required=None, level=level)

    def _errors(self) -> tuple[ErrorAnswer, ...]:
        errors = []
        for place, decision in self.decisions.items():
            if not place.startswith("error "):
                continue
            status, code = place.split()[1:]
            messages = self._all_messages(place)
            if not _is_common(int(status), code, messages):
                errors.append(ErrorAnswer(status=int(status), code=code, messages=messages, sources=decision.sources))
        return tuple(sorted(errors, key=lambda error: (error.status or 0, error.code)))

    def _all_messages(self, place: str) -> tuple[str, ...]:
        facts = [facts[place].value for facts in self.families.values() if place in facts]
        return tuple(dict.fromkeys(each for value in facts if isinstance(value, tuple) for each in value))

    def _disagreements(self) -> list[Disagreement]:
        return [
            Disagreement(where=place, claims=decision.votes, taken="" if decision.value is None else shown(decision.value))
            for place, decision in self.decisions.items()
            if decision.votes and not place.startswith("error ")
        ]


def _others(kind: str | None, members: Mapping[str, Value]) -> Level | None:
    """Return what an unnamed member is worth: nothing where none is named, since any content may be meant."""
    if members:
        return Level.UNSPECIFIED
    return None if kind in {None, "object"} else Level.WARNING


def _is_common(status: int, code: str, messages: Sequence[str]) -> bool:
    """Tell whether an error is one that any operation may answer, in words that are known of it."""
    known = [error for error in COMMON if error.status == status and error.code == code]
    return bool(known) and all(any(error.says(message) for error in known) for message in messages)


def _same_path_names(history: Sequence[dict[str, Fact]]) -> Sequence[dict[str, Fact]]:
    return history


def _named_alike(votes: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """Give paths that differ in the names of their parameters only the names of the last family's."""
    shapes = {_PLACEHOLDER.sub("{}", str(fact.value)) for fact in votes.values()}
    if len(shapes) > 1:
        return votes
    last = votes[min(votes)]
    return {family: type(fact)(last.value, fact.read, fact.source) for family, fact in votes.items()}
