"""Several requests on one connection, and a shard that passes from one consumer to another."""

from functools import partial

from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    AtOnce,
    Call,
    Connect,
    Create,
    Delete,
    Drain,
    Follow,
    HandOver,
    HeartBeat,
    HoldAll,
    ListGroups,
    PassTime,
    Place,
    Put,
    Read,
    RequestVariant,
    Write,
)

_connections = partial(Scenario.of, "connections")
_groups = partial(Scenario.of, "groups")
_HTTP = "RFC 9112 section 9.3: requests on one connection are independent of each other"
_ELEMENTS = "GetCheckPoint page, response elements"
_A, _B, _OTHER = Place("a"), Place("b"), Place("a", "other")
_FORGED = RequestVariant(flaw="digest")

_CONNECTIONS = (
    _connections(
        "connection-after-refusals",
        "each request on one connection refused or served independently, in a changing order",
        _HTTP,
        "SLS441 SLS443 SLS451 SLS454 SLS455 SLS461",
    ).doing(
        Connect("first"),
        *setup(),
        Read(0, variant=_FORGED),
        Read(0),
        Write(0),
        Write(0, variant=_FORGED),
        Read(0),
        Write(0, variant=RequestVariant(flaw="body")),
        Read(0),
        Read(0, variant=RequestVariant(flaw="no-authorization")),
        Read(0),
        Read(0, variant=RequestVariant(shift=-16 * 60)),
        Read(0),
        Read(0, Place("a", project="missing")),
        Read(0),
        Read(at=_B),
        Read(),
        Read(variant=RequestVariant("v4", "bare", flaw="digest")),
        Read(variant=RequestVariant("v4", "bare")),
        Read(variant=RequestVariant("v4", "bare", flaw="digest")),
    ),
    _connections(
        "connection-of-several-keys",
        "each request on one connection authenticated by its own key and token only",
        _HTTP,
        "SLS452 SLS453 SLS454 SLS456 SLS461",
    ).doing(
        Connect("first"),
        *setup(),
        Read(0, variant=RequestVariant("v1", "bare", "sts")),
        Read(0, variant=RequestVariant("v1", "bare", "sts-without-token")),
        Read(0, variant=RequestVariant("v4", "bare", "sts")),
        Read(0, variant=RequestVariant("v4", "bare", "sts-wrong-token")),
        Read(0, variant=RequestVariant("v1", "bare", "unknown")),
        Read(0, variant=RequestVariant("v1", "bare")),
        Read(0, variant=RequestVariant("v1", "bare", "unknown")),
        Read(0, variant=RequestVariant("v1", "bare", "sts")),
    ),
    _connections(
        "connection-of-other-questions",
        "on one connection, each response fits the group, shard and headers of its request",
        _HTTP,
        "SLS211 SLS404 SLS421 SLS423 SLS461",
    ).doing(
        Connect("first"),
        *setup(_A, "consumer_a"),
        *setup(_B, "consumer_b"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(0, _A, RequestVariant(form="go")),
        Read(0, _B),
        Write(0, at=_B, consumer="consumer_b"),
        Read(0, _A),
        Read(at=_B),
        Read("next", _A),
        Read(0, _B, RequestVariant(form="upper")),
        Read(at=_A),
        Read(0, _B),
    ),
    _connections(
        "connection-to-two-logstores",
        "on one connection, each response fits the logstore of its request",
        _HTTP,
        "SLS405 SLS461",
    ).doing(
        Connect("first"),
        *setup(_A, "consumer_a"),
        *setup(_OTHER, "consumer_o"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(0, _OTHER),
        Write(0, at=_OTHER, consumer="consumer_o"),
        Read(0, _A),
        Read(0, _OTHER),
        *(step for at in (_A, _OTHER) for step in (ListGroups(at), Call("ListShards", at=at), Read(at=at))),
    ),
    _connections(
        "connection-of-pulls",
        "each write and pull on one connection in its own compression, which differs from the previous one",
        _HTTP,
        "SLS263 SLS426 SLS427 SLS428 SLS461",
    ).doing(
        Connect("first"),
        Follow(),
        *(step for coding in ("lz4", "", "deflate", "") for step in (Put(coding=coding), Drain(coding=coding))),
    ),
    _connections(
        "connection-of-counts",
        "each pull on one connection with its own count of log groups, which differs from the previous one",
        _HTTP,
        "SLS287 SLS426 SLS428 SLS461",
    ).doing(
        Connect("first"),
        Call("ListShards"),
        Follow(),
        *(step for count in (3, 1, 2) for step in (*(Put(shard=0),) * 3, Drain(count=count))),
    ),
    _connections(
        "connection-used-often",
        "the fortieth request on one connection served as the first one",
        _HTTP,
        "SLS401 SLS461",
    ).doing(Connect("first"), *setup(), *(step for _ in range(6) for step in (Write(0), *(Read(0),) * 5))),
    _connections(
        "reads-at-once",
        "each of several reads in parallel with the entries of its own group and shard",
        "RFC 9110 section 3.3: each request is understood in isolation",
        "SLS402 SLS404 SLS421 SLS422",
    ).doing(
        *setup(_A, "consumer_a"),
        *setup(_B, "consumer_b"),
        *(Write(shard, at=_A, consumer="consumer_a") for shard in (0, 1)),
        Write(0, at=_B, consumer="consumer_b"),
        *(AtOnce((Read(0, _A), Read(1, _A), Read(0, _B), Read(at=_B))),) * 3,
    ),
    _connections(
        "connections-side-by-side",
        "reads over each connection return what was created, written and deleted over another",
        _HTTP,
        "SLS401 SLS441 SLS444 SLS461",
    ).doing(
        Connect("first"),
        Read(0),
        Connect("second"),
        *setup(),
        Connect("first"),
        Write(0),
        Read(0),
        Connect("second"),
        Read(0),
        Write(0),
        Read(0),
        Connect("first"),
        Read(0),
        Write(0),
        Connect("one each"),
        Read(0),
        Write(0),
        Connect("second"),
        Read(0),
        Read(),
        Delete(),
        Connect("first"),
        Read(0),
    ),
)

_HANDED_OVER = (
    _groups(
        f"shard-handed-over{suffix}",
        "checkpoint and updateTime unchanged by the handover; consumer is the holder of the shard that wrote last",
        _ELEMENTS,
        "SLS401 SLS413 SLS424 SLS431",
    ).doing(
        Create(),
        HeartBeat(giver),
        *(Write(shard, consumer=giver) for shard in (0, 1, "last")),
        Read(),
        HandOver(giver, taker),
        Read(),
        Read("handed over"),
        Read("kept"),
        Write("handed over", consumer=giver, force="false"),
        Read("handed over"),
        Write("handed over", consumer=taker),
        Read("handed over"),
        Read("kept"),
        Read(),
        Write("kept", consumer=giver),
        HeartBeat(giver),
        HeartBeat(taker),
        Read(),
        Read("handed over"),
        Read("kept"),
    )
    for suffix, giver, taker in (
        ("", "consumer_1", "consumer_2"),
        ("-to-a-longer-name", "consumer_1", "consumer_10"),
        ("-to-small-letters", "Consumer_A", "consumer_a"),
    )
)

_HANDED_BACK = _groups(
    "shard-handed-back",
    "the checkpoint that was written last, also if the shard returns to a consumer that wrote an earlier one",
    f"{_ELEMENTS}; CreateConsumerGroup page, timeout",
    "SLS401 SLS413 SLS429",
).doing(
    Create(timeout=20),
    Call("ListShards"),
    HeartBeat(),
    *(Write(shard) for shard in (0, 1, "last")),
    HandOver(),
    Write("handed over", consumer="consumer_2"),
    Read(),
    *(PassTime(15), HeartBeat()) * 6,
    HoldAll(),
    Read(),
    Read("handed over"),
    Write("handed over", force="false"),
    Read("handed over"),
)

SCENARIOS = (*_CONNECTIONS, *_HANDED_OVER, _HANDED_BACK)
