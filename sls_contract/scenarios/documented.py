"""The situations that pages and observations document, by area. Each read is judged; the words are for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.scenarios import (
    documented_authentication,
    documented_checkpoints,
    documented_connections,
    documented_consumers,
    documented_logs,
    documented_names,
    documented_operations,
)
from sls_contract.scenarios.scenario import Scenario, made
from sls_contract.scenarios.steps import Create, Delete, HeartBeat, ListGroups, Place, Read, RequestVariant, Write

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGE = "GetCheckPoint page"
_SHARD = f"{_PAGE}, parameter shardId"
_ERRORS = f"{_PAGE}, error codes"
_ELEMENTS = f"{_PAGE}, response elements"
_UPDATE = "UpdateCheckPoint page"

_A, _B = Place("a"), Place("b")
_OTHER = Place("a", "other")
_WIDE = Place("a", "wide")
_ABROAD = Place("a", "abroad")
_FORGED = RequestVariant(flaw="digest")


_SHARDS = (
    Scenario.of(
        "shard-given",
        "shards",
        "200 and the one entry of that shard",
        _SHARD,
        "SLS211 SLS402 SLS422",
        (*made(), Write(0), Read(0)),
    ),
    Scenario.of(
        "each-shard-given",
        "shards",
        "200 and that shard's own entry, for one shard after the other",
        _SHARD,
        "SLS211 SLS402 SLS403 SLS422",
        (*made(), Write(0), Write(1), Write("last"), Read(0), Read(1), Read("last")),
    ),
    Scenario.of(
        "shard-omitted", "shards", "200 and every shard once", _SHARD, "SLS402 SLS421", (*made(), Write(0), Read())
    ),
    Scenario.of(
        "shard-unknown",
        "shards",
        "200 and [], whether the number is the next one, far off or the largest",
        _SHARD,
        "SLS423",
        (*made(), Read("next"), Read("far"), Read("largest")),
    ),
    Scenario.of(
        "filter-and-list",
        "shards",
        "the same entry, asked for alone or among all",
        _SHARD,
        "SLS421 SLS422 SLS424",
        (*made(), Read(), Read(0), Write(0), Read(0), Read(), Read(0)),
    ),
)

_GROUPS = (
    Scenario.of(
        "group-fresh",
        "groups",
        'every shard with checkpoint "" and updateTime 0',
        "aliyun-log-python-sdk commit cc530e7",
        "SLS415 SLS421 SLS422 SLS425",
        (Create(), Read(), Read(0)),
    ),
    Scenario.of(
        "group-advanced",
        "groups",
        "each checkpoint as it was written last",
        _UPDATE,
        "SLS401 SLS402 SLS415",
        (*made(), Write(0), Read(0), Write(0), Read(0), Read()),
    ),
    Scenario.of(
        "group-held",
        "groups",
        "consumer names who holds the shard and wrote",
        _ELEMENTS,
        "SLS402 SLS431",
        (Create(), HeartBeat("consumer_1"), Read(0), Read(), Write(0), Read(0), Read()),
    ),
    Scenario.of(
        "group-held-by-two",
        "groups",
        "consumer is one of the two, or empty",
        _ELEMENTS,
        "SLS402 SLS432",
        (
            *made(),
            Write(0),
            HeartBeat("consumer_2"),
            HeartBeat("consumer_1"),
            HeartBeat("consumer_2"),
            Read(),
            Write(0, force="true", consumer="consumer_2"),
            Read(),
        ),
    ),
    Scenario.of(
        "group-made-again",
        "groups",
        "missing after its deletion, empty after it was made again",
        "DeleteConsumerGroup page",
        "SLS407 SLS425 SLS441",
        (*made(), Write(0), Read(), Delete(), Read(), Create(), Read(), Read(0)),
    ),
)

_ISOLATION = (
    Scenario.of(
        "two-shards",
        "isolation",
        "each shard its own checkpoint and time",
        _PAGE,
        "SLS403 SLS413",
        (*made(), Write(0), Read(), Write(1), Read(), Write(0), Read(1), Read()),
    ),
    Scenario.of(
        "two-groups",
        "isolation",
        "each group its own checkpoint and consumer",
        _PAGE,
        "SLS404 SLS413",
        (
            *made(_A, "consumer_a"),
            *made(_B, "consumer_b"),
            Write(0, at=_A, consumer="consumer_a"),
            Read(at=_A),
            Read(at=_B),
            Write(0, at=_B, consumer="consumer_b"),
            Read(0, at=_A),
            Read(0, at=_B),
            Delete(_A),
            Read(at=_B),
        ),
    ),
    Scenario.of(
        "two-logstores",
        "isolation",
        "groups of one name in two logstores have nothing in common",
        f"{_PAGE}, request syntax",
        "SLS405",
        (
            *made(_A, "consumer_a"),
            *made(_OTHER, "consumer_o"),
            Write(0, at=_A, consumer="consumer_a"),
            Read(at=_A),
            Read(at=_OTHER),
            Write(0, at=_OTHER, consumer="consumer_o"),
            Read(at=_A),
            Read(0, at=_OTHER),
            Delete(_A),
            Read(at=_OTHER),
        ),
    ),
    Scenario.of(
        "two-projects",
        "isolation",
        "logstores and groups of one name in two projects have nothing in common",
        f"{_PAGE}, request syntax",
        "SLS463",
        (
            *made(_A, "consumer_a"),
            *made(_ABROAD, "consumer_p"),
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
    ),
    Scenario.of(
        "group-in-one-logstore-only",
        "isolation",
        "404 ConsumerGroupNotExist in the logstore that does not have the group",
        _ERRORS,
        "SLS441 SLS444",
        (Create(_A), Read(at=_OTHER), Read(at=_A)),
    ),
)

_MISSING = (
    Scenario.of("group-missing", "missing", "404 ConsumerGroupNotExist", _ERRORS, "SLS441", (Read(), Read(0))),
    Scenario.of(
        "group-missing-then-made",
        "missing",
        "404 before the group is made, 200 as soon as it is",
        _ERRORS,
        "SLS441 SLS444",
        (Read(), Create(), Read(), Delete(), Read()),
    ),
    Scenario.of(
        "group-missing-beside-another",
        "missing",
        "404 for a group whose name begins like that of one that exists",
        _ERRORS,
        "SLS441 SLS444",
        (Create(_A), Read(at=Place("a2")), Read(at=_A)),
    ),
    Scenario.of(
        "logstore-missing",
        "missing",
        "404 LogStoreNotExist",
        _ERRORS,
        "SLS442",
        (Read(at=Place("a", "missing")), Read(0, at=Place("a", "missing"))),
    ),
    Scenario.of(
        "project-missing",
        "missing",
        "404 ProjectNotExist",
        _ERRORS,
        "SLS443",
        (Read(at=Place("a", project="missing")), Read(0, at=Place("a", project="missing"))),
    ),
)

_REFUSED = (
    Scenario.of(
        "refused-write",
        "refusals",
        "the checkpoint as it was: neither a forged write nor one for no shard nor one that is not base64 is stored",
        f"{_UPDATE}, error codes",
        "SLS406 SLS451",
        (
            *made(),
            Write(0),
            Read(0),
            Write(0, variant=_FORGED),
            Read(0),
            Write("next", force="false"),
            Write(0, raw="not base64!"),
            Read(0),
            Read(),
        ),
    ),
    Scenario.of(
        "refused-deletion",
        "refusals",
        "the group as it was: a forged deletion deletes nothing",
        "RequestSignature page",
        "SLS406 SLS451",
        (
            *made(),
            Write(0),
            Read(),
            Delete(variant=_FORGED),
            Delete(variant=RequestVariant(flaw="no-authorization")),
            Delete(variant=RequestVariant("v4", flaw="digest")),
            Delete(variant=RequestVariant(shift=-16 * 60)),
            Read(),
        ),
    ),
    Scenario.of(
        "refused-creation",
        "refusals",
        "the group as it was: making it a second time is refused and empties nothing; a forged creation makes nothing",
        "CreateConsumerGroup page, ConsumerGroupAlreadyExist",
        "SLS406 SLS441 SLS451",
        (*made(), Write(0), Read(), Create(), Read(), Create(_B, _FORGED), Read(at=_B)),
    ),
)

_SIZE = (
    Scenario.of(
        "many-shards",
        "size",
        "200 and every shard once; a number that begins like another one's is another shard",
        _SHARD,
        "SLS402 SLS403 SLS421 SLS423",
        (
            *made(_WIDE),
            Read(at=_WIDE),
            *(step for shard in (1, 10, 11, 110, 255) for step in (Write(shard, at=_WIDE), Read(shard, at=_WIDE))),
            Read("next", at=_WIDE),
            Read(at=_WIDE),
        ),
    ),
)

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        *_SHARDS,
        *_GROUPS,
        *documented_checkpoints.SCENARIOS,
        *documented_names.SCENARIOS,
        *documented_connections.SCENARIOS,
        *_ISOLATION,
        *_MISSING,
        *_REFUSED,
        *_SIZE,
        *documented_authentication.SCENARIOS,
        *documented_operations.SCENARIOS,
        *documented_consumers.SCENARIOS,
        *documented_logs.SCENARIOS,
    )
}
"""Every documented scenario by name, in the order in which they are carried out."""

NOT_PROVABLE = (
    ("500 InternalServerError", "no request brings it about"),
    ("503 ServerBusy", "no request brings it about"),
    ("403 ReadQuotaExceed", "needs more load than a test may cause"),
    ("403 ProjectForbidden", "needs an account in arrears"),
)
"""What the pages document and nobody can provoke; listed, never passed."""
