"""Judge exchanges: every check that applies is asked, and what it finds is made fit to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.checks import answers, headers, logs, requests, signatures
from sls_contract.checks.by_contract import compiled
from sls_contract.checks.presentation import masked_finding
from sls_contract.checks.rule import Check, Group, Side
from sls_contract.checks.subject import FOREIGN, Subject
from sls_contract.errors import UsageError
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS
from sls_contract.signing.authorization import authorization_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sls_contract.checks.rule import Flaws
    from sls_contract.exchange import Exchange, Request
    from sls_contract.signing import Keyring
    from sls_contract.spec import Finding

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (check for table in (requests, signatures, answers, headers, logs) for check in table.CHECKS),
        key=lambda check: check.clause.code,
    )
)
"""Every check, in the order of the clauses' codes. A new check enters the table of its module."""

_GROUPS: tuple[Group, ...] = tuple(
    group for table in (requests, signatures, answers, headers, logs) for group in table.GROUPS
)

_PUBLIC = frozenset(
    {TEST_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.security_token}
)


Extent: TypeAlias = Literal["full", "derivation", "common"]
"""By what an exchange was judged: all that is known of its operation, what was derived, what all operations share."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judging an exchange, or half of one, gave.

    Attributes:
        findings: in the order of the clauses' codes.
        exercised: codes of the clauses whose precondition held, so that they could have been broken.
        operation: the operation's name, ``other`` for one of SLS that has no contract, ``foreign`` for a request to
            something else, which is not judged.
        extent: how much of the exchange was judged; empty where nothing was.

    """

    findings: tuple[Finding, ...]
    exercised: frozenset[str]
    operation: str
    extent: Extent | Literal[""] = ""


def check(exchange: Exchange, *, credentials: Keyring | None = None, at: datetime | None = None) -> tuple[Finding, ...]:
    """Return how an exchange breaks the contract; empty where it keeps it. Arguments as in `judge`."""
    return judge(exchange, credentials=credentials, at=at).findings


def judge(
    exchange: Exchange,
    *,
    credentials: Keyring | None = None,
    at: datetime | None = None,
    without: Collection[str] = (),
) -> Verdict:
    """Judge an exchange; without an answer its request alone. Never raises on what the wire can carry.

    Args:
        exchange: request and answer as they stood on the wire.
        credentials: the key that the request must be signed with; or several, of which it may be one: then an access
            key id that none of them has leaves the signature unverified. None: the public test keys. An empty
            collection: nothing is verified. What `verify_signature` accepts with the same keys is accepted here.
        at: when the exchange took place (aware). None: the answer is dated by the request, and the request not at all.
        without: codes of clauses that are switched off.

    Raises:
        UsageError: ``at`` is naive, or ``credentials`` are none.

    """
    sides = (Side.REQUEST,) if exchange.response is None else (Side.REQUEST, Side.RESPONSE)
    return _judged(Subject(exchange.request, exchange.response, credentials, _aware(at)), sides, without)


def judge_request(request: Request, *, credentials: Keyring | None = None, at: datetime | None = None) -> Verdict:
    """Judge a request, received at ``at`` (aware; None: its clock is not judged). Arguments as in `judge`."""
    return _judged(Subject(request, None, credentials, _aware(at)), (Side.REQUEST,))


def judge_response(
    exchange: Exchange,
    *,
    credentials: Keyring | None = (),
    at: datetime | None = None,
    without: Collection[str] = (),
) -> Verdict:
    """Judge an answer to a request that was judged elsewhere; an exchange without one breaks nothing.

    The signature decides only whether the request should have been served, which is judged where ``credentials`` are
    given. Arguments as in `judge`.
    """
    sides = () if exchange.response is None else (Side.RESPONSE,)
    return _judged(Subject(exchange.request, exchange.response, credentials, _aware(at)), sides, without)


def _judged(subject: Subject, sides: tuple[Side, ...], without: Collection[str] = ()) -> Verdict:
    if subject.operation == FOREIGN:
        return Verdict((), frozenset(), FOREIGN)
    found: list[Finding] = []
    exercised: set[str] = set()
    for side in sides:
        found += _asked(subject, side, exercised)
    if without:
        found = [finding for finding in found if finding.code not in without]
        exercised.difference_update(without)
    contract = subject.contract
    extent: Extent = "common" if contract is None else "full" if contract.coverage == "full" else "derivation"
    showable = tuple(_showable(found, subject.request)) if found else ()
    return Verdict(showable, frozenset(exercised), subject.operation, extent)


def _asked(subject: Subject, side: Side, exercised: set[str]) -> list[Finding]:
    """Judge one half by every check that applies; the codes of the clauses that could be broken go to ``exercised``."""
    found: list[Finding] = []
    checks, groups = _OF_REQUESTS if side is Side.REQUEST else _OF_ANSWERS
    for kept, its_checks in groups:
        codes = kept(subject)
        if codes is None:
            checks += its_checks
        else:
            exercised |= codes
    for find, code, check in checks:
        flaws = find(subject)
        if flaws is not None:
            exercised.add(code)
            if flaws:
                found += map(check.finding, flaws)
    if subject.contract is not None:
        judge = compiled(subject.contract)
        breaches = judge.judge_request(subject) if side is Side.REQUEST else judge.judge_answer(subject)
        found += breaches.found
        exercised |= breaches.exercised
    return sorted(found, key=lambda finding: finding.code) if found else found


def _showable(findings: Iterable[Finding], request: Request) -> Iterator[Finding]:
    """Mask what a message must not hold."""
    secrets: tuple[str, ...] | None = None
    for finding in findings:
        secrets = _secrets_of(request) if secrets is None else secrets
        yield masked_finding(finding, secrets)


def _secrets_of(request: Request) -> tuple[str, ...]:
    """Return what the request itself tells of its key: whole headers, id, signature, token."""
    values = [*request.headers.get_all("authorization"), *request.headers.get_all("x-acs-security-token")]
    parsed = authorization_of(request)
    if parsed is not None:
        values += [parsed.access_key_id, parsed.signature]
    return tuple(sorted((value.strip() for value in values if value.strip() not in _PUBLIC), key=len, reverse=True))


def _aware(at: object) -> datetime | None:
    if at is None or (isinstance(at, datetime) and at.utcoffset() is not None):
        return at
    msg = f"at must be an aware datetime such as datetime(2026, 1, 2, tzinfo=UTC), got {at!r}"
    raise UsageError(msg)


_Asked: TypeAlias = "tuple[tuple[Callable[[Subject], Flaws], str, Check], ...]"


def _ready(checks: Iterable[Check], side: Side) -> _Asked:
    return tuple((each.find, each.code, each) for each in checks if each.side is side)


def _table(side: Side) -> tuple[_Asked, list[tuple[Callable[[Subject], frozenset[str] | None], _Asked]]]:
    """Return the checks of one half that are always asked, and those of its groups."""
    grouped = {each.code for group in _GROUPS for each in group.checks}
    groups = [(group.kept, ready) for group in _GROUPS if (ready := _ready(group.checks, side))]
    return _ready((each for each in CHECKS if each.code not in grouped), side), groups


_OF_REQUESTS, _OF_ANSWERS = _table(Side.REQUEST), _table(Side.RESPONSE)
