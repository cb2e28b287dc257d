"""``SLS418``, ``SLS419``, ``SLS433`` to ``SLS440``: what holds between the exchanges of consumers, and their lists.

Judged from what a recording holds. Others may ask the service unseen, and requests may overlap: a clause is judged only
where neither could explain what came. ``SLS401``, ``SLS421`` and ``SLS422`` of `behaviour` are judged so, too.
"""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

_HEART = "HeartBeat page"
_UPDATE = "UpdateCheckPoint page"
_CURSOR = "GetCursor page, parameter from"
_WORKERS = "Consumer libraries of the Python, Go and Java SDK"

CLAUSES = (
    warning("SLS418", "shard-ranges", "Each hash key belongs to one writable shard").says(
        "The ranges of the readwrite shards that ListShards lists follow each other without gap or overlap, from "
        "32 zeros to 32 times f. A list of readonly shards only is wrong if PutLogs is served after it. A warning: "
        "examples show it, no sentence says it. Judged in a run of verify, if each key has 32 hexadecimal digits.",
        "ListShards and SplitShard pages, inclusiveBeginKey, exclusiveEndKey and status: examples",
        "PutLogs page, mode KeyHash: logs go to the shard whose range holds the key",
    ),
    warning("SLS419", "shard-lasting", "A shard keeps its keys and its creation time").says(
        "ListShards returns the same inclusiveBeginKey, exclusiveEndKey and createTime for a shard each time: a split "
        "or a merge makes new shards. A warning: no client reads them. Judged in a run of "
        "verify, where no other client creates the logstore again.",
        "ListShards page, createTime: when the shard was created",
        "SplitShard page, example: the original shard with its range",
    ),
    warning("SLS433", "pulled-cursor-given", "A client pulls at a cursor that it received for the shard").says(
        "From its second pull of a shard on, a client sends PullLogs a cursor that it knows for this shard: "
        "from PullLogs (x-log-cursor), GetCursor or GetCheckPoint, or sent before. Going back is allowed: to "
        "the checkpoint, after a restart, after InvalidCursor. Any other cursor skips logs. Clients are told "
        "apart by User-Agent. If a shard had more than 1,024 cursors, one between two known ones is accepted.",
        "PullLogs page, x-log-cursor: the next cursor",
        _WORKERS,
    ),
    warning("SLS434", "checkpoint-given", "A checkpoint is a cursor that was received for the shard").says(
        "UpdateCheckPoint writes a cursor of this shard that was answered, sent or written before. Judged if "
        "the shard was pulled before. A person may set any checkpoint by hand, so this is a warning.",
        f"{_UPDATE}, parameter checkpoint",
        _WORKERS,
    ),
    warning("SLS435", "heartbeat-subset", "A heartbeat lists shards that the consumer was assigned").says(
        "The body of a heartbeat lists only shards of the same consumer's previous heartbeat and of its "
        "answer. The first one after the group was created is []. A consumer that lists other shards takes "
        "logs that another consumer delivers.",
        f"{_HEART}: the shards that are being consumed; NotExistConsumerWithBody",
        _WORKERS,
    ),
    violation("SLS436", "unknown-consumer-with-shards", "A new consumer holds no shards").says(
        "The first heartbeat of a consumer in a new group is refused with 400 NotExistConsumerWithBody if it "
        "lists shards. Judged only if no other client can have sent heartbeats.",
        f"{_HEART}, error code NotExistConsumerWithBody",
    ),
    violation("SLS437", "shard-held-once", "No shard is assigned to two live consumers").says(
        "A consumer holds a shard if two heartbeats within the group's timeout list it, and the first was "
        "answered with it. Until then, no heartbeat of another consumer is answered with that shard. Judged "
        "if the timeout is known from CreateConsumerGroup, UpdateConsumerGroup or ListConsumerGroup.",
        f"{_HEART}: all shards that the consumer consumes",
        "CreateConsumerGroup page, timeout: a consumer that is silent for so long is deleted",
        "README of the Java consumer library: a shard is consumed by one consumer at a time",
    ),
    warning("SLS438", "unforced-write-of-others", "Only its holder writes a shard's checkpoint unforced").says(
        "UpdateCheckPoint without forceSuccess is refused with ConsumerNotExist for a consumer that never sent a "
        "heartbeat, and with ConsumerNotMatch while another live consumer holds the shard. It is refused with neither "
        "for the only consumer that was assigned the shard. A warning: no page says when these errors come.",
        f"{_UPDATE}, error code ConsumerNotExist",
        "aliyun-log-java-sdk: ConsumerNotMatch",
    ),
    violation("SLS439", "cursor-by-time", "A later time gives no earlier cursor").says(
        "For GetCursor of one shard, begin is the first cursor and end the last. A time that is not before "
        "that of an earlier request gives the same cursor or a later one. A time before everything that is "
        "kept gives the cursor of begin. Over time, begin and end only move forward.",
        f"{_CURSOR}: from_time <= begin_time gives begin_time, >= end_time the next position",
    ),
    warning("SLS440", "given-cursor-served", "A cursor that was just answered can be pulled").says(
        "PullLogs at a cursor that PullLogs or GetCursor answered for the shard within the last minute is not "
        "refused as invalid. This is a warning: the logs may have expired in the meantime.",
        "GetCursor page: the cursor locates logs in a shard",
        "PullLogs page, errors InvalidCursor (2018) and ParameterInvalid",
    ),
)
