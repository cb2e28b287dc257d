"""``SLS4xx`` of the operations around GetCheckPoint: what groups, consumers and logs must be after what was done.

Judged by whoever brought the state about; codes in the gaps of `behaviour`.
"""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

_LIST = "ListConsumerGroup page, response elements"
_CREATE = "CreateConsumerGroup page, parameters timeout and order"
_HEART = "HeartBeat page"
_PUT = "PutLogs page: writes logs to a logstore"
_PULL = "PullLogs page: reads the logs of a shard from a cursor on"


CLAUSES = (
    violation("SLS408", "group-listed", "ListConsumerGroup lists the groups that exist").says(
        "A group is listed from the answer to its CreateConsumerGroup on, until its DeleteConsumerGroup is answered. "
        "A group whose creation was refused is not listed.",
        _LIST,
        "CreateConsumerGroup and DeleteConsumerGroup pages",
    ),
    violation("SLS409", "group-settings", "A group is listed with the timeout and order that were set last").says(
        "ListConsumerGroup returns the timeout and order of the last accepted CreateConsumerGroup or "
        "UpdateConsumerGroup. UpdateConsumerGroup leaves alone what it does not name.",
        _LIST,
        _CREATE,
        "UpdateConsumerGroup page",
    ),
    violation("SLS416", "consumer-timeout", "A consumer lives until the timeout of its group is over").says(
        "A heartbeat that lists shards is served while the consumer's last heartbeat is younger than the group's "
        "timeout. A consumer that was silent for three times as long is deleted: it gets 400 NotExistConsumerWithBody.",
        "CreateConsumerGroup page, timeout: a consumer without a heartbeat in this time is deleted",
        f"{_HEART}, error code NotExistConsumerWithBody",
    ),
    violation("SLS417", "assigned-shard-exists", "A heartbeat assigns shards of the logstore").says(
        "Each shard in the answer to HeartBeat is one that ListShards lists. A consumer cannot pull another.",
        f"{_HEART}, response: the shards that the consumer consumes",
        "ListShards page",
    ),
    violation("SLS426", "log-delivered", "Logs that were taken can be pulled").says(
        "Once PutLogs is answered with 200, PullLogs finds the logs in one of the shards, from the cursor that "
        "GetCursor gave for the end before the write. With a hash key it is the shard whose range holds the key. The "
        "cursor at which a log was pulled gives it again.",
        _PUT,
        _PULL,
    ),
    violation("SLS427", "log-preserved", "A log comes back as it was written").says(
        "Keys and values of a pulled log, in their order, its time with nanoseconds, topic and source are those that "
        "were written, and every tag is there. The service may add tags.",
        _PUT,
        "log_logs.proto of the official SDKs",
    ),
    violation("SLS428", "log-once-in-order", "Pulling from cursor to cursor delivers each log once, in order").says(
        "Pulling a shard from x-log-cursor to x-log-cursor gives each log once. Logs that were written one after the "
        "other come in this order.",
        f"{_PULL}; response header x-log-cursor: the next cursor of the data read",
    ),
    warning("SLS429", "every-shard-assigned", "The only consumer of a group is assigned every shard").says(
        "The heartbeats of the only living consumer are answered with every readwrite shard that ListShards lists, "
        "also with those of a consumer that was silent for three timeouts. A shard that is assigned to no consumer is "
        "never consumed. Judged in a run of verify, after six heartbeats that bring no more shards. "
        "A warning: no page says how soon.",
        f"{_HEART}: all shards that the consumer consumes",
        "CreateConsumerGroup page, timeout: a consumer without a heartbeat in this time is deleted",
        "Consumer libraries of the Python, Go and Java SDK: they consume the shards that heartbeats are answered with",
    ),
    violation("SLS445", "documented-error", "What a page says is refused is refused with its error").says(
        "A request that the error table of its operation has a row for is answered with the status and the errorCode "
        "of that row, or of another row for the same mistake.",
        "error codes in the page of each operation (sls-contract spec show)",
    ),
    violation("SLS447", "cursor-time-of-log", "GetCursorTime answers when the log was received").says(
        "The time of a cursor lies within 15 minutes of the answer to the PutLogs of its log, and never changes.",
        "GetCursorTime page, response element cursor_time",
    ),
)
