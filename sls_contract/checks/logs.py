"""Checks of messages with log groups and of cursors (``SLS118``, ``SLS119``, ``SLS141``, ``SLS28x``).

The contract of an operation says which body is a protobuf message, and which header counts a part of it
(`Value.equals`).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import plain_request_body
from sls_contract.checks.cursors import decoded
from sls_contract.checks.log_messages import MESSAGES
from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws, Group, on_request, on_response
from sls_contract.checks.spelling import closest_name

if TYPE_CHECKING:
    from sls_contract.checks.content_coding import PlainBody
    from sls_contract.checks.rule import Check
    from sls_contract.checks.subject import Subject

PROCESSED = frozenset({"query", "queryId", "processor", "pullMode"})
"""Query keys that make the service return other log groups than the stored ones."""

_DECIMAL = re.compile("[0-9]{1,20}")
_COMPRESSED = "compressed as x-log-compresstype says"


def returned_message(subject: Subject) -> Flaws:
    """Require that a response that should be a message can be decoded as that message."""
    message = subject.message
    if message is None or not subject.plain.data or (message.count is None and not message.damage):
        return None
    fix = f"return one {message.name} in protobuf, {_COMPRESSED}."
    return [Flaw("body", f"a {message.name} in protobuf", shortened(message.damage), fix)] if message.damage else KEPT


def returned_message_is_readable(subject: Subject) -> Flaws:
    """Count a message that is not judged: another tool decoded it, or it was requested in another form."""
    message, response = subject.message, subject.response
    if message is None or response is None or not response.body or subject.plain.data is None:
        return None  # encoding-unknown, content-encoding or compress-type reports a body that cannot be decoded
    if message.damage or message.count is not None:
        return KEPT
    actual = "a body in another form, for a request without protobuf"
    if not response.wire:
        actual = "a body that another tool decoded"
    fix = "record it with a tool that keeps bodies as they were on the wire, and request protobuf."
    return [Flaw("body", f"a {message.name} in protobuf", actual, fix)]


def counts(what: str, subject: Subject) -> Flaws:
    """Require that a header that counts a part of the body is right.

    The contract reports a missing header or one that is not a number; ``compress-type`` reports a wrong size of a
    compressed body. Log groups are not counted if the request filters or processes them.
    """
    contract, message, response = subject.contract, subject.message, subject.response
    if contract is None or message is None or response is None or message.damage:  # returned_message reports it
        return None
    plain = subject.plain.data if response.wire else None
    right = message.count if plain is None or what == "log_groups" else len(plain)
    if right is None or (what == "log_groups" and PROCESSED & dict(subject.request.query_pairs()).keys()):
        return None
    sent = {
        name: response.headers.get(name, "").strip()
        for name, value in contract.response_headers.items()
        if value.equals == f"body.{what}"
    }
    numbers = {name: int(text) for name, text in sent.items() if _DECIMAL.fullmatch(text)}
    if what == "log_groups" and plain == b"" and counts("raw_size", subject):  # one breach: the body is missing
        return None
    if not numbers or (what == "raw_size" and subject.plain.compress_flaw):
        return None
    expected, fix = COUNTED[what]
    wrong = [name for name, number in numbers.items() if number != right]
    return [Flaw(f"header {name}", expected.format(right), sent[name], fix) for name in wrong]


def cursor_goes_on(subject: Subject) -> Flaws:
    """Require that the next cursor is not before the requested one."""
    numbers = _cursor_numbers(subject)
    if numbers is None:
        return None
    requested, returned = numbers
    fix = "return the cursor after the last log group in the body."
    return (
        [Flaw(f"header {_NEXT_CURSOR}", f"{requested} or more", str(returned), fix)] if returned < requested else KEPT
    )


def cursor_passes_logs(subject: Subject) -> Flaws:
    """Require that the next cursor is after the requested one if the response contains log groups."""
    numbers, message = _cursor_numbers(subject), subject.message
    if numbers is None or message is None or not message.count:
        return None
    requested, returned = numbers
    if returned != requested:
        return KEPT
    fix = "return the cursor after the last log group; otherwise a client reads the same logs forever."
    actual = str(returned) if _next_cursor(subject) else "an empty cursor, which means to stay"
    return [Flaw(f"header {_NEXT_CURSOR}", f"more than {requested}", actual, fix)]


def count_is_respected(subject: Subject) -> Flaws:
    """Require that the response contains at most ``count`` log groups."""
    requested = dict(subject.request.query_pairs()).get("count", "")
    if subject.message is None or subject.message.count is None or not _DECIMAL.fullmatch(requested):
        return None
    fix = "return the first log groups only, and the cursor after them."
    count = subject.message.count
    return [Flaw("body", f"at most {int(requested)} log groups", str(count), fix)] if count > int(requested) else KEPT


def anonymous_write_is_forced(subject: Subject) -> Flaws:
    """Require that a checkpoint without a consumer is refused unless the write is forced."""
    contract, response = subject.contract, subject.response
    needed = {name: each.needed_unless for name, each in contract.query.items()} if contract else {}
    if contract is None or response is None or not any(needed.values()):
        return None
    query = dict(subject.request.query_pairs())
    switches = {place.removeprefix("query.") for unless in needed.values() for place in unless}
    named = any(query.get(name) for name, unless in needed.items() if unless)
    if named or any(query.get(key, "false").lower() != "false" for key in switches):
        return None
    names = switches.union(name for name, unless in needed.items() if unless)
    if any(closest_name(key, names) for key in query.keys() - contract.query.keys()):
        return None  # request-query-name reports it
    fix = "refuse a checkpoint without a consumer unless forceSuccess=true."
    accepted = response.is_ok
    return [Flaw("status", "a refusal: no consumer, and not forced", "200", fix)] if accepted else KEPT


def sent_message(subject: Subject) -> Flaws:
    """Require that a request body that should be a message can be decoded as that message."""
    plain = _request_message(subject)
    name = subject.contract.body.message if subject.contract and subject.contract.body else ""
    if plain is None or plain.unknown or name not in MESSAGES:
        return None
    damage = _sent_damage(name, plain)
    fix = f"send one {name} in protobuf, {_COMPRESSED}."
    return [Flaw("body", f"a {name} in protobuf", shortened(damage), fix)] if damage else KEPT


def _sent_damage(name: str, plain: PlainBody) -> str:
    """Return why a sent message cannot be decoded; empty if it can."""
    try:
        MESSAGES[name](plain.data or b"")
    except ValueError as error:
        return str(error)
    return plain.encoding_flaw or ("" if plain.data is not None else plain.compress_flaw)


def sent_raw_size(subject: Subject) -> Flaws:
    """Require that ``x-log-bodyrawsize`` is the size before compression; an uncompressed request may omit it.

    Pages and official SDKs send 0 beside an uncompressed JSON body.
    """
    plain, headers = _counted_body(subject), subject.request.headers.lowered
    sent, compressed = headers.get("x-log-bodyrawsize"), headers.get("x-log-compresstype", "").strip()
    message = _sends_message(subject)
    if plain is None or plain.data is None or (sent is None and not (compressed and message)):
        return None
    size = str(len(plain.data))
    if sent is not None and (sent.strip() == size or not sent.strip().isdecimal()):  # body-raw-size reports other texts
        return KEPT
    if not message and not compressed and not (sent or "").strip().strip("0"):
        return None
    if message and sent_message(subject):  # the size is that of another body
        return None
    fix = "send the number of bytes before compression."
    actual = "nothing" if sent is None else shown(sent.strip())
    return [Flaw("header x-log-bodyrawsize", f"{size}, the bytes before compression", actual, fix)]


def _counted_body(subject: Subject) -> PlainBody | None:
    """Decode the body of a request if its operation takes a message or JSON; None if there is none as it was sent."""
    contract, request = subject.contract, subject.request
    if contract is None or contract.body is None or contract.body.content != "json":
        return _request_message(subject)
    whole = request.headers.get("content-length", str(len(request.body))).strip() == str(len(request.body))
    return plain_request_body(request) if request.body and request.wire and whole else None


def sent_body_is_readable(subject: Subject) -> Flaws:
    """Count a body that no other clause judges: it cannot be read, or no source says what the service does with it."""
    contract, request = subject.contract, subject.request
    if not request.wire:
        fix = "record it again with a tool that keeps the bodies of requests, such as sls-contract proxy."
        return [Flaw("body", "the body that was sent", "a recording without it", fix)]
    if contract is None or contract.body is None or contract.body.content == "none":
        return None
    unread = _unread_message(subject) if _sends_message(subject) else ""
    if request.body and not unread:
        plain = plain_request_body(request)
        unread = plain.unknown and f"a body in the compression {shown(plain.unknown)}"
        if contract.body.content == "json" and plain.data is None:
            unread = unread or plain.encoding_flaw or plain.compress_flaw
    if not unread:
        return KEPT if request.body else None
    expected = "a body that can be read: as it is, or in lz4, zstd, deflate or gzip"
    fix = "check the body by hand, or send it as the page of the operation describes; it is not judged here."
    return [Flaw("body", expected, shortened(unread), fix)]


def _unread_message(subject: Subject) -> str:
    """Return why the message in a request is not read, whatever its compression; empty if it is."""
    kind = subject.request.headers.lowered.get("content-type", _PROTOBUF)
    if not subject.request.body:
        return "an empty body"
    return "" if _PROTOBUF in kind.lower() else f"a body of Content-Type {shown(kind)}"


def _sends_message(subject: Subject) -> bool:
    contract = subject.contract
    return contract is not None and contract.body is not None and contract.body.content == "protobuf"


def _request_message(subject: Subject) -> PlainBody | None:
    """Decode the message in a request; None if it sends none or names another Content-Type."""
    if not _sends_message(subject) or not subject.request.wire or _unread_message(subject):
        return None
    return plain_request_body(subject.request)


def _next_cursor(subject: Subject) -> str | None:
    """Return the next cursor as sent; empty if the client is to stay, None without the header."""
    sent = subject.response.headers.get(_NEXT_CURSOR) if subject.response is not None else None
    return None if sent is None else sent.strip()


def _cursor_numbers(subject: Subject) -> tuple[int, int] | None:
    """Return the numbers of the requested and of the next cursor; None if they cannot be compared."""
    if subject.message is None or subject.response is None:
        return None
    query = dict(subject.request.query_pairs())
    requested, end = decoded(query.get("cursor", "")), decoded(query.get("end_cursor", ""))
    following = _next_cursor(subject)
    returned = requested if following == "" else decoded(following or "")
    backwards = requested is not None and end is not None and end < requested
    return None if requested is None or returned is None or backwards else (requested, returned)


_PROTOBUF = "protobuf"  # in a Content-Type
_NEXT_CURSOR = "x-log-cursor"
COUNTED = {
    "raw_size": ("{}, the bytes of the body", "send the number of bytes before compression, 0 without a body."),
    "log_groups": ("{}, the log groups in the body", "send the number of log groups in the body."),
}

_REQUEST_CHECKS = (on_request("sent-message", sent_message),)
_RESPONSE_CHECKS = (
    on_response("returned-message", returned_message),
    on_response("returned-raw-size", partial(counts, "raw_size")),
    on_response("returned-count", partial(counts, "log_groups")),
    on_response("cursor-goes-on", cursor_goes_on),
    on_response("cursor-passes-logs", cursor_passes_logs),
    on_response("returned-at-most", count_is_respected),
    on_response("returned-message-unread", returned_message_is_readable),
)

GROUPS = (
    Group(_REQUEST_CHECKS, lambda subject: None if _sends_message(subject) else frozenset()),
    Group(_RESPONSE_CHECKS, lambda subject: frozenset() if subject.message is None else None),
)

CHECKS: tuple[Check, ...] = (
    *_REQUEST_CHECKS,
    *_RESPONSE_CHECKS,
    on_request("sent-raw-size", sent_raw_size),
    on_request("sent-body-unread", sent_body_is_readable),
    on_response("unforced-without-consumer", anonymous_write_is_forced),
)
