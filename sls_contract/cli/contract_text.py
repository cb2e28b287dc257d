"""The contract of an operation and the claims of its sources, as lines in the language of the reader.

Only prose is translated: paths, names, types and the error messages of the service are data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.locale import translated
from sls_contract.reports.text import wrapped
from sls_contract.spec.merge.facts import Fact, facts_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Body, Contract, Value
    from sls_contract.spec.merge.layers import Layers
    from sls_contract.spec.merge.rulings import Rulings

_WIDTH = 100
_COVERAGE = {
    "full": "known in full: every contradiction of its sources is ruled on",
    "derived": "derived from pages: what they agree on is judged",
    "model": "known from SDK models only: a breach is a warning at most",
}


def contract_lines(contract: Contract, rulings: Rulings | None) -> Iterator[str]:
    """Yield the lines that describe a contract, with the reason for each ruling."""
    yield ": ".join(filter(None, (contract.operation, translated(contract.summary))))
    for path in (contract.path, *contract.other_paths):
        yield f"  {contract.method} {with_discriminator(contract, path)}"
    yield f"  {translated(_COVERAGE[contract.coverage])}"
    if contract.aliases:
        yield translated(f"  other names: {', '.join(contract.aliases)}")
    yield from _section("path parameters", contract.path_parameters)
    yield from _section("query parameters", contract.query)
    yield from _section("request headers", contract.headers)
    yield from _body(translated("request body"), contract.body)
    yield from _section("response headers", contract.response_headers)
    yield from _body(f"{translated('response', alone=True)} {_either(map(str, contract.success))}", contract.response)
    if contract.errors:
        yield translated("errors, besides those of every operation")
    for error in contract.errors:
        message = f": {' | '.join(error.messages)}" if error.messages else ""
        yield f"  {error.status or translated('status unknown')} {error.code}{message}"
    yield from _rulings(rulings)
    yield from _disagreements(contract)
    yield translated("sources", alone=True)
    yield from wrapped(", ".join(contract.sources), _WIDTH, "  ", "  ", at_hyphens=False)


def with_discriminator(contract: Contract, path: str) -> str:
    """Return a path of the contract with the query that distinguishes the operation: ``/logstores/{name}?type=log``."""
    fixed = "&".join(f"{key}={'|'.join(values)}" for key, values in contract.discriminator.items())
    return f"{path}?{fixed}" if fixed else path


def _section(title: str, values: Mapping[str, Value]) -> Iterator[str]:
    if values:
        yield translated(title)
        yield from _members(values, "  ")


def _members(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    for name, value in values.items():
        yield f"{indent}{name}: {_described(value)}"
        yield from _nested(value, f"{indent}  ")


def _nested(value: Value, indent: str) -> Iterator[str]:
    yield from _members(value.members, indent)
    if value.items is not None:
        yield from _nested(value.items, indent)


def _described(value: Value) -> str:
    inner = value.items.type if value.items is not None else None
    parts = [f"array of {inner}s" if inner else value.type or "any", "required" if value.required else ""]
    parts.append(value.says or _limits(value) or (f"matches {value.pattern}" if value.pattern else ""))
    parts.append(f"in {value.unit}" if value.unit else "")
    parts.append(f"{value.default} by default" if value.default else "")
    parts.append(f"equals {value.equals}" if value.equals else "")
    parts.append(f"equal to {value.filtered_by} of the request" if value.filtered_by else "")
    parts.append("each once" if value.unique else "")
    parts.append(f"unique {value.unique_by}" if value.unique_by else "")
    parts.append(f"at least one of {', '.join(value.some_of)}" if value.some_of else "")
    parts += [f"needed unless {place} is {text}" for place, text in value.needed_unless.items()]
    parts.append(f"not {', '.join(value.aliases)}" if value.aliases else "")
    return ", ".join(translated(part, alone=True) for part in parts if part)


def _limits(value: Value) -> str:
    if value.values:
        return _either(value.values)
    low = f"from {value.minimum}" if value.minimum is not None else ""
    high = f"to {value.maximum}" if value.maximum is not None else ""
    limits = " ".join(filter(None, (low, high)))
    return f"{limits} characters" if limits and value.type == "string" else limits


def _either(values: Iterable[str]) -> str:
    return translated(" or ", alone=True).join(values)


def _body(title: str, body: Body | None) -> Iterator[str]:
    if body is None:
        yield f"{title}: {translated('not described')}"
    elif body.content == "json":
        yield f"{title}: {_described(body.value)}"
        yield from _nested(body.value, "  ")
    else:
        yield f"{title}: {' '.join(filter(None, (translated(body.content, alone=True), body.message)))}"


def _rulings(rulings: Rulings | None) -> Iterator[str]:
    if rulings is None or not rulings.rulings:
        return
    yield translated("rulings", alone=True)
    for number, ruling in enumerate(rulings.rulings, 1):
        yield from wrapped(translated(ruling.why), _WIDTH, f"  {number}. ", "     ")
        yield from (f"     {translated('overrules', alone=True)} {each}" for each in ruling.overrules)


def _disagreements(contract: Contract) -> Iterator[str]:
    if contract.disagreements:
        yield translated("disagreements without a ruling")
    for each in contract.disagreements:
        says = "; ".join(f"{family}: {text}" for family, text in each.claims.items())
        taken = translated(f"taken: {each.taken or 'undecided'}")
        yield f"  {each.where}: {says}; {taken}"


def claim_lines(layers: Layers) -> Iterator[str]:
    """Yield what the sources claim, place by place: each value with the newest source of each family that claims it."""
    claimed: dict[str, dict[str, dict[str, list[str]]]] = {}  # place, value, family: sources, newest first
    for source, page in sorted(layers.claims, key=lambda claim: claim[0].age, reverse=True):
        facts = facts_of(source, page)
        for place, fact in facts.items():
            if f"{place} type" not in facts:  # a type implies that the parameter exists
                families = claimed.setdefault(place, {}).setdefault(shown(fact.value), {})
                families.setdefault(source.family, []).append(_origin(source.id, fact, place, page))
    if not claimed:
        yield translated("claims: this installation has none; use a checkout of sls-contract")
        return
    yield translated("claims", alone=True)
    for place, values in claimed.items():
        yield f"  {place}"
        for value, families in values.items():
            sources = "; ".join(
                f"{newest} {translated(f'and {len(older)} older')}" if older else newest
                for newest, *older in families.values()
            )
            line = f"{value or translated('(nothing)', alone=True)}: {sources}"
            yield from wrapped(line, _WIDTH, "    ", "      ", at_hyphens=False)


def _origin(source: str, fact: Fact, place: str, page: Page) -> str:
    """Return a source with how the fact was read there: ``handbook-2021-01-21-en (line 8, table)``."""
    described = re.sub(r" (?:type|required|values|shape)$", "", place)
    if found := re.fullmatch(r"(path )(\d+)", described):  # facts count what claims name
        described = found[1] + page.path_parameters[int(found[2]) - 1]
    lines = sorted(page.lines.get(described, ()))
    read = sorted(fact.read)
    return f"{source} ({', '.join([translated(f'line {lines[0]}'), *read] if lines else read)})"
