"""Judge exchanges: run every check that applies, and mask secrets in the findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.checks import headers, logs, requests, responses, signatures
from sls_contract.checks.by_contract import compiled
from sls_contract.checks.presentation import masked_finding
from sls_contract.checks.rule import Check, Flaws, Group, Side
from sls_contract.checks.subject import FOREIGN, Subject
from sls_contract.errors import UsageError
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Keyring, Searches
from sls_contract.signing.authorization import authorization_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sls_contract.exchange import Exchange, Request
    from sls_contract.spec import Finding

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (check for table in (requests, signatures, responses, headers, logs) for check in table.CHECKS),
        key=lambda check: check.clause.code,
    )
)
"""Every check, in the order of the clauses' codes. Add a new check to the table of its module."""

_GROUPS: tuple[Group, ...] = tuple(
    group for table in (requests, signatures, responses, headers, logs) for group in table.GROUPS
)

_PUBLIC = frozenset(
    {TEST_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.security_token}
)


Extent: TypeAlias = Literal["full", "derivation", "common", "part"]
"""What an exchange was judged by: a full contract, one derived from pages, or the clauses of all operations.

``part``: a body or the response was not judged, whatever the contract.
"""

_UNJUDGED = frozenset({"sent-body-unread", "returned-message-unread", "encoding-unknown"})
"""Slugs of the clauses whose findings say that a body was not judged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of judging an exchange or half of one.

    Attributes:
        findings: in the order of the clauses' codes.
        exercised: codes of the clauses whose precondition held, so that they could have been broken.
        operation: the operation's name, ``other`` for a request to SLS that has no contract, ``foreign`` for a request
            to something else, which is not judged.
        extent: how much of the exchange was judged; empty if nothing was.

    """

    findings: tuple[Finding, ...]
    exercised: frozenset[str]
    operation: str
    extent: Extent | Literal[""] = ""


def check(exchange: Exchange, *, credentials: Keyring | None = None, at: datetime | None = None) -> tuple[Finding, ...]:
    """Return the findings about an exchange, or about its request alone if it has no response.

    Empty if the exchange keeps the contract. Never raises on data that came over the wire.

    Args:
        exchange: request and response as they were on the wire.
        credentials: the key that the request must be signed with, or several keys. None: the public test keys. An empty
            collection: no signature is verified.
        at: when the exchange took place (aware). None: the date of the request is not judged.

    Raises:
        UsageError: ``at`` is naive, or ``credentials`` contains something else than credentials.

    """
    return judge(exchange, credentials=credentials, at=at).findings


def judge(
    exchange: Exchange,
    *,
    credentials: Keyring | None = None,
    at: datetime | None = None,
    without: Collection[str] = (),
    searches: Searches | None = None,
) -> Verdict:
    """Judge an exchange, or its request alone if it has no response. Never raises on data that came over the wire.

    Args:
        exchange: request and response as they were on the wire.
        credentials: the key that the request must be signed with, or several keys. With several, an access key id that
            none of them has leaves the signature unverified. None: the public test keys. An empty collection: no
            signature is verified. Judging accepts every signature that `verify_signature` accepts with the same keys.
        at: when the exchange took place (aware). None: the response's date is compared with that of the request, and
            the date of the request is not judged.
        without: codes of clauses that are switched off.
        searches: shared by the calls for a file or a part of it; limits how often rare mistakes in signing are
            looked for in vain.

    Raises:
        UsageError: ``at`` is naive, or ``credentials`` contains something else than credentials.

    """
    sides = (Side.REQUEST,) if exchange.response is None else (Side.REQUEST, Side.RESPONSE)
    subject = Subject(exchange.request, exchange.response, credentials, _aware(at), searches)
    verdict = _verdict(subject, sides, without)
    return replace(verdict, extent="part") if exchange.response is None and verdict.extent else verdict


def judge_request(request: Request, *, credentials: Keyring | None = None, at: datetime | None = None) -> Verdict:
    """Judge a request, received at ``at`` (aware; None: its date is not judged). Arguments as in `judge`."""
    return _verdict(Subject(request, None, credentials, _aware(at)), (Side.REQUEST,))


