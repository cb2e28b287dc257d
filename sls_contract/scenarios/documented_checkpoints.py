"""Names, checkpoints and their times: reads return what was written, also under similar names.

An endpoint that compares prefixes, ignores case, or compares hashes confuses two such names.
"""

from __future__ import annotations

from functools import partial

from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    IN_EACH_SCHEME,
    AtOnce,
    Create,
    Delete,
    HeartBeat,
    ListGroups,
    Place,
    Read,
    RequestVariant,
    Step,
    Update,
    WaitForClock,
    Write,
)

_checkpoints = partial(Scenario.of, "checkpoints")
_names = partial(Scenario.of, "names")
_missing = partial(Scenario.of, "missing")
_ELEMENTS = "GetCheckPoint page, response elements"
_UPDATE = "UpdateCheckPoint page"
_A = Place("a")
_OTHER_SCHEMES = IN_EACH_SCHEME[1:]
_PYTHON = RequestVariant("v1", "python-v1")
_QUOTED = "a\"b\\n'c<d>"
"""Characters that JSON, SQL and HTML escape."""
_ACCENTS = "\u00e9e\u0301\uff11"
"""Characters that each Unicode normalization changes: a composed letter, a decomposed one, a wide digit."""
_NO_TEXTS = ("\udcff\udc80\udcfe", "e\u0301\r\n")
"""Checkpoints, each character from U+DC80 to U+DCFF for one byte: invalid UTF-8; a decomposed letter and CR LF."""

_NAMES = (
    *(
        _names(
            f"group-named-{word}",
            "200: no page restricts the names of groups",
            "CreateConsumerGroup page",
            "SLS402 SLS444",
        ).doing(
            *setup(Place(label)),
            Write(0, at=Place(label)),
            Read(0, Place(label)),
            *(
                step
                for scheme in _OTHER_SCHEMES
                for step in (Write(0, at=Place(label), variant=scheme), Read(0, Place(label), scheme))
            ),
            Read(at=Place(label)),
            ListGroups(Place(label)),
            Delete(Place(label)),
            Create(Place(label), _PYTHON),
            Read(0, Place(label)),
        )
        for word, label in (
            ("in-chinese", "消费组"),
            ("with-blank", "a b"),
            ("with-percent", "a%2Bb"),
            ("with-plus", "a+b"),
            ("with-capitals", "Aa-Bb"),
            ("with-slash", "a/b"),
            ("with-quotes", _QUOTED),
            ("with-emoji", "a\U0001f600"),
            ("with-accents", _ACCENTS),
        )
    ),
    *(
        _names(
            f"consumer-named-{word}",
            "consumer as it was sent, in UTF-8",
            f"{_ELEMENTS}; RequestSignature page: texts are UTF-8",
            "SLS402 SLS431",
        ).doing(
            *setup(_A, name),
            Write(0, consumer=name),
            Read(0),
            *(step for scheme in _OTHER_SCHEMES for step in (Write(0, consumer=name, variant=scheme), Read(0))),
            HeartBeat(name, variant=_PYTHON),
            Write(0, consumer=name, variant=_PYTHON),
            Read(),
        )
        for word, name in (
            ("in-chinese", "消费者_1"),
            ("with-signs", "a,b;c=d&e+f%2Fg:h/i"),
            ("with-blanks", " consumer  1 "),
            ("with-quotes", _QUOTED),
            ("with-emoji", "consumer\U0001f600"),
            ("with-accents", _ACCENTS),
        )
    ),
)

