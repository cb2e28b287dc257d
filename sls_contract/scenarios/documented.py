"""The documented scenarios by area, from pages and observations; each read in them is judged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sls_contract.scenarios import (
    documented_authentication,
    documented_checkpoints,
    documented_connections,
    documented_consumers,
    documented_errors,
    documented_logs,
    documented_operations,
    documented_shards,
)
from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    Create,
    Delete,
    HeartBeat,
    ListGroups,
    PassTime,
    Place,
    Read,
    RequestVariant,
    Update,
    Write,
)

_shards = partial(Scenario.of, "shards")
_groups = partial(Scenario.of, "groups")
_isolation = partial(Scenario.of, "isolation")
_missing = partial(Scenario.of, "missing")
_refusals = partial(Scenario.of, "refusals")
_size = partial(Scenario.of, "size")
_PAGE = "GetCheckPoint page"
_SHARD = f"{_PAGE}, parameter shardId"
_ERRORS = f"{_PAGE}, error codes"
_ELEMENTS = f"{_PAGE}, response elements"
_UPDATE = "UpdateCheckPoint page"
_HEART = "HeartBeat page"

_A, _B = Place("a"), Place("b")
_OTHER = Place("a", "other")
_WIDE = Place("a", "wide")
_ABROAD = Place("a", "abroad")
_FORGED = RequestVariant(flaw="digest")


_SHARDS = (
    _shards("shard-given", "200 and the one entry of that shard", _SHARD, "SLS211 SLS402 SLS422").doing(
        *setup(), Write(0), Read(0)
    ),
    _shards(
        "each-shard-given",
        "200 and that shard's own entry, for one shard after the other",
        _SHARD,
        "SLS211 SLS402 SLS403 SLS422",
    ).doing(*setup(), Write(0), Write(1), Write("last"), Read(0), Read(1), Read("last")),
    _shards("shard-omitted", "200 and every shard once", _SHARD, "SLS402 SLS421").doing(*setup(), Write(0), Read()),
    _shards(
        "shard-unknown", "200 and [], whether the number is the next one, far off or the largest", _SHARD, "SLS423"
    ).doing(*setup(), Read("next"), Read("far"), Read("largest")),
    _shards(
        "filter-and-list", "the same entry, requested alone or with all shards", _SHARD, "SLS421 SLS422 SLS424"
    ).doing(*setup(), Read(), Read(0), Write(0), Read(0), Read(), Read(0)),
)

_GROUPS = (
    _groups(
        "group-fresh",
        'every shard with checkpoint "" and updateTime 0',
        "aliyun-log-python-sdk commit cc530e7",
        "SLS415 SLS421 SLS422 SLS425",
    ).doing(Create(), Read(), Read(0)),
    _groups("group-advanced", "each checkpoint as it was written last", _UPDATE, "SLS401 SLS402 SLS415").doing(
        *setup(), Write(0), Read(0), Write(0), Read(0), Read()
    ),
    _groups(
        "group-held", "consumer is the holder of the shard that wrote the checkpoint", _ELEMENTS, "SLS402 SLS431"
    ).doing(Create(), HeartBeat("consumer_1"), Read(0), Read(), Write(0), Read(0), Read()),
    _groups("group-held-by-two", "consumer is one of the two, or empty", _ELEMENTS, "SLS402 SLS432").doing(
        *setup(),
        Write(0),
        HeartBeat("consumer_2"),
        HeartBeat("consumer_1"),
        HeartBeat("consumer_2"),
        Read(),
        Write(0, force="true", consumer="consumer_2"),
        Read(),
    ),
    _groups(
        "group-made-again",
        "missing after its deletion, empty after it was made again",
        "DeleteConsumerGroup page",
        "SLS407 SLS425 SLS441",
    ).doing(*setup(), Write(0), Read(), Delete(), Read(), Create(), Read(), Read(0)),
    _groups(
        "group-deleted",
        "404 ConsumerGroupNotExist for requests to a group that was deleted, and no group afterwards",
        f"DeleteConsumerGroup page; {_ERRORS}",
        "SLS406 SLS441",
    ).doing(*setup(), Write(0), Delete(), Read(0), HeartBeat(), Write(0), Read()),
)

_ISOLATION = (
    _isolation("two-shards", "each shard its own checkpoint and time", _PAGE, "SLS403 SLS413").doing(
        *setup(), Write(0), Read(), Write(1), Read(), Write(0), Read(1), Read()
    ),
    _isolation("two-groups", "each group its own checkpoint and consumer", _PAGE, "SLS404 SLS413").doing(
        *setup(_A, "consumer_a"),
        *setup(_B, "consumer_b"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(at=_A),
        Read(at=_B),
        Write(0, at=_B, consumer="consumer_b"),
        Read(0, at=_A),
        Read(0, at=_B),
        Delete(_A),
        Read(at=_B),
    ),
    _isolation(
        "two-logstores",
        "groups of one name in two logstores have nothing in common",
        f"{_PAGE}, request syntax",
        "SLS405",
    ).doing(
        *setup(_A, "consumer_a"),
        *setup(_OTHER, "consumer_o"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(at=_A),
        Read(at=_OTHER),
        Write(0, at=_OTHER, consumer="consumer_o"),
        Read(at=_A),
        Read(0, at=_OTHER),
        Delete(_A),
        Read(at=_OTHER),
    ),
    _isolation(
        "two-projects",
        "logstores and groups of one name in two projects have nothing in common",
        f"{_PAGE}, request syntax",
        "SLS463",
    ).doing(
        *setup(_A, "consumer_a"),
        *setup(_ABROAD, "consumer_p"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(at=_A),
        Read(at=_ABROAD),
        ListGroups(_A),
        ListGroups(_ABROAD),
        Write(0, at=_ABROAD, consumer="consumer_p"),
        Read(at=_A),
        Read(0, at=_ABROAD),
        Delete(_A),
        Read(at=_ABROAD),
        ListGroups(_A),
        ListGroups(_ABROAD),
    ),
    *(
        _isolation(
            f"consumers-in-two-{kind}",
            "its own settings and consumers for each of two groups with the same name",
            f"{_HEART}; {_UPDATE}",
            "SLS408 SLS409 SLS431",
        ).doing(
            *setup(_A),
            *setup(elsewhere),
            HeartBeat(at=_A),
            Update(60, order=True, at=_A),
            ListGroups(elsewhere),
            Delete(_A),
            HeartBeat(at=elsewhere),
            Write(0, force="false", at=elsewhere),
            Read(0, elsewhere),
        )
        for kind, elsewhere in (("logstores", _OTHER), ("projects", _ABROAD))
    ),
    *(
        _isolation(
            f"timeouts-in-two-{kind}",
            "each consumer stays for the timeout of its own group, though another group has the same name",
            f"CreateConsumerGroup page, timeout; {_HEART}, NotExistConsumerWithBody",
            "SLS416",
        ).doing(
            Create(elsewhere, timeout=200),
            *(HeartBeat(at=elsewhere),) * 2,
            Create(_A, timeout=20),
            *(HeartBeat(at=_A),) * 2,
            PassTime(100),
            HeartBeat(at=elsewhere),
            HeartBeat(at=_A, refused="NotExistConsumerWithBody"),
        )
        for kind, elsewhere in (("logstores", _OTHER), ("projects", _ABROAD))
    ),
    *(
        _isolation(
            f"silence-in-two-{kind}",
            "a consumer that is silent in its group is gone, though one of this name lives in a group of the same name",
            f"CreateConsumerGroup page, timeout; {_HEART}, NotExistConsumerWithBody",
            "SLS416",
        ).doing(
            Create(elsewhere, timeout=200),
            *(HeartBeat(at=elsewhere),) * 2,
            Create(_A, timeout=20),
            *(HeartBeat(at=_A),) * 2,
            *(PassTime(15), HeartBeat(at=elsewhere)) * 6,
            HeartBeat(at=_A, refused="NotExistConsumerWithBody"),
        )
        for kind, elsewhere in (("logstores", _OTHER), ("projects", _ABROAD))
    ),
    _isolation(
        "group-in-one-logstore-only",
        "404 ConsumerGroupNotExist in the logstore that does not have the group",
        _ERRORS,
        "SLS441 SLS444",
    ).doing(Create(_A), Read(at=_OTHER), Read(at=_A)),
)

_MISSING = (
    _missing("group-missing", "404 ConsumerGroupNotExist", _ERRORS, "SLS441").doing(Read(), Read(0)),
    _missing(
        "group-missing-then-made", "404 before the group is made, 200 as soon as it is", _ERRORS, "SLS441 SLS444"
    ).doing(Read(), Create(), Read(), Delete(), Read()),
    _missing(
        "group-missing-beside-another",
        "404 for a group whose name has the same beginning as an existing group",
        _ERRORS,
        "SLS441 SLS444",
    ).doing(Create(_A), Read(at=Place("a2")), Read(at=_A)),
    _missing("logstore-missing", "404 LogStoreNotExist", _ERRORS, "SLS442").doing(
        Read(at=Place("a", "missing")), Read(0, at=Place("a", "missing"))
    ),
    _missing("project-missing", "404 ProjectNotExist", _ERRORS, "SLS443").doing(
        Read(at=Place("a", project="missing")), Read(0, at=Place("a", project="missing"))
    ),
)

_REFUSED = (
    _refusals(
        "refused-write",
        "the checkpoint as it was: no write that is forged, to a missing shard, or not base64 is stored",
        f"{_UPDATE}, error codes",
        "SLS406 SLS451",
    ).doing(
        *setup(),
        Write(0),
        Read(0),
        Write(0, variant=_FORGED),
        Read(0),
        Write("next", force="false"),
        Write(0, raw="not base64!"),
        Read(0),
        Read(),
    ),
    _refusals(
        "refused-deletion",
        "the group as it was: a forged deletion deletes nothing",
        "RequestSignature page",
        "SLS406 SLS451",
    ).doing(
        *setup(),
        Write(0),
        Read(),
        Delete(variant=_FORGED),
        Delete(variant=RequestVariant(flaw="no-authorization")),
        Delete(variant=RequestVariant("v4", flaw="digest")),
        Delete(variant=RequestVariant(shift=-16 * 60)),
        Read(),
    ),
    _refusals(
        "refused-creation",
        "the group as it was: making it a second time is refused and empties nothing; a forged creation makes nothing",
        "CreateConsumerGroup page, ConsumerGroupAlreadyExist",
        "SLS406 SLS441 SLS451",
    ).doing(*setup(), Write(0), Read(), Create(), Read(), Create(_B, _FORGED), Read(at=_B)),
)

_SIZE = (
    _size(
        "many-shards",
        "200 and every shard once; a number that begins like another one is another shard, also after a group's name",
        _SHARD,
        "SLS402 SLS403 SLS421 SLS423 SLS425",
    ).doing(
        *setup(_WIDE),
        Read(at=_WIDE),
        *(step for shard in (1, 10, 11, 110, 255) for step in (Write(shard, at=_WIDE), Read(shard, at=_WIDE))),
        Read("next", at=_WIDE),
        Read(at=_WIDE),
        Create(Place("a1", "wide")),
        Read(at=Place("a1", "wide")),  # 0 of this group is written like 10 of the other, without a sign between
    ),
)

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        *_SHARDS,
        *_GROUPS,
        *documented_checkpoints.SCENARIOS,
        *documented_connections.SCENARIOS,
        *_ISOLATION,
        *_MISSING,
        *_REFUSED,
        *_SIZE,
        *documented_authentication.SCENARIOS,
        *documented_operations.SCENARIOS,
        *documented_errors.SCENARIOS,
        *documented_consumers.SCENARIOS,
        *documented_logs.SCENARIOS,
        *documented_shards.SCENARIOS,
    )
}
"""Every documented scenario by name, in the order in which they run."""

NOT_PROVABLE = (
    ("500 InternalServerError", "no request triggers it"),
    ("503 ServerBusy", "no request triggers it"),
    ("403 ReadQuotaExceed", "needs more load than a test may cause"),
    ("403 ProjectForbidden", "needs an account in arrears"),
)
"""Errors of the pages that no test can trigger; reports list them."""
