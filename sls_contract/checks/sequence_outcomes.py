"""``SLS44x`` to ``SLS46x``: whether a request was rightly served or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sls_contract.checks.content_coding import json_body
from sls_contract.checks.sequence import ClauseResults
from sls_contract.checks.subject import CLOCK_ERRORS
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sls_contract.exchange import Response

Outcome: TypeAlias = Literal[
    "served",
    "group-missing",
    "logstore-missing",
    "logstore-none",
    "project-missing",
    "project-none",
    "signature",
    "key",
    "token",
    "malformed",
    "clock",
    "incomplete",
    "unknown-shard",
]

TOO_MANY_REQUESTS = 429  # sent by gateways; no page documents it
_OVERLOADED = frozenset({TOO_MANY_REQUESTS, 503})
_QUOTAS = ("WriteQuotaExceed", "ReadQuotaExceed", "ShardWriteQuotaExceed", "ShardReadQuotaExceed")  # of some seconds
_BUSY = frozenset((403, code) for code in (*_QUOTAS, "MetaOperationQpsLimitExceeded"))


class _Refusal(NamedTuple):
    """The required form of a refusal; without codes, any code is accepted."""

    code: str
    statuses: Collection[int]
    codes: Collection[str]
    fix: str


_REFUSALS: dict[str, _Refusal] = {
    "group-missing": _Refusal("SLS441", {404}, {"ConsumerGroupNotExist"}, "Return 404 if the group does not exist."),
    "logstore-missing": _Refusal("SLS442", {404}, {"LogStoreNotExist"}, "Return 404 if the logstore does not exist."),
    "project-missing": _Refusal("SLS443", {404}, {"ProjectNotExist"}, "Return 404 if the project does not exist."),
    "logstore-none": _Refusal("SLS442", {400, 404}, (), "Compare the whole name of a logstore, letter by letter."),
    "project-none": _Refusal("SLS443", {400, 401, 403, 404}, (), "Compare the whole name of a project."),
    "signature": _Refusal("SLS451", {401}, {"SignatureNotMatch"}, "Compute the signature and compare it."),
    "key": _Refusal("SLS452", {401}, {"Unauthorized", "InvalidAccessKeyId"}, "Refuse keys that do not exist with 401."),
    "token": _Refusal("SLS453", {401}, {"Unauthorized"}, "Check the token of a temporary key."),
    "malformed": _Refusal("SLS454", {400, 401}, (), "Refuse a text that is not a signature with 400 or 401."),
    "incomplete": _Refusal("SLS445", {400}, (), "Refuse damaged JSON, and a missing parameter, with 400."),
    "clock": _Refusal("SLS455", {400}, CLOCK_ERRORS, "Compare the request's time with the server's, both ways."),
}

_ABOUT_GROUPS = {
    "ConsumerGroupAlreadyExist": (
        "200: no group of this name was created, or it was deleted",
        "Create a group only by CreateConsumerGroup, return 200 when it exists, and remove it when it is deleted.",
    ),
    "ConsumerGroupNotExist": (
        "200: the group exists",
        "Find a group from its creation until its deletion, on every connection and every server.",
    ),
}
"""By errorCode of a wrong refusal: the expected response and the fix."""

_ABOUT_SENDERS = frozenset({"SLS451", "SLS452", "SLS453", "SLS455"})
_STATUS = "SLS231"
_ALSO_FOUND_BY = {
    "SLS445": {"SLS436"},
    "SLS451": {"SLS239"},
    "SLS454": {"SLS239", "SLS240"},
    "SLS455": {"SLS240"},
}
"""The clauses of a single exchange that report the same breach, by clause of the refusal; it is reported once."""


def judge_outcome(
    outcome: Outcome, response: Response, reported: Collection[str] = (), documented: Collection[str] = ()
) -> ClauseResults:
    """Judge status and errorCode.

    ``reported`` are the codes of the clauses that the exchange alone breaks. ``documented`` are errorCodes of the
    operation; such an error with status 400 is not about the sender.
    """
    if outcome in {"served", "unknown-shard"}:
        exercised = {"SLS444", "SLS456"} if outcome == "served" else {"SLS423"}
        findings = tuple(_served(response, documented) if outcome == "served" else _empty_list(response))
        broken = {finding.code for finding in findings}
        return ClauseResults(() if _STATUS in reported else findings, frozenset(exercised | broken))
    return _judge_refusal(_REFUSALS[outcome], response, reported)


def judge_documented(
    codes: Collection[str], statuses: Collection[int], response: Response, reported: Collection[str] = ()
) -> ClauseResults:
    """Judge whether a request is refused with one of the errors that its page documents for its mistake.

    ``reported`` are the codes of the clauses that are known to be broken by the exchange.
    """
    wanted = "Return the error of the operation's table: sls-contract spec show OPERATION."
    refusal = _Refusal("SLS445", statuses or range(400, 500), codes, wanted)
    return _judge_refusal(refusal, response, reported)


def _judge_refusal(refusal: _Refusal, response: Response, reported: Collection[str]) -> ClauseResults:
    known = not _ALSO_FOUND_BY.get(refusal.code, set()).isdisjoint(reported)
    return ClauseResults(() if known else tuple(_refused(refusal, response)), frozenset({refusal.code}))


def error_code(response: Response) -> str | None:
    """Return the errorCode of a response; None if it has none or is not JSON."""
    document = json_body(response)
    code = document.get("errorCode") if isinstance(document, dict) else None
    return code if isinstance(code, str) else None


def is_overloaded(response: Response) -> bool:
    """Return whether the response only says that the service lacks time or quota for the request."""
    return response.status in _OVERLOADED or (response.status, error_code(response)) in _BUSY


def _served(response: Response, documented: Collection[str]) -> Iterator[Finding]:
    if response.is_ok:
        return
    code = error_code(response)
    broken, expected, fix = "SLS444", "200", "Return 200 to correct requests for what exists."
    if code in _ABOUT_GROUPS:
        expected, fix = _ABOUT_GROUPS[code]
    elif response.is_server_error:
        fix = "Find out in the log of the endpoint why it failed; this request is correct."
    elif code in CLOCK_ERRORS:
        broken, fix = "SLS457", "Allow 15 minutes either way."
    elif code in documented:
        fix = "Return this error for a request that makes its mistake; this request is correct."
    elif response.status in {400, 401}:
        broken, fix = "SLS456", "See `sls-contract signature` for what this request signs."
        if code is not None and code != "SignatureNotMatch":
            fix = "Accept every form: header names in any case, JSON with blanks and escapes, a query in any order."
    yield clause(broken).finding("status", expected, _shown(response, code), fix)


def _empty_list(response: Response) -> Iterator[Finding]:
    if not response.is_ok:
        yield clause("SLS423").finding(
            "status",
            "200 and []",
            _shown(response, error_code(response)),
            "Return an empty list for a shard that does not exist.",
        )


def _refused(refusal: _Refusal, response: Response) -> Iterator[Finding]:
    code = error_code(response)
    if response.status in refusal.statuses and (not refusal.codes or code is None or code in refusal.codes):
        return  # the check of the single exchange reports a body without errorCode
    wanted = " or ".join(map(str, sorted(refusal.statuses)))
    names = " or ".join(sorted(refusal.codes))
    fix = refusal.fix
    if response.is_server_error:
        fix = f"Find out in the log of the endpoint why it failed; refuse this request with {wanted}."
    elif not response.is_ok and refusal.code in _ABOUT_SENDERS:
        fix = "Refuse it with this status and errorCode; clients use them to choose the correction."
    yield clause(refusal.code).finding("status", f"{wanted} {names}".strip(), _shown(response, code), fix)


def _shown(response: Response, code: str | None) -> str:
    return f"{response.status}{f' {code[:80]}' if code else ''}"
