"""Rulings: decisions by hand where sources contradict each other, or where no source states a rule.

A ruling is a patch of the contract in the contract's keys: mappings are merged, other values replace existing ones, and
errors are replaced by status and code. ``null`` removes a name from the query, headers, members or discriminator, and
leaves any other key open. A ruling that overrules a claim is out of date if no source makes that claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.spec.contract import PLACEHOLDER, Contract
from sls_contract.spec.merge.facts import shown
from sls_contract.spec.written_form import check_form, editor_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.merge.facts import Fact

# attributes of a contract whose keys are names, which may be those of attributes, such as errors
_NAMED_VALUES = frozenset(
    {
        *("path_parameters", "query", "headers", "response_headers", "members"),
        *("discriminator", "codes", "needed_unless"),
    }
)


@dataclass(frozen=True, slots=True)
class Overruled:
    """An overruled claim, as ``--claims`` prints it: family, place (``query count required``) and value."""

    family: str
    place: str
    says: str

    def __str__(self) -> str:
        return f"{self.family}, {self.place}: {self.says}"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision by hand: its reason, the overruled claims, the patch of the contract, and its place in a file.

    Rulings that differ only in their place are equal.
    """

    why: str
    overrules: tuple[Overruled, ...]
    contract: Mapping[str, Any]
    where: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Rulings:
    """The rulings on an operation, and its aliases in the sources."""

    operation: str
    aliases: tuple[str, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    where: str = ""

    def followed_by(self, more: Rulings) -> Rulings:
        """Return these rulings followed by those of another folder, which may be a copy of the first."""
        aliases = tuple(dict.fromkeys((*self.aliases, *more.aliases)))
        added = (each for each in more.rulings if each not in self.rulings)
        return Rulings(self.operation, aliases, (*self.rulings, *added), more.where)

    def overruled(self) -> list[tuple[str, str, str]]:
        """Return all claims that the rulings overrule."""
        return [(each.family, each.place, each.says) for ruling in self.rulings for each in ruling.overrules]


def read_rulings(plain: Any, where: str) -> Rulings:
    """Read a file of rulings; raises `UsageError` if it is malformed."""
    check_form(plain, "rulings", where, _remedy())
    rulings = tuple(_ruling(each, f"{where}: ruling {n}") for n, each in enumerate(plain.get("rulings", ()), 1))
    return Rulings(plain["operation"], tuple(plain.get("aliases", ())), rulings, where)


def _ruling(plain: Mapping[str, Any], where: str) -> Ruling:
    overrules = tuple(
        Overruled(each["family"], each["place"], shown(each["says"])) for each in plain.get("overrules", ())
    )
    return Ruling(plain["why"].strip(), overrules, plain.get("contract", {}), where)


def _remedy() -> str:
    return f"How to fix: use the keys and values of {editor_schema('rulings')}."


def check_overruled(rulings: Rulings, claimed: Iterable[tuple[str, Mapping[str, Fact]]]) -> None:
    """Raise `UsageError` if a ruling overrules a claim that no source makes any more."""
    says: dict[tuple[str, str], set[str]] = {}
    for family, facts in claimed:
        for place, fact in facts.items():
            says.setdefault((family, place), set()).add(shown(fact.value))
    for ruling in rulings.rulings:
        for each in ruling.overrules:
            current = says.get((each.family, each.place), set())
            if each.says not in current:
                places = [place for family, place in says if family == each.family]
                msg = (
                    f"{ruling.where} overrules a claim that no source makes: {each}\n"
                    f"  claimed there now: {'; '.join(sorted(current)) or 'nothing'}\n"
                    f"How to fix: {_way_out(each, current, places)}"
                )
                raise UsageError(msg)


def _way_out(overruled: Overruled, current: Iterable[str], places: Sequence[str]) -> str:
    if current:
        return "write what is claimed there now, or delete the claim from overrules."
    near = get_close_matches(overruled.place, places)
    return f"write the place as one of these: {'; '.join(near)}." if near else "delete the claim from overrules."


def ruled(contract: Contract, rulings: Rulings) -> Contract:
    """Return the contract with the rulings applied; raises `UsageError` if the result is not a contract."""
    plain = contract.as_plain()
    earlier = [plain]
    for ruling in rulings.rulings:
        _check_names(earlier, ruling)
        try:
            plain = _without_values(_with_path_names(_patched(plain, ruling.contract)))
            contract = Contract.from_plain(plain)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            msg = f"{ruling.where} results in an invalid contract: {_reason(error)}\n{_remedy()}"
            raise UsageError(msg) from error
        earlier.append(plain)
    return contract


def _reason(error: Exception) -> str:
    found = re.search(r"unexpected keyword argument (.*)", str(error))
    return f"the key {found[1]} is not known" if found else str(error)


def _check_names(earlier: Sequence[Mapping[str, Any]], ruling: Ruling) -> None:
    """Raise `UsageError` if a patch removes a name that never was there, or describes one that the path does not have.

    ``earlier`` are the contract as derived and after each ruling before: a shipped ruling may have removed it, too.
    """
    known = PLACEHOLDER.findall(ruling.contract.get("path", earlier[-1]["path"]))
    parameters: Mapping[str, Any] = ruling.contract.get("path_parameters", {})
    unknown = [name for name, value in parameters.items() if value is not None and name not in known]
    for name in (*_removed_in_vain(earlier, ruling.contract), *unknown):
        msg = (
            f"{ruling.where}: the contract has no parameter, header or member {name}\n"
            "How to fix: write the name as the contract has it, or delete it from the ruling."
        )
        raise UsageError(msg)


def _removed_in_vain(
    earlier: Sequence[Mapping[str, Any]], patch: Mapping[str, Any], *, named: bool = False
) -> Iterator[str]:
    for name, value in patch.items():
        if named and value is None and not any(name in each for each in earlier):
            yield name
        elif isinstance(value, dict):
            below = [each[name] for each in earlier if isinstance(each.get(name), dict)]
            yield from _removed_in_vain(below, value, named=name in _NAMED_VALUES and not named)


def _patched(plain: Mapping[str, Any], patch: Mapping[str, Any], *, named: bool = False) -> dict[str, Any]:
    """Merge a patch; ``named``: the keys are names of parameters or members, not attributes."""
    result = dict(plain)
    for name, value in patch.items():
        if value is None and named:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name, {}), dict):
            inner = name in _NAMED_VALUES and not named
            result[name] = _patched(result.get(name) or {}, value, named=inner)
        elif name == "errors" and not named:
            result[name] = _with_errors(result.get(name, []), value)
        else:
            result[name] = value
    if patch.keys() & {"minimum", "maximum"} and "bounds" not in patch and not named:
        result.pop("bounds", None)  # ruled limits have the level of the value
    if patch.get("required") and "nullable" not in patch and not named:
        result.pop("nullable", None)  # a required value must not be null
    return result


def _with_path_names(plain: dict[str, Any]) -> dict[str, Any]:
    """Keep only parameters that the path names, because a ruling can rename them; a new parameter is a string."""
    known = plain.get("path_parameters", {})
    names = PLACEHOLDER.findall(plain["path"])
    parameters = {name: {"type": "string"} | known.get(name, {}) for name in names}
    return plain | ({"path_parameters": parameters} if parameters else {})


def _without_values(plain: dict[str, Any]) -> dict[str, Any]:
    """Remove the JSON value of a body if a ruling says that the body is not JSON."""
    for side in ("body", "response"):
        if (body := plain.get(side)) and body.get("content", "json") != "json":
            plain |= {side: {name: each for name, each in body.items() if name != "value"}}
    return plain


def _with_errors(errors: Sequence[Mapping[str, Any]], more: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Replace errors by status and code, and add new ones; raises ValueError for two of one status and code."""
    keys = [(each.get("status"), each["code"]) for each in more]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        status, code = twice
        msg = f"the error {code} with status {status} appears twice"
        raise ValueError(msg)
    by_key = {(each.get("status"), each["code"]): each for each in (*errors, *more)}
    return [by_key[key] for key in sorted(by_key, key=lambda key: (key[0] or 0, key[1]))]