_CHECKPOINTS = (
    _checkpoints(
        "checkpoint-texts",
        "every checkpoint byte for byte: short, long, with leading zeros, with blanks around",
        _ELEMENTS,
        "SLS401 SLS402",
    ).doing(
        *setup(),
        *(
            step
            for value in ("0", "007", "12", "1524155379373908496", "9223372036854775807", " 12 \n", "12\0")
            for step in (Write(0, value), Read(0))
        ),
    ),
    _checkpoints(
        "checkpoint-of-600-digits",
        "a long checkpoint in full, and no part of it in the next one",
        _ELEMENTS,
        "SLS401 SLS402",
    ).doing(*setup(), Write(0, "1234567890" * 60), Read(0), Read(), Write(0, "12"), Read(0)),
    _checkpoints("checkpoint-of-3000-digits", "a checkpoint of 4,000 characters in full", _ELEMENTS, "SLS402").doing(
        *setup(), Write(0, "1234567890" * 300), Read(0), Read()
    ),
    _checkpoints(
        "checkpoint-bytes",
        "base64 of any bytes comes back as it was written",
        "UpdateCheckPoint page, InvalidShardCheckPoint: only base64 is required",
        "SLS401 SLS402",
    ).doing(*setup(), Write(0, "-1"), Read(0), Write(0, "~~~???>>>"), Read(0), Write(0, "数据消费"), Read()),
    _checkpoints(
        "checkpoint-of-no-text",
        "base64 of bytes that are not UTF-8, or that an editor of texts changes, comes back as it was written",
        "UpdateCheckPoint page, InvalidShardCheckPoint: only base64 is required",
        "SLS401 SLS402",
    ).doing(*setup(), *(step for value in _NO_TEXTS for step in (Write(0, value), Read(0)))),
    _checkpoints(
        "checkpoint-many-times",
        "the checkpoint that was written last, also after a dozen writes",
        _UPDATE,
        "SLS401 SLS402",
    ).doing(*setup(), *(step for _ in range(12) for step in (Write(0), Read(0))), Read()),
    _checkpoints(
        "checkpoints-at-once",
        "each of several checkpoints written in parallel; of two for one shard the same one in every later read",
        f"{_UPDATE}; {_ELEMENTS}",
        "SLS401 SLS402 SLS403",
    ).doing(
        *setup(),
        *(
            step
            for _ in range(4)
            for step in (AtOnce((Write(0), Write(1), Write(0, consumer="consumer_2"), Write(1))), Read(0))
        ),
        Read(),
    ),
    _checkpoints("checkpoint-rewound", "the smaller number, which was written last", _UPDATE, "SLS401 SLS402").doing(
        *setup(), Write(0, "2000"), Read(0), Write(0, "1000"), Read(0)
    ),
    _checkpoints(
        "checkpoint-not-forced",
        "the checkpoint, which the holder of the shard may write with forceSuccess=false or without it",
        _UPDATE,
        "SLS401 SLS402",
    ).doing(*setup(), Write(0, force="false"), Read(0), Write(0, force="False"), Read(0), Write(0, force=""), Read(0)),
    _checkpoints(
        "checkpoints-not-forced",
        "each shard its own checkpoint and time, also if they are written with forceSuccess=false",
        _UPDATE,
        "SLS402 SLS403 SLS413",
    ).doing(*setup(), Write(1), *(step for shard in (0, 1) for step in (Write(shard, force="false"), Read()))),
    _checkpoints(
        "update-time-moves",
        "updateTime later after each write, and unmoved by reads",
        _ELEMENTS,
        "SLS411 SLS412 SLS413 SLS414",
    ).doing(
        *(*setup(), Write(0), Read(0), Read(0), Write(0), Read(0), WaitForClock(0), Read()),
        # the clients' clocks are 28 minutes apart, and the service's own counts
        *(step for minutes in (14, -14) for step in (Write(0, variant=RequestVariant(shift=minutes * 60)), Read(0))),
    ),
    _checkpoints(
        "update-time-not-forced",
        "updateTime later after each write with forceSuccess=false, too",
        f"{_ELEMENTS}; {_UPDATE}, parameter forceSuccess",
        "SLS411 SLS412",
    ).doing(*setup(), Write(0), Read(0), Write(0, force="false"), Read(0), WaitForClock(0, force="false")),
    _checkpoints(
        "update-time-of-same-value",
        "a later updateTime, even if the same checkpoint was written again",
        _ELEMENTS,
        "SLS411 SLS412",
    ).doing(*setup(), Write(0, "12"), Read(0), Write(0, "12"), Read(0), WaitForClock(0, "12")),
)


_CREATE = "CreateConsumerGroup page: a group's name is unique in a project"
_ERRORS = "GetCheckPoint page, error codes"
_LONG = "n" * 36

_PAIRS = {
    "begin-alike": (
        "one name is the beginning of the other",
        (("name", "name-2"), ("name", "name.2"), (_LONG + "1", _LONG + "2")),
    ),
    "differ-in-case": ("one is the other in capitals", (("Name", "name"),)),
    "hash-alike": ("hashes with factor 31 (Java) and 33 are equal", (("Aa", "BB"), ("Ab", "BA"))),
    "sum-alike": (
        "their sums are equal: CRC-32, Adler-32, the sum of the letters",
        (("plumless", "buckeroo"), ("aca", "bab"), ("ab", "ba")),
    ),
    "sort-alike": ("they sort as equal", (("a1", "a01"),)),
    "look-alike": (
        "they differ only in Unicode form, width, accent or final space",
        (("\u00e9", "e\u0301"), ("1", "\uff11"), ("\u00e4", "a"), ("a", "a ")),
    ),
    "match-alike": (
        "one matches the other as a pattern, or with its signs replaced",
        (("a_b", "a-b"), ("a%", "ab"), ("a.b", "a-b")),
    ),
}
"""Pairs of labels; the real names of a pair have the same prefix."""