def judge_response(
    exchange: Exchange, *, credentials: Keyring | None = (), at: datetime | None = None, without: Collection[str] = ()
) -> Verdict:
    """Judge the response of an exchange whose request was judged elsewhere; judge nothing if there is no response.

    The signature only decides whether the request should have been served; that is judged if ``credentials`` are
    given. Arguments as in `judge`.
    """
    sides = () if exchange.response is None else (Side.RESPONSE,)
    return _verdict(Subject(exchange.request, exchange.response, credentials, _aware(at)), sides, without)


def _verdict(subject: Subject, sides: tuple[Side, ...], without: Collection[str] = ()) -> Verdict:
    if subject.operation == FOREIGN:
        return Verdict((), frozenset(), FOREIGN)
    found: list[Finding] = []
    exercised: set[str] = set()
    for side in sides:
        found += _run_checks(subject, side, exercised)
    contract = subject.contract
    extent: Extent = "common" if contract is None else "full" if contract.coverage == "full" else "derivation"
    if any(finding.slug in _UNJUDGED for finding in found) or (Side.RESPONSE in sides and subject.proxy_mark):
        extent = "part"
    if without:
        found = [finding for finding in found if finding.code not in without]
        exercised.difference_update(without)
    secrets = _secrets_of(subject.request) if found else ()
    findings = tuple([masked_finding(finding, secrets) for finding in found])
    return Verdict(findings, frozenset(exercised), subject.operation, extent)


def _run_checks(subject: Subject, side: Side, exercised: set[str]) -> list[Finding]:
    """Run the checks of one half that apply; add the codes of the clauses that could be broken to ``exercised``."""
    found: list[Finding] = []
    operation = "" if subject.contract is None else subject.contract.operation
    of_proxy = side is Side.RESPONSE and bool(subject.proxy_mark)
    checks, groups = _REQUEST_CHECKS if side is Side.REQUEST else _PROXY_CHECKS if of_proxy else _RESPONSE_CHECKS
    for proves_kept, group_checks in groups:
        codes = proves_kept(subject)
        if codes is None:
            checks += group_checks
        else:
            exercised |= codes
    for find, code, check in checks:
        flaws = find(subject)
        if flaws is not None:
            exercised.add(code)
            if flaws:
                found += [check.finding(flaw, operation) for flaw in flaws]
    if subject.contract is not None and not of_proxy:
        judge = compiled(subject.contract)
        breaches = judge.judge_request(subject) if side is Side.REQUEST else judge.judge_response(subject)
        found += breaches.found
        exercised |= breaches.exercised
    return sorted(found, key=lambda finding: finding.code) if found else found


def _secrets_of(request: Request) -> tuple[str, ...]:
    """Return the secrets that the request contains: whole headers, key id, signature, token; the longest first."""
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


_Runnable: TypeAlias = "tuple[tuple[Callable[[Subject], Flaws], str, Check], ...]"


def _of_side(checks: Iterable[Check], side: Side) -> _Runnable:
    return tuple((each.find, each.code, each) for each in checks if each.side is side)


def _checks_of(side: Side) -> tuple[_Runnable, list[tuple[Callable[[Subject], frozenset[str] | None], _Runnable]]]:
    """Return the checks of one half that belong to no group, and the groups with their checks."""
    grouped = {each.code for group in _GROUPS for each in group.checks}
    groups = [(group.proves_kept, runnable) for group in _GROUPS if (runnable := _of_side(group.checks, side))]
    return _of_side((each for each in CHECKS if each.code not in grouped), side), groups


_REQUEST_CHECKS, _RESPONSE_CHECKS = _checks_of(Side.REQUEST), _checks_of(Side.RESPONSE)
_PROXY_CHECKS: tuple[_Runnable, list[Any]] = (
    _of_side((each for each in CHECKS if each.code in responses.OF_PROXIES), Side.RESPONSE),
    [],
)
