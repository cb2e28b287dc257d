"""What was known of each client before the bench ran it: each row is seen again, or refuted, with every full run.

The statements come from reading the clients and from watching them on raw sockets. `holds` looks at one run of the
bench: the exit code, what the wrapper printed, and how many requests were sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

SDK, CLI = "aliyun-log-python-sdk", "aliyun-log-cli"
SYNC, ASYNC = "sls20201230 sync", "sls20201230 async"
LOG, SLS = "@alicloud/log", "@alicloud/sls20201230"
TEA = (SYNC, ASYNC)


@dataclass(frozen=True, slots=True)
class Seen:
    """One run: `exit` is None where its time was over, `printed` is the last line that it printed, parsed.

    `complaints` is the end of its standard error.
    """

    exit: int | None
    printed: Any
    requests: int
    complaints: str = ""


Holds: TypeAlias = Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What clients make of one situation."""

    scenario: str
    statement: str
    clients: tuple[str, ...]
    holds: Holds


def returns(kind: type | tuple[type, ...]) -> Holds:
    """Success, with a value of this type in the place of the list."""
    return lambda seen: seen.exit == 0 and isinstance(seen.printed, kind)


def gives(value: object) -> Holds:
    """Success, with exactly this value."""
    return lambda seen: seen.exit == 0 and type(seen.printed) is type(value) and seen.printed == value


def entry(**fields: object) -> Holds:
    """Success, with an entry in which these fields have this value, or a value of this type."""

    def holds(seen: Seen) -> bool:
        first = seen.printed[0] if seen.exit == 0 and isinstance(seen.printed, list) and seen.printed else None
        return isinstance(first, Mapping) and all(_is(first.get(name), value) for name, value in fields.items())

    return holds


def _is(actual: object, wanted: object) -> bool:
    return isinstance(actual, wanted) if isinstance(wanted, type) else actual == wanted


def fails(**known: object) -> Holds:
    """An error, and what is known of it: `code`, `status`; None: the client does not say."""
    keys = {"code": "errorCode", "status": "status"}

    def holds(seen: Seen) -> bool:
        failed = seen.exit not in {0, None} and isinstance(seen.printed, Mapping)
        return failed and all(seen.printed.get(keys[name]) == value for name, value in known.items())

    return holds


def complains(text: str) -> Holds:
    """An error that names this."""
    return lambda seen: seen.exit not in {0, None} and text in seen.complaints


def asks(times: int) -> Holds:
    """So many requests, and an end."""
    return lambda seen: seen.exit is not None and seen.requests == times


def keeps_asking(seen: Seen) -> bool:
    """Still asking when its time was over."""
    return seen.exit is None and seen.requests > 1


def waits(seen: Seen) -> bool:
    """Waiting for its one response when its time was over."""
    return seen.exit is None and seen.requests == 1


def both(*holds: Holds) -> Holds:
    """Each of several."""
    return lambda seen: all(each(seen) for each in holds)


