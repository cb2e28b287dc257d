"""Assembles the contract of an operation from the decision on each place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import PLACEHOLDER, Body, Contract, Disagreement, Value
from sls_contract.spec.finding import Level
from sls_contract.spec.merge.errors import errors_of
from sls_contract.spec.merge.facts import ROUTE, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sls_contract.spec.merge.decisions import Decisions

_DISCRIMINATORS = ("type", "action")  # query keys that distinguish operations of one route
_FIXED_BY = frozenset({"syntax", "example", "prose", "model"})  # a table alone only lists possible values
_SUCCESS = 200


def contract_of(
    operation: str, aliases: Sequence[str], decisions: Decisions, spelled: Mapping[str, str] | None = None
) -> Contract:
    """Return the contract of an operation before rulings; ``spelled`` are the correct spellings of error codes."""
    return _Assembly(decisions, spelled or {}).contract(operation, aliases)


class _Assembly:
    """Derives each part of a contract from the decisions on its places."""

    def __init__(self, decisions: Decisions, spelled: Mapping[str, str]) -> None:
        self._decisions = decisions
        self._spelled = spelled
        self._level = Level.WARNING if decisions.only_models else Level.VIOLATION

    def contract(self, operation: str, aliases: Sequence[str]) -> Contract:
        method, _, path = str(self._decided(ROUTE)).partition(" ")
        return Contract(
            operation=operation,
            aliases=tuple(aliases),
            coverage="model" if self._decisions.only_models else "derived",
            method=method,
            path=path,
            project=bool(self._decided("project", otherwise=True)),
            discriminator={key: self._decided(f"query {key} values") for key in _DISCRIMINATORS if self._is_fixed(key)},
            path_parameters={name: self._placeholder(at) for at, name in enumerate(PLACEHOLDER.findall(path), 1)},
            query=self._parameters("query"),
            headers=self._parameters("header"),
            body=self._request_body(),
            success=(int(self._decided("status", otherwise=_SUCCESS)),),
            response_headers={name: Value(type="string") for name in self._names("response header ")},
            response=self._response(),
            errors=errors_of(self._decisions.by_place, self._spelled),
            disagreements=self._disagreements(),
            sources=self._decisions.sources,
        )

    def _decided(self, place: str, otherwise: Any = None) -> Any:
        decision = self._decisions.by_place.get(place)
        return otherwise if decision is None or decision.value is None else decision.value

    def _names(self, start: str) -> list[str]:
        named = (place.removeprefix(start) for place in self._decisions.by_place if place.startswith(start))
        return [name for name in named if " " not in name]

    def _is_fixed(self, key: str) -> bool:
        """Return whether a query key is part of the route: its values are fixed, and no source calls it optional."""
        fixed = bool(self._decided(f"query {key} values")) and bool(self._decisions.read(f"query {key}") & _FIXED_BY)
        return fixed and bool(self._decided(f"query {key} required", otherwise=True))

    def _parameters(self, kind: str) -> Mapping[str, Value]:
        return {name: self._request_value(f"{kind} {name}") for name in self._names(f"{kind} ")}

    def _placeholder(self, at: int) -> Value:
        """Return a value of the path, which is a text unless all families call it an integer."""
        decision = self._decisions.by_place.get(f"path {at} type")
        if decision is None or decision.votes or decision.value != "integer":
            return Value(type="string")
        return Value(type="integer", level=self._level, sources=decision.sources)

    def _request_value(self, place: str, members: Mapping[str, Value] | None = None) -> Value:
        required = self._level if self._is_required(place) else None
        return self._build_value(place, members or {}, required, self._request_level(place))

    def _is_required(self, place: str) -> bool:
        """Return whether a parameter is required; a nested member, which a free map may contain, needs two families."""
        decision = self._decisions.by_place.get(f"{place} required")
        if decision is None or not decision.value:
            return False
        return "." not in place.partition(" member ")[2] or len(decision.sources) > 1

    def _request_level(self, place: str) -> Level:
        """Return the level of a wrong value; a warning for listed values, because prose can omit some."""
        if self._is_contradicted(place):
            return Level.UNSPECIFIED
        kind, _, name = place.partition(" ")
        listed = kind != "header" and self._decided(f"{place} values") and not self._is_fixed(name)
        return Level.WARNING if listed else self._level

    def _is_contradicted(self, place: str) -> bool:
        named = (self._decisions.by_place.get(f"{place} {what}") for what in ("type", "values"))
        return any(decision.votes for decision in named if decision)

    def _build_value(self, place: str, members: Mapping[str, Value], required: Level | None, level: Level) -> Value:
        kind = self._decided(f"{place} type")
        samples = place.startswith("header ")  # a request line shows one of many encodings
        alias = self._decisions.aliases.get(place)
        has_bounds = bool({f"{place} minimum", f"{place} maximum"} & self._decisions.by_place.keys())
        return Value(
            type=kind,
            required=required,
            level=level,
            values=() if samples else self._decided(f"{place} values", otherwise=()),
            minimum=self._decided(f"{place} minimum"),
            maximum=self._decided(f"{place} maximum"),
            bounds=Level.WARNING if has_bounds else None,
            default=self._decided(f"{place} default", otherwise=""),
            members={} if kind == "array" else members,
            items=_object(members, level) if members and kind == "array" else None,
            others=_others(kind, members),
            aliases=(alias,) if alias else (),
            sources=self._decisions.by_place[place].sources,
        )

    def _request_body(self) -> Body | None:
        """Return the request's body; it is required if a member is, or if a digest or two sources prove it."""
        whole = self._body_value("body", self._level)
        if whole is None:
            return Body(content="binary", required=None) if self._decided("body shape") == "binary" else None
        needed = any(member.required for member in whole.members.values()) or self._is_sure("body shape")
        return Body(required=self._level if needed else None, value=whole)

    def _response(self) -> Body | None:
        """Return the body of a success; clients need it, so it is required if the sources agree on it."""
        sure = self._is_sure("response shape")
        whole = self._body_value("response", self._level if sure else Level.WARNING)
        if whole is None:
            return Body(content="binary", required=None) if self._decided("response shape") == "binary" else None
        return Body(required=self._level if sure else None, value=whole)

    def _is_sure(self, place: str) -> bool:
        decision = self._decisions.by_place.get(place)
        return (
            decision is not None and not decision.votes and (decision.sure or "digest" in self._decisions.read(place))
        )

    def _body_value(self, side: str, level: Level) -> Value | None:
        shape = self._decided(f"{side} shape")
        if shape not in {"object", "array"}:
            return None
        tree: dict[str, Any] = {}
        for path in self._names(f"{side} member "):
            node = tree
            for part in path.split("."):
                node = node.setdefault(part, {})
        members = self._members(side, "", tree)
        if shape == "array":
            return Value(type="array", level=level, items=_object(members, level) if members else None)
        return Value(type="object", level=level, members=members, others=_others(shape, members))

    def _members(self, side: str, above: str, tree: Mapping[str, Any]) -> Mapping[str, Value]:
        members = {}
        for name, inner in tree.items():
            place = f"{side} member {above}{name}"
            if place in self._decisions.by_place:
                inside = self._members(side, f"{above}{name}.", inner)
                response = side == "response"
                members[name] = self._response_value(place, inside) if response else self._request_value(place, inside)
        return members

    def _response_value(self, place: str, members: Mapping[str, Value]) -> Value:
        """Return a member of a response: it can be missing or null; a type with a single source is only a warning."""
        known = self._decisions.by_place.get(f"{place} type")
        level = self._level if known is not None and known.sure else Level.WARNING
        level = Level.UNSPECIFIED if self._is_contradicted(place) else level
        return replace(self._build_value(place, members, None, level), nullable=True)

    def _disagreements(self) -> tuple[Disagreement, ...]:
        return tuple(
            Disagreement(where=place, claims=each.votes, taken="" if each.value is None else shown(each.value))
            for place, each in self._decisions.by_place.items()
            if each.votes and not place.startswith("error ")
        )


def _object(members: Mapping[str, Value], level: Level) -> Value:
    return Value(type="object", level=level, members=members, others=Level.UNSPECIFIED)


def _others(kind: str | None, members: Mapping[str, Value]) -> Level | None:
    """Return the level of an unnamed member; None if no member is named, because any content may be valid."""
    if members and kind != "array":
        return Level.UNSPECIFIED
    return None if kind in {None, "object"} else Level.WARNING
