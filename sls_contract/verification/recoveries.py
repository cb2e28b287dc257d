"""Find the operations that fail so often at first that a client cannot take it for chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.sequence_outcomes import is_overloaded
from sls_contract.spec import operation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.exchange import Exchange
    from sls_contract.verification.wire import Sent

_FEWEST = 10  # requests of an operation: fewer may fail by chance
_ONE_IN = 2  # of those that were served


class Recovery(NamedTuple):
    """How many requests of an operation failed, and were served when sent again; the last of these failures."""

    operation: str
    times: int
    failed: Sent


def _is_recovery(sent: Sent) -> bool:
    """Return whether a request was served after an attempt that failed; who was busy has told why."""
    return sent.response.is_ok and sent.failed is not None and not is_overloaded(sent.failed.response)


def too_many(sent_again: Iterable[Sent], exchanges: Iterable[Exchange]) -> Iterator[Recovery]:
    """Find the operations that failed at first for half, or more, of the requests they served in ``exchanges``."""
    failed: dict[str, list[Sent]] = defaultdict(list)
    for sent in filter(_is_recovery, sent_again):
        failed[_operation(sent.exchange)].append(sent.failed or sent)
    if not failed:
        return
    served = Counter(_operation(each) for each in exchanges if each.response and each.response.is_ok)
    for name, those in failed.items():
        if name and len(those) >= _FEWEST and len(those) * _ONE_IN >= served[name]:
            yield Recovery(name, len(those), those[-1])


def _operation(exchange: Exchange) -> str:
    contract = operation_of(exchange.request)
    return contract.operation if contract else ""