BEHAVIOURS = (
    Behaviour("update-time-beyond-doubles", "gives 2^53, one less than was sent", (LOG, SLS), entry(updateTime=2**53)),
    Behaviour("update-time-as-text", "gives a number for the string", (SLS,), entry(updateTime=int)),
    Behaviour("update-time-as-text", "passes the string through", (SDK, CLI, *TEA, LOG), entry(updateTime=str)),
    Behaviour("shard-as-text", "gives a number for the string", (SLS,), entry(shard=int)),
    Behaviour("shard-as-text", "passes the string through", (SDK, CLI, *TEA, LOG), entry(shard=str)),
    Behaviour("entry-new-key", "passes the new key through", (SDK, CLI, LOG), entry(lag={"logs": [0]})),
    Behaviour("shard-missing", "gives an entry without a shard", (SDK, CLI, *TEA, LOG, SLS), entry(shard=None)),
    Behaviour("checkpoint-missing", "gives an entry without a checkpoint", (*TEA, LOG, SLS), entry(checkpoint=None)),
    Behaviour("empty-object", "succeeds with {} in the place of a list", (SDK, CLI, LOG), gives({})),
    Behaviour("empty-object", "succeeds with an empty list", TEA, gives([])),
    Behaviour("empty-object", "fails: it expected an array", (SLS,), complains("expect array")),
    Behaviour("wrapped-list", "succeeds with the object in the place of a list", (SDK, CLI, LOG), returns(dict)),
    Behaviour("wrapped-list", "succeeds with an empty list", TEA, gives([])),
    Behaviour("single-object", "succeeds with the object in the place of a list", (SDK, CLI, LOG), returns(dict)),
    Behaviour("single-object", "succeeds with an empty list", TEA, gives([])),
    Behaviour("error-body-200", "succeeds with the error body in the place of a list", (SDK, CLI), returns(dict)),
    Behaviour("error-body-200", "succeeds with an empty list", TEA, gives([])),
    Behaviour("error-body-200", "raises that error", (LOG,), fails(code="ConsumerGroupNotExist")),
    Behaviour("sample-as-printed", "fails", (SDK, CLI, *TEA, LOG, SLS), fails()),
    Behaviour("empty-body", "fails with a TypeError, not its own LogException", (SDK, CLI), complains("TypeError")),
    Behaviour("null-body", "fails with a TypeError, not its own LogException", (SDK, CLI), complains("TypeError")),
    Behaviour("null-body", "succeeds with an empty list", TEA, gives([])),
    Behaviour("null-body", "succeeds with null in the place of a list", (SLS,), gives(None)),
    Behaviour("html-200", "succeeds with the page as a string", (LOG,), returns(str)),
    Behaviour("content-type-text", "succeeds with the text of the list, unparsed", (LOG,), returns(str)),
    Behaviour("content-type-missing", "succeeds with the text of the list, unparsed", (LOG,), returns(str)),
    Behaviour("content-type-casing", "succeeds with the text of the list, unparsed", (LOG,), returns(str)),
    Behaviour("gzip", "fails on the compressed body", (SLS,), fails()),
    Behaviour("deflate", "fails on the compressed body", (SLS,), fails()),
    Behaviour("compress-type-untrue", "fails on the plain body", (*TEA, SLS), fails()),
    Behaviour("status-201", "fails with LogRequestError", (SDK, CLI), fails(code="LogRequestError")),
    Behaviour("status-206", "fails with LogRequestError", (SDK, CLI), fails(code="LogRequestError")),
    Behaviour("html-404", "succeeds with the page as a string", (LOG,), returns(str)),
    Behaviour("html-404", "fails without saying the status", (*TEA, SLS), fails(status=None)),
    Behaviour("html-404", "fails with BadResponse", (SDK, CLI), fails(code="BadResponse")),
    Behaviour("html-502", "succeeds with the page as a string", (LOG,), returns(str)),
    Behaviour("error-text-plain", "succeeds with the error body as a string", (LOG,), returns(str)),
    Behaviour("error-code-only", "succeeds with the error body in the place of a list", (LOG,), returns(dict)),
    Behaviour("error-code-only", "fails with LogRequestError", (SDK, CLI), fails(code="LogRequestError")),
    Behaviour("error-code-message", "succeeds with the error body in the place of a list", (LOG,), returns(dict)),
    Behaviour("error-code-message", "fails without a code", (*TEA, SLS), fails(code=None)),
    Behaviour("error-snake-case", "succeeds with the error body in the place of a list", (LOG,), returns(dict)),
    Behaviour("error-capitalised", "succeeds with the error body in the place of a list", (LOG,), returns(dict)),
    Behaviour("error-capitalised", "fails without a code", (*TEA, SLS), fails(code=None)),
    Behaviour("error-500-internal-server-error", "sends 10 requests", (SDK,), asks(10)),
    Behaviour("error-500-internal-server-error", "keeps asking", (CLI,), keeps_asking),
    Behaviour("error-500-internal-server-error", "sends 1 request", (*TEA, LOG, SLS), asks(1)),
    Behaviour("html-502", "sends 10 requests", (SDK,), asks(10)),
    Behaviour("html-502", "keeps asking", (CLI,), keeps_asking),
    Behaviour("error-empty-500", "sends 10 requests", (SDK,), asks(10)),
    Behaviour("failure-twice", "asks again until it succeeds", (SDK, CLI), both(entry(shard=int), asks(3))),
    Behaviour("failure-twice", "fails at the first failure", (*TEA, LOG, SLS), both(fails(), asks(1))),
    Behaviour("reset", "sends 10 requests, through a proxy", (SDK,), asks(10)),
    Behaviour("reset", "keeps asking", (CLI,), keeps_asking),
    Behaviour("reset", "says status 200, though no response came", (SDK,), fails(status=200)),
    Behaviour("reset", "sends 1 request", (SYNC, LOG, SLS), asks(1)),
    Behaviour("reset", "sends 2 requests", (ASYNC,), asks(2)),
    Behaviour("reset-once", "succeeds by asking again", (ASYNC,), both(entry(shard=int), asks(2))),
    Behaviour("stalled", "waits longer than a run may take", (SDK, CLI), waits),
    Behaviour("stalled", "fails after 1 request", (*TEA, LOG, SLS), both(fails(), asks(1))),
    Behaviour("redirect-once", "follows the redirect", (SDK,), asks(2)),
    Behaviour("redirect-once", "does not follow the redirect", (LOG, SLS), asks(1)),
)