def _apart(one: str, other: str) -> tuple[Step, ...]:
    """Return steps that create, change and delete two groups independently, and read both after each change."""
    x, y = Place(one), Place(other)
    return (
        *setup(x),
        Read(at=y),
        Delete(y),
        Write(0, at=x),
        *setup(y, "consumer_2"),
        HeartBeat("consumer_1", x),
        HeartBeat("consumer_1", y, lists=(0,), refused="NotExistConsumerWithBody"),
        Write(0, at=y, consumer="consumer_1", force="false"),
        Read(at=y),
        Write(0, at=y, consumer="consumer_2"),
        Read(0, at=x),
        Read(0, at=y),
        *(Update(60, order=True, at=x), Update(90, at=y), ListGroups(x)),
        Delete(x),
        Read(at=x),
        Read(0, at=y),
        Create(x),
        ListGroups(x),
        Delete(y),
        Read(at=y),
        Read(at=x),
        Delete(x),
    )


_GROUPS = (
    _names(
        f"groups-{word}", f"two separate groups, though {how}", _CREATE, "SLS404 SLS408 SLS409 SLS436 SLS441 SLS444"
    ).doing(*(step for pair in pairs for step in _apart(*pair)))
    for word, (how, pairs) in _PAIRS.items()
)


def _assigned(one: str, other: str) -> tuple[Step, ...]:
    """Return steps that show which shards two consumers are assigned, and that only one of them is known at first."""
    return (
        *(Create(), HeartBeat(one), HeartBeat(one)),
        HeartBeat(other, lists=(0,), refused="NotExistConsumerWithBody"),
        Write(0, consumer=other, force="false"),
        *map(HeartBeat, (one, other, one)),
        Delete(),
    )


_CONSUMERS = (
    *(
        _names(
            f"consumers-{word}",
            f"no shard is assigned to both consumers, though {how}",
            "HeartBeat page; README of the Java consumer library: a shard is consumed by one consumer at a time",
            "SLS436 SLS437 SLS438",
        ).doing(*(step for pair in pairs for step in _assigned(*pair)))
        for word, (how, pairs) in _PAIRS.items()
    ),
    *(
        _names(
            f"consumer-{word}",
            "consumer exactly as it was sent, also with another one of a similar name",
            _ELEMENTS,
            "SLS431",
        ).doing(
            Create(_A),
            HeartBeat(name),
            Write(0, consumer=name),
            Read(0),
            HeartBeat(other),
            Write(0, consumer=name),
            Read(0),
            Read(),
        )
        for word, name, other in (
            ("in-capitals", "Consumer_A", "consumer_a"),
            ("beginning-alike", "consumer_10", "consumer_1"),
            ("of-36-letters", _LONG, _LONG[:-1]),
            ("of-120-letters", "n" * 120, "n" * 119),
        )
    ),
)


def _similar_place(kind: str, code: str, clause: str, *places: Place) -> Scenario:
    expects = f"404 {code} for a name that extends an existing one, or is the beginning of one"
    reads = (Read(shard, place) for place in places for shard in (None, 0))
    steps = (*setup(_A), Write(0), Read(), *reads, Read(0))
    return _missing(f"{kind}-beginning-alike", expects, _ERRORS, f"{clause} SLS444").doing(*steps)


_PLACES = (
    _similar_place("logstore", "LogStoreNotExist", "SLS442", Place("a", "longer"), Place("a", "shorter")),
    _missing(
        "logstore-in-capitals",
        "400 or 404: logstore names are lowercase",
        f"{_ERRORS}; CreateLogstore page: small letters",
        "SLS442 SLS444",
    ).doing(*setup(_A), Write(0), Read(at=Place("a", "capitals")), Read(0)),
    _similar_place("project", "ProjectNotExist", "SLS443", Place("a", project="longer"), Place("a", project="shorter")),
)

SCENARIOS = (*_NAMES, *_CHECKPOINTS, *_GROUPS, *_CONSUMERS, *_PLACES)
