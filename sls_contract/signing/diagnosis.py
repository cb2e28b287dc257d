"""Find the mistakes that explain a digest: first each known mistake alone, then two together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from sls_contract.signing.canonical import Form, LogForm, Sls4Form, keyed_signature, signing_key
from sls_contract.signing.log_mistakes import LOG_MISTAKES
from sls_contract.signing.on_the_way import DATE_ON_THE_WAY
from sls_contract.signing.sls4_mistakes import SLS4_MISTAKES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.exchange import Request
    from sls_contract.signing.credentials import Credentials
    from sls_contract.signing.mistakes import Mistake

_MOST_IN_VAIN = 10
_MOST_FORMS = 48  # of one mistake; limits the search for hostile requests
_MOST_DATES = 2000  # two per second of 15 minutes, and those of other zones
_DIALECTS_FOR_ONE = 24
_DIALECTS_FOR_TWO = 2  # the default and the other path form; two mistakes in a rarer dialect are unlikely
_LONGEST_URL = 2048  # characters; for longer ones, rare dialects and two mistakes are too slow to try
_LONGEST_HEAD = 8192  # characters of all headers, likewise


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The explanation of a digest: the right form, the form that the client signed, and the mistakes between them.

    Each of ``others`` alone also gives the same digest, so this request cannot show which mistake was made.
    """

    right: Form
    client: Form
    mistakes: tuple[Mistake, ...]
    others: tuple[Mistake, ...] = ()


class Searches:
    """The searches for mistakes that found none, by key and client; each takes some 30 ms.

    After ten of them only single mistakes in the default dialect are looked for (1 ms): there is most likely one cause,
    such as a wrong secret.
    """

    def __init__(self) -> None:
        self._vain: Counter[tuple[str, str]] = Counter()

    def has_given_up(self, request: Request, key: Credentials) -> bool:
        """Return whether only a short search is made for the client that sent a request."""
        return self._vain[_client_of(request, key)] >= _MOST_IN_VAIN

    def diagnose(self, forms: Sequence[Form], request: Request, key: Credentials, digest: str) -> Diagnosis | None:
        """Do as the function `diagnose`; count the search if it is in vain."""
        found = diagnose(forms, request, key.access_key_secret, digest, short=self.has_given_up(request, key))
        self._vain[_client_of(request, key)] += found is None
        return found


def _client_of(request: Request, key: Credentials) -> tuple[str, str]:
    return key.access_key_id, request.headers.get("user-agent", "")


def diagnose(
    forms: Sequence[Form], request: Request, secret: str, digest: str, *, short: bool = False
) -> Diagnosis | None:
    """Return the first explanation of a digest that no right form gives; None if no known mistakes explain it.

    A ``short`` search tries single mistakes in the default dialect only.
    """
    table = LOG_MISTAKES if isinstance(forms[0], LogForm) else SLS4_MISTAKES

    keys: dict[object, bytes] = {}  # most mistakes keep the key, and deriving it costs more than signing

    def signs(form: Form) -> bool:
        part = (form.digest_spec, form.scope if isinstance(form, Sls4Form) else None)
        key = keys.get(part)
        if key is None:
            key = keys[part] = signing_key(form, secret)
        return keyed_signature(form, key) == digest

    likely, head = forms[:_DIALECTS_FOR_TWO], sum(len(name) + len(value) for name, value in request.headers.pairs)
    is_small = len(request.url) <= _LONGEST_URL and head <= _LONGEST_HEAD
    candidates = [_singles(forms[0], request, table)]
    if not short:
        candidates += [
            _singles(form, request, table) for form in (forms[1:_DIALECTS_FOR_ONE] if is_small else likely[1:])
        ]
        candidates += [_pairs(form, request, table) for form in likely if is_small]
        candidates.append(_singles(forms[0], request, (DATE_ON_THE_WAY,), _MOST_DATES))
    found = next((found for found in chain.from_iterable(candidates) if signs(found.client)), None)
    return found and replace(found, others=_equivalents(found, request, table))


def _equivalents(found: Diagnosis, request: Request, table: Sequence[Mistake]) -> tuple[Mistake, ...]:
    """Return the other mistakes that alone give the same form."""
    if len(found.mistakes) > 1:
        return ()
    equivalent = (each.mistakes[0] for each in _singles(found.right, request, table) if each.client == found.client)
    return tuple(dict.fromkeys(mistake for mistake in equivalent if mistake not in found.mistakes))


def _singles(form: Form, request: Request, table: Sequence[Mistake], limit: int = _MOST_FORMS) -> Iterator[Diagnosis]:
    for mistake in table:
        for client in islice(mistake.forms(form, request), limit):
            if client != form:
                yield Diagnosis(form, client, (mistake,))


def _pairs(form: Form, request: Request, table: Sequence[Mistake]) -> Iterator[Diagnosis]:
    for found in _singles(form, request, table):
        later = table[table.index(found.mistakes[0]) + 1 :]
        for second in _singles(found.client, request, later):
            if second.client != form:
                yield Diagnosis(form, second.client, (*found.mistakes, *second.mistakes))
