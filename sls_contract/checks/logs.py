"""Checks of what holds logs and cursors (``SLS118``, ``SLS119``, ``SLS28x``): PullLogs, PutLogs, GetCursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import compress_type, content_codings, plain_body
from sls_contract.checks.cursors import decoded, is_base64
from sls_contract.checks.log_messages import read_log_group
from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws, on_request, on_response
from sls_contract.checks.subject import OK
from sls_contract.exchange import Response

if TYPE_CHECKING:
    from sls_contract.checks.content_coding import PlainBody
    from sls_contract.checks.rule import Check
    from sls_contract.checks.subject import Subject

_PROCESSED = frozenset({"query", "processor", "pullMode"})
"""Query keys with which the service gives other log groups than are stored."""


def holds_log_groups(subject: Subject) -> Flaws:
    """Demand that the body is a ``LogGroupList``."""
    answer = subject.pulled
    if answer is None or not answer.data:
        return None
    mend = "answer the log groups as one LogGroupList in protobuf, compressed as x-log-compresstype says."
    return [Flaw("body", "a LogGroupList in protobuf", shortened(answer.damage), mend)] if answer.damage else KEPT


def raw_size_is_true(subject: Subject) -> Flaws:
    """Demand that ``x-log-bodyrawsize`` is there and counts the bytes before compression, none where there is no body.

    That a compressed body has another size is told by ``compress-type``.
    """
    answer = subject.pulled
    if answer is None:
        return None
    where, mend = "header x-log-bodyrawsize", "send the number of bytes before compression, 0 without a body."
    size = answer.number("x-log-bodyrawsize")
    if size is None:
        sent = answer.response.headers.get("x-log-bodyrawsize")
        return [Flaw(where, "a decimal number of bytes", "nothing" if sent is None else shown(sent), mend)]
    if answer.data is None or subject.plain.compress_flaw or size == len(answer.data):
        return KEPT
    return [Flaw(where, f"{len(answer.data)}, the bytes of the body", str(size), mend)]


def count_is_true(subject: Subject) -> Flaws:
    """Demand that ``x-log-count`` is there and counts the log groups; what a query leaves of them is not compared."""
    answer = subject.pulled
    if answer is None:
        return None
    where, mend = "header x-log-count", "send the number of log groups in the body."
    count = answer.number("x-log-count")
    if count is None:
        sent = answer.response.headers.get("x-log-count")
        return [Flaw(where, "a decimal number", "nothing" if sent is None else shown(sent), mend)]
    if answer.groups is None or count == answer.groups or _PROCESSED & dict(subject.request.query_pairs()).keys():
        return KEPT
    return [Flaw(where, f"{answer.groups}, the log groups in the body", str(count), mend)]


def cursor_is_base64(subject: Subject) -> Flaws:
    """Demand that each cursor that is answered is base64, and that PullLogs answers one."""
    found = _answered_cursor(subject)
    if found is None:
        return None
    where, cursor = found
    mend = "send the cursor behind what was read, in standard base64."
    if cursor is None:
        return [Flaw(where, "the next cursor", "nothing", mend)]
    return KEPT if is_base64(cursor) else [Flaw(where, "standard base64", shown(cursor), mend)]


def cursor_is_decimal(subject: Subject) -> Flaws:
    """Demand that each cursor that is answered decodes to a decimal number."""
    where, cursor = _answered_cursor(subject) or ("", None)
    if cursor is None or not is_base64(cursor):
        return None
    mend = "clients compute with cursors: write base64 of a decimal number."
    return [Flaw(where, "base64 of a decimal number", shown(cursor), mend)] if decoded(cursor) is None else KEPT


def cursor_goes_on(subject: Subject) -> Flaws:
    """Demand that the next cursor is not before the one that was asked for."""
    moved = _moved(subject)
    if moved is None:
        return None
    asked, answered = moved
    mend = "answer the cursor behind the last log group that is in the body."
    return [Flaw("header x-log-cursor", f"{asked} or more", str(answered), mend)] if answered < asked else KEPT


def cursor_passes_logs(subject: Subject) -> Flaws:
    """Demand that the next cursor is behind the one that was asked for where log groups came."""
    moved, answer = _moved(subject), subject.pulled
    if moved is None or answer is None or not answer.groups:
        return None
    asked, answered = moved
    mend = "answer the cursor behind the last log group: else a client reads the same again for ever."
    return [Flaw("header x-log-cursor", f"more than {asked}", str(answered), mend)] if answered == asked else KEPT


def anonymous_write_is_forced(subject: Subject) -> Flaws:
    """Demand that a checkpoint without a consumer is not taken unforced."""
    if subject.asked is None or subject.asked.operation != "ConsumerGroupUpdateCheckPoint" or subject.response is None:
        return None
    query = dict(subject.request.query_pairs())
    if query.get("consumer") or query.get("forceSuccess", "false").lower() != "false":
        return None
    mend = "refuse it, or take it with forceSuccess=true only."
    taken = subject.response.status == OK
    return [Flaw("status", "a refusal: no consumer, and not forced", "200", mend)] if taken else KEPT


def written_log_group(subject: Subject) -> Flaws:
    """Demand that the body of PutLogs is a ``LogGroup``."""
    plain = _written(subject)
    if plain is None or plain.unknown:
        return None
    mend = "send one LogGroup in protobuf, compressed as x-log-compresstype says."
    damage = plain.encoding_flaw or ("" if plain.data is not None else plain.compress_flaw)
    try:
        read_log_group(plain.data or b"")
    except ValueError as error:
        damage = str(error)
    return [Flaw("body", "a LogGroup in protobuf", shortened(damage), mend)] if damage else KEPT


def written_raw_size(subject: Subject) -> Flaws:
    """Demand that ``x-log-bodyrawsize`` of PutLogs counts the bytes before compression; it may miss without any."""
    plain, headers = _written(subject), subject.request.headers
    sent = headers.get("x-log-bodyrawsize", "").strip()
    if plain is None or plain.data is None or not (sent or headers.get("x-log-compresstype", "").strip()):
        return None
    size = str(len(plain.data))
    if sent == size or (sent and not sent.isdecimal()):  # what is no number is told by body-raw-size
        return KEPT
    mend = "send the number of bytes before compression."
    return [Flaw("header x-log-bodyrawsize", f"{size}, the bytes before compression", sent or "nothing", mend)]


def _written(subject: Subject) -> PlainBody | None:
    """Take the codings off the body of PutLogs; None where it has none, or is said to be no protobuf."""
    request = subject.request
    if subject.asked is None or subject.asked.operation != "PutLogs" or not request.body:
        return None
    if "protobuf" not in request.headers.get("content-type", "protobuf").lower():
        return None
    as_answer = Response(OK, request.headers, request.body)  # the same headers announce the same codings
    coded = compress_type(as_answer) or content_codings(as_answer)
    return plain_body(as_answer) if coded else plain_body(Response(OK, (), request.body))


def _answered_cursor(subject: Subject) -> tuple[str, str | None] | None:
    """Return where a cursor stands in an answer, and the cursor; None where there need not be one."""
    answer = subject.pulled
    if answer is not None:
        return "header x-log-cursor", answer.response.headers.get("x-log-cursor", "").strip() or None
    if not _is_answered(subject, "GetCursor") or not isinstance(subject.document, dict):
        return None
    cursor = subject.document.get("cursor")
    return ("/cursor", cursor) if isinstance(cursor, str) else None


def _moved(subject: Subject) -> tuple[int, int] | None:
    """Return the number of the cursor that was asked for and of the next one; None where they cannot be compared."""
    answer = subject.pulled
    if answer is None:
        return None
    query = dict(subject.request.query_pairs())
    asked, end = decoded(query.get("cursor", "")), decoded(query.get("end_cursor", ""))
    answered = decoded(answer.response.headers.get("x-log-cursor", "").strip())
    backwards = asked is not None and end is not None and end < asked
    return None if asked is None or answered is None or backwards else (asked, answered)


def _is_answered(subject: Subject, operation: str) -> bool:
    served = subject.response is not None and subject.response.status == OK
    return served and subject.asked is not None and subject.asked.operation == operation


CHECKS: tuple[Check, ...] = (
    on_request("put-logs-body", written_log_group, common=True),
    on_request("put-logs-raw-size", written_raw_size, common=True),
    on_response("log-groups", holds_log_groups, common=True),
    on_response("pulled-raw-size", raw_size_is_true, common=True),
    on_response("pulled-count", count_is_true, common=True),
    on_response("cursor-base64", cursor_is_base64, common=True),
    on_response("cursor-decimal", cursor_is_decimal, common=True),
    on_response("cursor-goes-on", cursor_goes_on, common=True),
    on_response("cursor-passes-logs", cursor_passes_logs, common=True),
    on_response("unforced-without-consumer", anonymous_write_is_forced, common=True),
)
