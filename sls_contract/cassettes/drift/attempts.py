"""Retries of one request are one exchange with its attempts: what counts is the answer that the client got in the end.

An attempt is retried where no whole answer came (refused, reset, cut off, timed out), or where the service was busy or
broken: 429, 5xx, a quota. Whatever is asked next with the same request then is its retry; how long that takes does not
matter. Where the other side asked as often as there are attempts, each of them is an exchange of its own again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.cassettes.matching import Key
from sls_contract.checks.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sls_contract.cassettes.recording import Recording

_BUSY = frozenset({408, 429})
_SERVER_ERROR = 500
_FORBIDDEN = 403


@dataclass(slots=True)
class Attempts:
    """One exchange of a client.

    Attributes:
        retried: positions of the attempts that a retry followed, in recorded order.
        last: position of the last attempt; its outcome is the client's.

    """

    retried: list[int]
    last: int

    @property
    def all(self) -> tuple[int, ...]:
        """The positions of all attempts."""
        return (*self.retried, self.last)


def is_passing(recording: Recording) -> bool:
    """Tell whether an attempt failed for what passes by itself, so that clients try again."""
    response = recording.exchange.response
    if recording.unanswered or response is None:
        return True
    busy = response.status in _BUSY or response.status >= _SERVER_ERROR
    return busy or (response.status == _FORBIDDEN and _error_code(recording).endswith("QuotaExceed"))


def folded(recordings: Sequence[Recording]) -> list[Attempts]:
    """Return the exchanges that recordings are the attempts of, in the order of their last attempts."""
    open_: dict[Key, list[int]] = {}
    exchanges = []
    for position, recording in enumerate(recordings):
        key = Key.of(recording.exchange.request)
        if is_passing(recording):
            open_.setdefault(key, []).append(position)
        else:
            exchanges.append(Attempts(open_.pop(key, []), position))
    exchanges += [Attempts(positions[:-1], positions[-1]) for positions in open_.values()]
    return sorted(exchanges, key=lambda each: each.last)


def outcomes(recordings: Iterable[Recording]) -> str:
    """Name what came of attempts, for people."""
    return ", ".join(map(_outcome, recordings)) or "none"


def _outcome(recording: Recording) -> str:
    response = recording.exchange.response
    if recording.unanswered or response is None:
        return recording.broken or "no answer"
    return f"{response.status} {_error_code(recording)}".rstrip()


def _error_code(recording: Recording) -> str:
    document = Subject(recording.exchange.request, recording.exchange.response).document
    code = document.get("errorCode") if isinstance(document, dict) else None
    return code if isinstance(code, str) else ""
