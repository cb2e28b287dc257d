"""Records what only tables or examples name of a request, though the request syntax prints the others like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.spec.pages.bodies import members_of
from sls_contract.spec.pages.lenient_json import Unreadable, read_json
from sls_contract.spec.pages.routes import letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.parts import Parts


def report_unprinted(page: Page, parts: Parts) -> None:
    """Record query keys that only an example has, and described members of objects that the syntax prints without."""
    if parts.syntax and not parts.lists_parameters_apart:
        for key, parameter in page.query.items():
            if parameter.origins == {"example"}:
                page.problem(min(page.lines[f"query {key}"]), "not-in-syntax", f"parameter {key}", key)
    printed = [each for value in _bodies(parts) for each in members_of(value)]
    objects, names = {above for above, _, _ in printed}, {letters(name) for _, name, _ in printed}
    for (above, name), member in page.body.members.items():
        if above in objects and "table" in member.origins and letters(name) not in names:
            line = min(page.lines[f"body member {'.'.join(filter(None, (above, name)))}"])
            page.problem(line, "not-in-syntax", f"parameter {name}", name)


def _bodies(parts: Parts) -> Iterator[Any]:
    """Yield each body of the request syntax that can be read and is printed as a whole."""
    for message in parts.syntax:
        try:
            value, slips = read_json(message.body or "")
        except Unreadable:
            continue
        if "ellipsis" not in slips:
            yield value
