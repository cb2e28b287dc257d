"""``SLS118``, ``SLS119`` and ``SLS28x``: log groups and cursors, and the headers that count them."""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

_PULL = "PullLogs page"
_PROTO = "log_logs.proto of the official SDKs: LogGroupList, LogGroup, Log"
_PULL_CLIENT = "aliyun-log-python-sdk, pulllog_response.py: reads x-log-count, x-log-bodyrawsize and x-log-cursor"
_END = "PullLogs of the SDK of 2020-12-30, endCursor; aliyun-log-python-sdk, pull_logs: end_cursor"
_RAW_SIZE = "CommonRequestHeaders page, x-log-bodyrawsize (the same on answers): the size before compression"

CLAUSES = (
    violation("SLS118", "sent-message", "PutLogs sends one LogGroup in protobuf").says(
        "The decompressed body of PutLogs is a LogGroup; otherwise it is answered with PostBodyInvalid or "
        "PostBodyUncompressError. The single logs of a body above 64 KiB are not checked. Not judged: an "
        "empty body, a Content-Type other than protobuf, a compression that is not supported here.",
        "PutLogs page, PostBodyInvalid and PostBodyUncompressError",
        _PROTO,
    ),
    violation("SLS119", "sent-raw-size", "x-log-bodyrawsize of PutLogs is the size before compression").says(
        "With x-log-compresstype, PutLogs needs x-log-bodyrawsize: as many bytes as the body has before "
        "compression. Without compression it may be left out.",
        _RAW_SIZE,
        "PutLogs page, request syntax",
    ),
    violation("SLS281", "answered-message", "PullLogs returns a LogGroupList in protobuf").says(
        "The decompressed body of a success is a LogGroupList. The single logs of a body above 64 KiB are not "
        "checked. Judged if the body is as it was on the wire and protobuf was requested.",
        f"{_PULL}, response: serialized data in protobuf",
        _PROTO,
    ),
    violation("SLS282", "answered-raw-size", "PullLogs gives the size of the body in x-log-bodyrawsize").says(
        "x-log-bodyrawsize of a success is the number of bytes before compression, or 0 without log groups, "
        "and then the body has none. Clients allocate that many bytes, and read no body if it is 0. A "
        "compressed body of another size breaks compress-type.",
        f"{_PULL}, sample response",
        _RAW_SIZE,
        _PULL_CLIENT,
    ),
    violation("SLS283", "answered-count", "PullLogs gives the number of log groups in x-log-count").says(
        "x-log-count of a success is the number of LogGroups in the body. It is not compared if a query or a "
        "processor removes some.",
        f"{_PULL}, response header x-log-count, and parameter count: log groups",
        _PULL_CLIENT,
    ),
    violation("SLS284", "cursor-goes-on", "The next cursor is not before the requested one").says(
        "x-log-cursor is the cursor after what was read, so its number is never lower than that of the "
        "request's cursor. It may be higher without log groups: expired and filtered logs are skipped.",
        f"{_PULL}, response header x-log-cursor: the next cursor of the data read",
    ),
    warning("SLS285", "cursor-passes-logs", "The next cursor is after the log groups that came").says(
        "If log groups came, x-log-cursor differs from the request's cursor: otherwise a client reads the "
        "same logs for ever. This is a warning: the page's sample prints one cursor for both.",
        f"{_PULL}, response header x-log-cursor: the next cursor of the data read",
    ),
    violation("SLS286", "unforced-without-consumer", "A checkpoint without a consumer must be forced").says(
        "UpdateCheckPoint without a consumer and without forceSuccess=true is not answered with 200.",
        "UpdateCheckPoint page, description: without the consumer, forceSuccess must be true",
    ),
    violation("SLS287", "answered-at-most", "PullLogs answers no more log groups than were asked for").says(
        "A success holds at most as many LogGroups as the parameter count says, and none at or after end_cursor. "
        "A client that asks for few has room for few.",
        f"{_PULL}, parameter count: the log groups to return",
        _END,
    ),
)
