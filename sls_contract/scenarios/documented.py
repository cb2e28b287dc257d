"""The situations that pages and observations document, by area. Each read is judged; the words are for people."""

from __future__ import annotations

from collections.abc import Mapping

from sls_contract.scenarios import documented_authentication
from sls_contract.scenarios.steps import Beat, Create, Delete, Dress, Linger, Place, Read, Scenario, Step, Write

_PAGE = "GetCheckPoint page"
_SHARD = f"{_PAGE}, parameter shardId"
_ERRORS = f"{_PAGE}, error codes"
_ELEMENTS = f"{_PAGE}, response elements"
_UPDATE = "UpdateCheckPoint page"

_A, _B = Place("a"), Place("b")
_OTHER = Place("a", "other")
_WIDE = Place("a", "wide")
_FORGED = Dress(flaw="digest")


def _made(place: Place = _A, consumer: str = "consumer_1") -> tuple[Step, ...]:
    """A group whose only consumer holds every shard."""
    return (Create(place), Beat(consumer, place))


def _scenario(name: str, area: str, expects: str, source: str, *steps: Step) -> Scenario:
    return Scenario(name, area, expects, source, steps)


_SHARDS = (
    _scenario(
        "shard-given",
        "shards",
        "200 and the one entry of that shard",
        _SHARD,
        *_made(),
        Write(0),
        Read(0),
    ),
    _scenario(
        "each-shard-given",
        "shards",
        "200 and that shard's own entry, for one shard after the other",
        _SHARD,
        *_made(),
        Write(0),
        Write(1),
        Write("last"),
        Read(0),
        Read(1),
        Read("last"),
    ),
    _scenario("shard-omitted", "shards", "200 and every shard once", _SHARD, *_made(), Write(0), Read()),
    _scenario(
        "shard-unknown",
        "shards",
        "200 and [], whether the number is the next one, far off or the largest",
        _SHARD,
        *_made(),
        Read("next"),
        Read("far"),
        Read("largest"),
    ),
    _scenario(
        "filter-and-list",
        "shards",
        "the same entry, asked for alone or among all",
        _SHARD,
        *_made(),
        Read(),
        Read(0),
        Write(0),
        Read(0),
        Read(),
        Read(0),
    ),
)

_GROUPS = (
    _scenario(
        "group-fresh",
        "groups",
        'every shard with checkpoint "" and updateTime 0',
        "aliyun-log-python-sdk commit cc530e7",
        Create(),
        Read(),
        Read(0),
    ),
    _scenario(
        "group-advanced",
        "groups",
        "each checkpoint as it was written last",
        _UPDATE,
        *_made(),
        Write(0),
        Read(0),
        Write(0),
        Read(0),
        Read(),
    ),
    _scenario(
        "group-held",
        "groups",
        "consumer names who holds the shard and wrote",
        _ELEMENTS,
        Create(),
        Beat("consumer_1"),
        Read(0),
        Read(),
        Write(0),
        Read(0),
        Read(),
    ),
    _scenario(
        "group-held-by-two",
        "groups",
        "consumer is one of the two, or nobody",
        _ELEMENTS,
        *_made(),
        Write(0),
        Beat("consumer_2"),
        Beat("consumer_1"),
        Beat("consumer_2"),
        Read(),
        Write(0, force="true", consumer="consumer_2"),
        Read(),
    ),
    _scenario(
        "group-made-again",
        "groups",
        "missing after its deletion, empty after it was made again",
        "DeleteConsumerGroup page",
        *_made(),
        Write(0),
        Read(),
        Delete(),
        Read(),
        Create(),
        Read(),
        Read(0),
    ),
)

_NAMES = (
    *(
        _scenario(
            f"group-named-{word}",
            "names",
            "200: no page restricts the names of groups",
            "CreateConsumerGroup page",
            *_made(Place(label)),
            Write(0, at=Place(label)),
            Read(0, Place(label)),
            Read(at=Place(label)),
        )
        for word, label in (
            ("in-chinese", "消费组"),
            ("with-blank", "a b"),
            ("with-percent", "a%2Bb"),
            ("with-plus", "a+b"),
        )
    ),
    _scenario(
        "consumer-named-in-chinese",
        "names",
        "consumer as it was sent, in UTF-8",
        f"{_ELEMENTS}; RequestSignature page: texts are UTF-8",
        *_made(_A, "消费者_1"),
        Write(0, consumer="消费者_1"),
        Read(0),
        Read(),
    ),
)

_CHECKPOINTS = (
    _scenario(
        "checkpoint-texts",
        "checkpoints",
        "every checkpoint byte for byte: short, long, with leading zeros",
        _ELEMENTS,
        *_made(),
        *(
            step
            for value in ("0", "007", "12", "1524155379373908496", "9223372036854775807")
            for step in (Write(0, value), Read(0))
        ),
    ),
    _scenario(
        "checkpoint-bytes",
        "checkpoints",
        "base64 of any bytes comes back as it was written",
        "UpdateCheckPoint page, InvalidShardCheckPoint: base64 is all that is asked for",
        *_made(),
        Write(0, "-1"),
        Read(0),
        Write(0, "~~~???>>>"),
        Read(0),
        Write(0, "数据消费"),
        Read(),
    ),
    _scenario(
        "checkpoint-rewound",
        "checkpoints",
        "the smaller number, which was written last",
        _UPDATE,
        *_made(),
        Write(0, "2000"),
        Read(0),
        Write(0, "1000"),
        Read(0),
    ),
    _scenario(
        "checkpoint-not-forced",
        "checkpoints",
        "the checkpoint, which the holder of the shard may write without force",
        _UPDATE,
        *_made(),
        Write(0, force="false"),
        Read(0),
        Write(0, force="False"),
        Read(0),
    ),
    _scenario(
        "update-time-moves",
        "checkpoints",
        "updateTime later after each write, and unmoved by reads",
        _ELEMENTS,
        *_made(),
        Write(0),
        Read(0),
        Read(0),
        Write(0),
        Read(0),
        Linger(0),
        Read(),
    ),
    _scenario(
        "update-time-of-same-value",
        "checkpoints",
        "updateTime later also where the same checkpoint was written again",
        _ELEMENTS,
        *_made(),
        Write(0, "12"),
        Read(0),
        Write(0, "12"),
        Read(0),
        Linger(0, "12"),
    ),
)

