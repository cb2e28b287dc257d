"""Find the mistakes that explain a digest: first each known one alone, then two together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.signing.canonical import Form, LogForm, Sls4Form, sealed, signing_key
from sls_contract.signing.log_mistakes import LOG_MISTAKES
from sls_contract.signing.mistakes import Mistake, first
from sls_contract.signing.on_the_way import DATE_ON_THE_WAY
from sls_contract.signing.sls4_mistakes import SLS4_MISTAKES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.exchange import Request

_FORMS = 48  # of one mistake; a hostile request shall not make the search long
_DATES = 2000  # two for each second of 15 minutes, and those of other zones
_DIALECTS_FOR_ONE = 24
_DIALECTS_FOR_TWO = 2  # the usual one and the other path form: two mistakes in an odd dialect are not looked for
_LONGEST_URL = 2048  # characters; beyond this, odd dialects and two mistakes at once would take long
_LONGEST_HEAD = 8192  # characters of all headers, likewise


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What explains a digest: the right form, the one that the client signed, and the mistakes between them.

    ``others`` are mistakes each of which alone would give the same digest: for this request nobody can tell them apart.
    """

    right: Form
    client: Form
    mistakes: tuple[Mistake, ...]
    others: tuple[Mistake, ...] = ()


def diagnose(forms: Sequence[Form], request: Request, secret: str, wanted: str) -> Diagnosis | None:
    """Return the first explanation of a digest that none of the right forms gives; None where none is known."""
    table = LOG_MISTAKES if isinstance(forms[0], LogForm) else SLS4_MISTAKES

    keys: dict[object, bytes] = {}  # most mistakes leave the key alone, and deriving it costs more than signing

    def signs(form: Form) -> bool:
        part = (form.seal, form.scope if isinstance(form, Sls4Form) else None)
        key = keys.get(part)
        if key is None:
            key = keys[part] = signing_key(form, secret)
        return sealed(form, key) == wanted

    short = _is_short(request)
    candidates = [_alone(form, request, table) for form in forms[: _DIALECTS_FOR_ONE if short else _DIALECTS_FOR_TWO]]
    candidates += [_together(form, request, table) for form in forms[:_DIALECTS_FOR_TWO] if short]
    candidates.append(_alone(forms[0], request, (DATE_ON_THE_WAY,), _DATES))
    found = next((found for each in candidates for found in each if signs(found.client)), None)
    return found and replace(found, others=_alike(found, request, table))


def _alike(found: Diagnosis, request: Request, table: Sequence[Mistake]) -> tuple[Mistake, ...]:
    """Return the other mistakes that give the same form alone."""
    if len(found.mistakes) > 1:
        return ()
    alike = (each.mistakes[0] for each in _alone(found.right, request, table) if each.client == found.client)
    return tuple(dict.fromkeys(mistake for mistake in alike if mistake not in found.mistakes))


def _is_short(request: Request) -> bool:
    head = sum(len(name) + len(value) for name, value in request.headers.pairs)
    return len(request.url) <= _LONGEST_URL and head <= _LONGEST_HEAD


def _alone(form: Form, request: Request, table: Sequence[Mistake], limit: int = _FORMS) -> Iterator[Diagnosis]:
    for mistake in table:
        for client in first(mistake.forms(form, request), limit):
            if client != form:
                yield Diagnosis(form, client, (mistake,))


def _together(form: Form, request: Request, table: Sequence[Mistake]) -> Iterator[Diagnosis]:
    for found in _alone(form, request, table):
        later = table[table.index(found.mistakes[0]) + 1 :]
        for second in _alone(found.client, request, later):
            if second.client != form:
                yield Diagnosis(form, second.client, (*found.mistakes, *second.mistakes))
