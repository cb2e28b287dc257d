"""Lists and changes of groups, heartbeats, and which consumers may write a checkpoint."""

from functools import partial

from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    AtOnce,
    Call,
    Create,
    Delete,
    HandOver,
    HeartBeat,
    HoldAll,
    ListGroups,
    PassTime,
    Place,
    Read,
    Update,
    Write,
)

_list_consumer_group = partial(Scenario.of, "ListConsumerGroup")
_update_consumer_group = partial(Scenario.of, "UpdateConsumerGroup")
_consumer_group_heart_beat = partial(Scenario.of, "ConsumerGroupHeartBeat")
_consumer_group_update_check_point = partial(Scenario.of, "ConsumerGroupUpdateCheckPoint")
_CREATE, _UPDATE, _LIST = "CreateConsumerGroup page", "UpdateConsumerGroup page", "ListConsumerGroup page"
_HEART, _WRITE = "HeartBeat page", "UpdateCheckPoint page"
_A, _B = Place("a"), Place("b")
_OTHER, _WIDE = Place("a", "other"), Place("a", "wide")

SCENARIOS = (
    _list_consumer_group(
        "groups-listed",
        "each group from its creation to its deletion, with its timeout and order",
        _LIST,
        "SLS408 SLS409 SLS273 SLS279",
    ).doing(
        Create(_A, timeout=20),
        ListGroups(),
        Create(_B, timeout=40, order=True),
        ListGroups(),
        Delete(_A),
        ListGroups(),
        Create(_A),
        ListGroups(),
    ),
    _list_consumer_group(
        "groups-listed-in-full", "every group, even if there are a dozen", _LIST, "SLS408 SLS409"
    ).doing(*(Create(Place(f"g{number}")) for number in range(12)), ListGroups()),
    _list_consumer_group("groups-listed-by-long-names", "each group by its whole name", _LIST, "SLS408 SLS409").doing(
        *(Create(Place("n" * 36 + last)) for last in "12"), ListGroups()
    ),
    _list_consumer_group("groups-listed-by-logstore", "the groups of one logstore only", _LIST, "SLS408 SLS409").doing(
        Create(_A, timeout=20),
        ListGroups(_OTHER),
        Create(_OTHER, timeout=40),
        ListGroups(_A),
        Delete(_A),
        ListGroups(_A),
        ListGroups(_OTHER),
    ),
    _update_consumer_group(
        "group-updated", "timeout and order as they were set last, each alone and both", _UPDATE, "SLS408 SLS409"
    ).doing(
        Create(_A, timeout=20),
        Create(_B, timeout=20),
        Update(30),
        ListGroups(),
        Update(order=True),
        ListGroups(),
        Update(40),
        ListGroups(),
        *(Update(60, order=False),) * 2,
        ListGroups(),
    ),
    _update_consumer_group(
        "updates-at-once",
        "timeout and order, each set by one of two requests in parallel",
        f"{_UPDATE}: timeout, order, or both",
        "SLS408 SLS409",
    ).doing(
        Create(_A, timeout=20),
        *(AtOnce((Update(40), Update(order=True))), ListGroups(), Update(20, order=False)) * 3,
    ),
    _list_consumer_group(
        "creations-at-once",
        "200 for one of two requests in parallel that create the same group, ConsumerGroupAlreadyExist for the other",
        f"{_CREATE}, ConsumerGroupAlreadyExist",
        "SLS408 SLS409 SLS445",
    ).doing(
        *(step for at in (_A, _B, Place("c")) for step in (AtOnce((Create(at), Create(at))), ListGroups(), Delete(at)))
    ),
    _update_consumer_group(
        "group-updated-keeps-checkpoints", "checkpoints and updateTime as they were", _UPDATE, "SLS402 SLS413"
    ).doing(*setup(), Write(0), Read(0), Update(60, order=True), Read(0), Read()),
    _update_consumer_group(
        "group-updated-and-deleted", "404 ConsumerGroupNotExist for a group that was deleted", _UPDATE, "SLS406 SLS441"
    ).doing(Create(_A), Update(60), Delete(_A), Update(40), Read()),
    _consumer_group_heart_beat(
        "heartbeat-of-one-consumer",
        "shards of the logstore, also if the consumer lists the shards that it holds",
        f"{_HEART}, response",
        "SLS417 SLS429 SLS271 SLS272",
    ).doing(
        Create(), Call("ListShards"), HoldAll(), HeartBeat(), HeartBeat(), HeartBeat(lists=(0, "far")), HeartBeat()
    ),
    _consumer_group_heart_beat(
        "heartbeat-of-many-shards", "every shard of the logstore", f"{_HEART}, response", "SLS417 SLS429"
    ).doing(Create(_WIDE), Call("ListShards", at=_WIDE), HoldAll(at=_WIDE)),
    _consumer_group_heart_beat(
        "heartbeat-after-another-ended",
        "every shard, also those of a consumer that timed out",
        f"{_CREATE}, timeout; {_HEART}, response",
        "SLS417 SLS429",
    ).doing(
        Create(timeout=20),
        Call("ListShards"),
        HeartBeat(),
        HeartBeat(),
        HeartBeat("consumer_2"),
        *(step for _ in range(6) for step in (PassTime(15), HeartBeat("consumer_2"))),
        HoldAll(("consumer_2",)),
        PassTime(90),
        HeartBeat(lists=()),
        HoldAll(),
    ),
    _consumer_group_heart_beat(
        "heartbeat-of-two-consumers",
        "no shard is given to both consumers",
        f"{_HEART}; README of the Java consumer library",
        "SLS437",
    ).doing(
        *setup(),
        HandOver(),
        HeartBeat("consumer_1"),
        HeartBeat("consumer_2", lists=("kept",)),
        HeartBeat("consumer_1"),
        HeartBeat("consumer_2"),
        HeartBeat("consumer_1"),
    ),
    _consumer_group_heart_beat(
        "heartbeat-of-three-consumers",
        "no shard is given to two of them, also if there are fewer shards than consumers",
        f"{_HEART}; README of the Java consumer library",
        "SLS437",
    ).doing(Create(_OTHER), *(HeartBeat(f"consumer_{number}", _OTHER) for _ in range(5) for number in (1, 2, 3))),
    _consumer_group_heart_beat(
        "heartbeat-of-three-for-every-shard",
        "every shard assigned to one of three consumers",
        f"{_HEART}, response",
        "SLS417 SLS429",
    ).doing(Create(), Call("ListShards"), HoldAll(("consumer_1", "consumer_2", "consumer_3"))),
    _consumer_group_heart_beat(
        "heartbeats-at-once",
        "no shard is given to both of two consumers that start in parallel",
        f"{_HEART}; README of the Java consumer library",
        "SLS437",
    ).doing(
        Create(),
        AtOnce((HeartBeat("consumer_1"), HeartBeat("consumer_2"))),
        HandOver(),
        HeartBeat("consumer_1"),
        HeartBeat("consumer_2"),
    ),
    _consumer_group_heart_beat(
        "heartbeat-in-time",
        "the consumer stays within its timeout; after three timeouts it is deleted, and nothing else",
        f"{_CREATE}, timeout; {_HEART}, NotExistConsumerWithBody; {_WRITE}, ConsumerNotExist",
        "SLS402 SLS416",
    ).doing(
        Create(timeout=20),
        HeartBeat(),
        PassTime(10),
        HeartBeat(),
        Write(0),
        PassTime(15),
        HeartBeat(),
        *(step for _ in range(6) for step in (PassTime(15), HeartBeat("consumer_2"), Read())),
        HeartBeat(refused="NotExistConsumerWithBody"),
        Write(0, force="false"),
        PassTime(90),
        Read(),
    ),
    _consumer_group_heart_beat(
        "heartbeat-missing-beside-writes",
        "a consumer that only writes checkpoints for three timeouts is deleted",
        f"{_CREATE}, timeout: without heartbeats; {_HEART}, NotExistConsumerWithBody",
        "SLS416",
    ).doing(
        Create(timeout=20),
        *(HeartBeat(),) * 2,
        *(PassTime(15), Write(0)) * 6,
        HeartBeat(refused="NotExistConsumerWithBody"),
    ),
    _update_consumer_group(
        "heartbeat-timeout-updated",
        "the new timeout counts",
        f"{_UPDATE}, timeout; {_HEART}, NotExistConsumerWithBody",
        "SLS416",
    ).doing(
        Create(timeout=20),
        HeartBeat(),
        Update(200),
        HeartBeat(),
        PassTime(100),
        HeartBeat(),
        Update(20),
        HeartBeat(),
        PassTime(90),
        HeartBeat(refused="NotExistConsumerWithBody"),
    ),
    _consumer_group_update_check_point(
        "update-checkpoint-of-a-stranger",
        "ConsumerNotExist for a consumer that sent no heartbeat; forced by true or True, it is written",
        f"{_WRITE}, error code ConsumerNotExist and parameter forceSuccess; aliyun-log-python-sdk",
        "SLS402 SLS438",
    ).doing(
        *setup(),
        Write(0, consumer="consumer_2", force="false"),
        Write(0, consumer="consumer_2", force=""),
        Read(0),
        *(step for force in ("true", "True") for step in (Write(0, consumer="consumer_2", force=force), Read(0))),
    ),
    _consumer_group_update_check_point(
        "update-checkpoint-of-another-holder",
        "ConsumerNotMatch for a consumer that does not hold the shard; forced, it is written, and the holder stays",
        f"{_WRITE}, parameter forceSuccess; aliyun-log-java-sdk",
        "SLS402 SLS438",
    ).doing(
        *setup(),
        HandOver(),
        Write("handed over", consumer="consumer_1", force="false"),
        Read("handed over"),
        Write("handed over", consumer="consumer_2", force="false"),
        Read("handed over"),
        Write("handed over", consumer="consumer_1", force="true"),
        Read("handed over"),
        Write("handed over", consumer="consumer_2", force="false"),
        Read("handed over"),
    ),
    _consumer_group_update_check_point(
        "update-checkpoint-without-consumer",
        "refused unless it is forced",
        f"{_WRITE}, its description",
        "SLS286 SLS402",
    ).doing(
        *setup(),
        Write(0, consumer="", force="true"),
        Read(0),
        Write(0, consumer="", force="false"),
        Write(0, consumer="", force=""),
        Read(0),
    ),
)
