"""``SLS433`` to ``SLS440``: what holds between the exchanges of consumers, judged from what a recording holds.

Others may ask the service unseen, and requests may overlap: a clause is judged only where neither could explain what
came. ``SLS401``, ``SLS421`` and ``SLS422`` of `behaviour` are judged so, too.
"""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

_HEART = "HeartBeat page"
_UPDATE = "UpdateCheckPoint page"
_CURSOR = "GetCursor page, parameter from"
_WORKERS = "Consumer libraries of the Python, Go and Java SDK"

CLAUSES = (
    Clause(
        code="SLS433",
        slug="pulled-cursor-given",
        level=Level.WARNING,
        title="A client pulls at a cursor that was given for the shard",
        text=(
            "From its second pull of a shard on, a client asks PullLogs for a cursor of this shard that was answered "
            "before: by PullLogs (x-log-cursor), GetCursor or GetCheckPoint, or asked for before. To go back is free: "
            "to the checkpoint, after a restart, after InvalidCursor. A cursor that nobody gave, or one of another "
            "shard, passes over logs. Clients are told apart by User-Agent; a cursor that lies between two given ones "
            "is let pass where a shard had more than 1,024."
        ),
        sources=("PullLogs page, x-log-cursor: the next cursor", _WORKERS),
    ),
    Clause(
        code="SLS434",
        slug="checkpoint-given",
        level=Level.WARNING,
        title="A checkpoint is a cursor that was given for the shard",
        text=(
            "What UpdateCheckPoint writes is a cursor of this shard that was answered or asked for before, or written "
            "before. Judged where the shard was pulled before; whoever sets a checkpoint by hand knows better, so this "
            "is a warning."
        ),
        sources=(f"{_UPDATE}, parameter checkpoint", _WORKERS),
    ),
    Clause(
        code="SLS435",
        slug="heartbeat-subset",
        level=Level.WARNING,
        title="A heartbeat lists shards that the consumer was told to hold",
        text=(
            "The body of a heartbeat holds no shard beyond those of the same consumer's heartbeat before and of its "
            "answer. The first one after the group was made is []. A consumer that lists what it was not given takes "
            "logs that another delivers."
        ),
        sources=(
            f"{_HEART}: the shards that are being consumed; NotExistConsumerWithBody",
            _WORKERS,
        ),
    ),
    Clause(
        code="SLS436",
        slug="unknown-consumer-with-shards",
        level=Level.VIOLATION,
        title="A consumer that is not there cannot hold shards",
        text=(
            "The first heartbeat of a consumer in a group that was just made is refused with 400 "
            "NotExistConsumerWithBody where it lists shards. Judged only where nobody else can have sent heartbeats."
        ),
        sources=(f"{_HEART}, error code NotExistConsumerWithBody",),
    ),
    Clause(
        code="SLS437",
        slug="shard-held-once",
        level=Level.VIOLATION,
        title="No shard is given to two live consumers",
        text=(
            "While a consumer holds a shard (two heartbeats within the group's timeout list it, and the first was "
            "answered with it), no heartbeat of another is answered with it. Judged where the timeout is known, by "
            "CreateConsumerGroup, UpdateConsumerGroup or ListConsumerGroup."
        ),
        sources=(
            f"{_HEART}: all shards that the consumer consumes",
            "CreateConsumerGroup page, timeout: a consumer that is silent for so long is deleted",
            "README of the Java consumer library: a shard is consumed by one consumer at a time",
        ),
    ),
    Clause(
        code="SLS438",
        slug="unforced-write-of-others",
        level=Level.WARNING,
        title="Only its holder writes a shard's checkpoint unforced",
        text=(
            "UpdateCheckPoint without forceSuccess is refused with ConsumerNotExist for a consumer that never sent a "
            "heartbeat, and with ConsumerNotMatch while another live consumer holds the shard. A warning: no page says "
            "when these errors come."
        ),
        sources=(f"{_UPDATE}, error code ConsumerNotExist", "aliyun-log-java-sdk: ConsumerNotMatch"),
    ),
    Clause(
        code="SLS439",
        slug="cursor-by-time",
        level=Level.VIOLATION,
        title="A later time gives no earlier cursor",
        text=(
            "GetCursor of one shard: begin is the first cursor, end the last, and a time as late or later than that of "
            "an earlier request gives the same cursor or one behind it. A time before everything that is kept gives "
            "that of begin. What is kept changes in one direction only: the beginning expires, the end grows."
        ),
        sources=(f"{_CURSOR}: from_time <= begin_time gives begin_time, >= end_time the next position",),
    ),
    Clause(
        code="SLS440",
        slug="given-cursor-served",
        level=Level.WARNING,
        title="A cursor that was just given can be pulled",
        text=(
            "PullLogs at a cursor that PullLogs or GetCursor answered for the shard within the last minute is not "
            "refused as invalid. A warning: what expires meanwhile may take its cursor with it."
        ),
        sources=(
            "GetCursor page: the cursor locates logs in a shard",
            "PullLogs page, errors InvalidCursor (2018) and ParameterInvalid",
        ),
    ),
)