_ISOLATION = (
    _scenario(
        "two-shards",
        "isolation",
        "each shard its own checkpoint and time",
        _PAGE,
        *_made(),
        Write(0),
        Read(),
        Write(1),
        Read(),
        Write(0),
        Read(1),
        Read(),
    ),
    _scenario(
        "two-groups",
        "isolation",
        "each group its own checkpoint and consumer",
        _PAGE,
        *_made(_A, "consumer_a"),
        *_made(_B, "consumer_b"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(at=_A),
        Read(at=_B),
        Write(0, at=_B, consumer="consumer_b"),
        Read(0, at=_A),
        Read(0, at=_B),
        Delete(_A),
        Read(at=_B),
    ),
    _scenario(
        "two-logstores",
        "isolation",
        "groups of one name in two logstores have nothing in common",
        f"{_PAGE}, request syntax",
        *_made(_A, "consumer_a"),
        *_made(_OTHER, "consumer_o"),
        Write(0, at=_A, consumer="consumer_a"),
        Read(at=_A),
        Read(at=_OTHER),
        Write(0, at=_OTHER, consumer="consumer_o"),
        Read(at=_A),
        Read(0, at=_OTHER),
        Delete(_A),
        Read(at=_OTHER),
    ),
    _scenario(
        "group-in-one-logstore-only",
        "isolation",
        "404 ConsumerGroupNotExist in the logstore that does not have the group",
        _ERRORS,
        Create(_A),
        Read(at=_OTHER),
        Read(at=_A),
    ),
)

_MISSING = (
    _scenario("group-missing", "missing", "404 ConsumerGroupNotExist", _ERRORS, Read(), Read(0)),
    _scenario(
        "group-missing-then-made",
        "missing",
        "404 before the group is made, 200 as soon as it is",
        _ERRORS,
        Read(),
        Create(),
        Read(),
        Delete(),
        Read(),
    ),
    _scenario(
        "group-missing-beside-another",
        "missing",
        "404 for a group whose name begins like that of one that exists",
        _ERRORS,
        Create(_A),
        Read(at=Place("a2")),
        Read(at=_A),
    ),
    _scenario(
        "logstore-missing",
        "missing",
        "404 LogStoreNotExist",
        _ERRORS,
        Read(at=Place("a", "missing")),
        Read(0, at=Place("a", "missing")),
    ),
    _scenario(
        "project-missing",
        "missing",
        "404 ProjectNotExist",
        _ERRORS,
        Read(at=Place("a", project="missing")),
        Read(0, at=Place("a", project="missing")),
    ),
)

_REFUSED = (
    _scenario(
        "refused-write",
        "refusals",
        "the checkpoint as it was: neither a forged write nor one for no shard nor one that is not base64 is stored",
        f"{_UPDATE}, error codes",
        *_made(),
        Write(0),
        Read(0),
        Write(0, dress=_FORGED),
        Read(0),
        Write("next", force="false"),
        Write(0, raw="not base64!"),
        Read(0),
        Read(),
    ),
    _scenario(
        "refused-deletion",
        "refusals",
        "the group as it was: a forged deletion deletes nothing",
        "RequestSignature page",
        *_made(),
        Write(0),
        Read(),
        Delete(dress=_FORGED),
        Read(),
    ),
    _scenario(
        "refused-creation",
        "refusals",
        "the group as it was: making it a second time is refused and empties nothing; a forged creation makes nothing",
        "CreateConsumerGroup page, ConsumerGroupAlreadyExist",
        *_made(),
        Write(0),
        Read(),
        Create(),
        Read(),
        Create(_B, _FORGED),
        Read(at=_B),
    ),
)

_SIZE = (
    _scenario(
        "many-shards",
        "size",
        "200 and every shard once; a number that begins like another one's is another shard",
        _SHARD,
        *_made(_WIDE),
        Read(at=_WIDE),
        *(step for shard in (1, 10, 11, 110, 255) for step in (Write(shard, at=_WIDE), Read(shard, at=_WIDE))),
        Read("next", at=_WIDE),
        Read(at=_WIDE),
    ),
)

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        *_SHARDS,
        *_GROUPS,
        *_NAMES,
        *_CHECKPOINTS,
        *_ISOLATION,
        *_MISSING,
        *_REFUSED,
        *_SIZE,
        *documented_authentication.SCENARIOS,
    )
}
"""Every documented scenario by name, in the order in which they are carried out."""

NOT_PROVABLE = (
    ("500 InternalServerError", "no request brings it about"),
    ("503 ServerBusy", "no request brings it about"),
    ("403 ReadQuotaExceed", "needs more load than good manners allow"),
    ("403 ProjectForbidden", "needs an account in arrears"),
)
"""What the pages document and nobody can provoke; listed, never passed."""
