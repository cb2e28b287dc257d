"""``SLS118``, ``SLS119`` and ``SLS28x``: log groups and cursors, and the headers that count them."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

_PULL = "PullLogs page"
_PROTO = "log_logs.proto of the official SDKs: LogGroupList, LogGroup, Log"
_PULL_CLIENT = "aliyun-log-python-sdk, pulllog_response.py: reads x-log-count, x-log-bodyrawsize and x-log-cursor"
_RAW_SIZE = "CommonRequestHeaders page, x-log-bodyrawsize (the same on answers): the size before compression"

CLAUSES = (
    Clause(
        code="SLS118",
        slug="sent-message",
        level=Level.VIOLATION,
        title="PutLogs sends one LogGroup in protobuf",
        text=(
            "The body of PutLogs, its compression taken off, is a LogGroup: else it is answered PostBodyInvalid or "
            "PostBodyUncompressError. Of more than 64 KiB each log is not looked into. Not judged: an empty body, a "
            "Content-Type other than protobuf, a compression that is not read here."
        ),
        sources=("PutLogs page, PostBodyInvalid and PostBodyUncompressError", _PROTO),
    ),
    Clause(
        code="SLS119",
        slug="sent-raw-size",
        level=Level.VIOLATION,
        title="x-log-bodyrawsize of PutLogs is the size before compression",
        text=(
            "With x-log-compresstype, PutLogs needs x-log-bodyrawsize: as many bytes as the body has before "
            "compression. Without compression it may be left out."
        ),
        sources=(_RAW_SIZE, "PutLogs page, request syntax"),
    ),
    Clause(
        code="SLS281",
        slug="answered-message",
        level=Level.VIOLATION,
        title="PullLogs answers a LogGroupList in protobuf",
        text=(
            "The body of a success, its compression taken off, is a LogGroupList. Of more than 64 KiB log groups are "
            "read, and each log is not. Judged where the body is as it was on the wire and protobuf was asked for."
        ),
        sources=(f"{_PULL}, response: serialized data in protobuf", _PROTO),
    ),
    Clause(
        code="SLS282",
        slug="answered-raw-size",
        level=Level.VIOLATION,
        title="PullLogs says in x-log-bodyrawsize how large the body is",
        text=(
            "x-log-bodyrawsize of a success is the bytes before compression; 0 where no log group came, and then there "
            "is nothing to read in the body. Clients allocate so much, and read no body where it says 0. (A compressed "
            "body of another size is compress-type's.)"
        ),
        sources=(f"{_PULL}, sample response", _RAW_SIZE, _PULL_CLIENT),
    ),
    Clause(
        code="SLS283",
        slug="answered-count",
        level=Level.VIOLATION,
        title="PullLogs says in x-log-count how many log groups came",
        text=(
            "x-log-count of a success is how many LogGroups the body holds. Where a query or a processor takes some "
            "away, the number is not compared."
        ),
        sources=(f"{_PULL}, response header x-log-count, and parameter count: log groups", _PULL_CLIENT),
    ),
    Clause(
        code="SLS284",
        slug="cursor-goes-on",
        level=Level.VIOLATION,
        title="The next cursor is not before the one asked for",
        text=(
            "x-log-cursor is the cursor behind what was read, so its number is never lower than that of the request's "
            "cursor. (It may be higher where no log group came: what has expired, or a query leaves out, is passed.)"
        ),
        sources=(f"{_PULL}, response header x-log-cursor: the next cursor of the data read",),
    ),
    Clause(
        code="SLS285",
        slug="cursor-passes-logs",
        level=Level.WARNING,
        title="The next cursor is behind the log groups that came",
        text=(
            "Where log groups came, x-log-cursor differs from the request's cursor: else a client reads the same again "
            "for ever. A warning only: the page's sample prints one cursor for both."
        ),
        sources=(f"{_PULL}, response header x-log-cursor: the next cursor of the data read",),
    ),
    Clause(
        code="SLS286",
        slug="unforced-without-consumer",
        level=Level.VIOLATION,
        title="A checkpoint without a consumer is taken only where it is forced",
        text=(
            "UpdateCheckPoint that names no consumer and does not force (forceSuccess is false or not there) is not "
            "answered with 200: the checkpoint cannot be updated so."
        ),
        sources=("UpdateCheckPoint page, description: without the consumer, forceSuccess must be true",),
    ),
)
