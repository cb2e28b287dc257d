"""The contract of an operation as people read it on a terminal."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

from sls_contract.locale import translated
from sls_contract.reports.text import wrapped
from sls_contract.spec.merge.facts import facts_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Body, Contract, Value
    from sls_contract.spec.merge.facts import Fact
    from sls_contract.spec.merge.layers import Layers
    from sls_contract.spec.merge.rulings import Rulings

_WIDTH = 100
_COVERAGE = {
    "full": "known in full: every contradiction of its sources is ruled on",
    "derived": "derived from pages: what they agree on is judged",
    "model": "known from SDK models only: a breach is a warning at most",
}


def contract_lines(contract: Contract, rulings: Rulings | None) -> Iterator[str]:
    """Yield the lines that show a contract, and why people ruled as they did."""
    fixed = "&".join(f"{key}={'|'.join(values)}" for key, values in contract.discriminator.items())
    yield ": ".join(filter(None, (contract.operation, translated(contract.summary))))
    for path in (contract.path, *contract.other_paths):
        yield f"  {contract.method} {path}{'?' if fixed else ''}{fixed}"
    yield f"  {_COVERAGE[contract.coverage]}"
    if contract.aliases:
        yield f"  other names: {', '.join(contract.aliases)}"
    yield from _section("path", contract.path_parameters)
    yield from _section("query", contract.query)
    yield from _section("request headers", contract.headers)
    yield from _body("request body", contract.body)
    yield from _section("answer headers", contract.response_headers)
    yield from _body(f"answer {' or '.join(map(str, contract.success))}", contract.response)
    yield from _errors(contract)
    yield from _rulings(rulings)
    yield from _disagreements(contract)
    yield "sources"
    yield from (f"  {line}" for line in wrap(", ".join(contract.sources), _WIDTH))


def _section(title: str, values: Mapping[str, Value]) -> Iterator[str]:
    if values:
        yield title
        yield from _members(values, "  ")


def _members(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    for name, value in values.items():
        yield f"{indent}{name}: {_described(value)}"
        yield from _inside(value, f"{indent}  ")


def _inside(value: Value, indent: str) -> Iterator[str]:
    yield from _members(value.members, indent)
    if value.items is not None:
        yield from _inside(value.items, indent)


def _described(value: Value) -> str:
    inner = value.items.type if value.items is not None else None
    parts = [f"array of {inner}s" if inner else value.type or "any", "required" if value.required else ""]
    parts += [value.says or _limits(value) or _pattern(value), f"in {value.unit}" if value.unit else ""]
    parts.append(f"{value.default} by default" if value.default else "")
    parts.append(f"equals {value.equals}" if value.equals else "")
    parts.append(f"as asked by {value.filtered_by}" if value.filtered_by else "")
    parts.append(f"no two with one {value.unique_by}" if value.unique_by else "")
    parts.append(f"at least one of {', '.join(value.some_of)}" if value.some_of else "")
    parts += [f"needed unless {place} is {text}" for place, text in value.needed_unless.items()]
    parts.append(f"not {', '.join(value.aliases)}" if value.aliases else "")
    return ", ".join(translated(part, alone=True) for part in parts if part)


def _pattern(value: Value) -> str:
    return f"matches {value.pattern}" if value.pattern else ""


def _limits(value: Value) -> str:
    if value.values:
        return " or ".join(value.values)
    low = f"from {value.minimum}" if value.minimum is not None else ""
    high = f"to {value.maximum}" if value.maximum is not None else ""
    limits = " ".join(filter(None, (low, high)))
    return f"{limits} characters" if limits and value.type == "string" else limits


def _body(title: str, body: Body | None) -> Iterator[str]:
    if body is None:
        yield f"{title}: not described"
    elif body.content == "json":
        yield f"{title}: {_described(body.value)}"
        yield from _inside(body.value, "  ")
    else:
        yield f"{title}: {' '.join(filter(None, (body.content, body.message)))}"


def _errors(contract: Contract) -> Iterator[str]:
    if contract.errors:
        yield "errors, besides those that any operation answers"
    for error in contract.errors:
        message = f": {' | '.join(error.messages)}" if error.messages else ""
        yield f"  {error.status or 'status unknown'} {error.code}{message}"


def _rulings(rulings: Rulings | None) -> Iterator[str]:
    if rulings is None or not rulings.rulings:
        return
    yield "rulings"
    for number, ruling in enumerate(rulings.rulings, 1):
        yield from wrapped(translated(ruling.why), _WIDTH, f"  {number}. ", "     ")
        yield from (f"     overrules {each}" for each in ruling.overrules)


def _disagreements(contract: Contract) -> Iterator[str]:
    if contract.disagreements:
        yield "disagreements without a ruling"
    for each in contract.disagreements:
        says = "; ".join(f"{family}: {text}" for family, text in each.claims.items())
        yield f"  {each.where}: {says}; taken: {each.taken or 'open'}"


def claim_lines(layers: Layers) -> Iterator[str]:
    """Yield what the sources say, place by place: of those of a family that say the same, the newest."""
    says: dict[str, dict[str, dict[str, list[str]]]] = {}
    for source, page in sorted(layers.claims, key=lambda claim: claim[0].age, reverse=True):
        facts = facts_of(source, page)
        for place, fact in facts.items():
            if f"{place} type" not in facts:  # that there is such a parameter goes without saying
                same = says.setdefault(place, {}).setdefault(shown(fact.value), {})
                same.setdefault(source.family, []).append(_where(source.id, fact, place, page))
    if not says:
        yield "claims: this installation holds none; look into a checkout of sls-contract"
        return
    yield "claims"
    for place, values in says.items():
        yield f"  {place}"
        for value, families in values.items():
            told = (f"{each[0]}{f' and {len(each) - 1} older' if each[1:] else ''}" for each in families.values())
            line = f"{value or '(nothing)'}: {'; '.join(told)}"
            yield from wrap(line, _WIDTH, initial_indent="    ", subsequent_indent="      ")


def _where(source: str, fact: Fact, place: str, page: Page) -> str:
    lines = sorted(page.lines.get(re.sub(r" (?:type|required|values|shape)$", "", place), ()))
    read = ", ".join(sorted(fact.read))
    return f"{source} ({f'line {lines[0]}, ' if lines else ''}{read})"
