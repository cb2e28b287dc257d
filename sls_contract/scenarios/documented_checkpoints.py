"""Names, checkpoints and their times: what is written comes back."""

from __future__ import annotations

from sls_contract.scenarios.scenario import Scenario, made
from sls_contract.scenarios.steps import ListGroups, Place, Read, WaitForClock, Write

_ELEMENTS = "GetCheckPoint page, response elements"
_UPDATE = "UpdateCheckPoint page"
_A = Place("a")

_NAMES = (
    *(
        Scenario.of(
            f"group-named-{word}",
            "names",
            "200: no page restricts the names of groups",
            "CreateConsumerGroup page",
            "SLS402 SLS444",
            (
                *made(Place(label)),
                Write(0, at=Place(label)),
                Read(0, Place(label)),
                Read(at=Place(label)),
                ListGroups(Place(label)),
            ),
        )
        for word, label in (
            ("in-chinese", "消费组"),
            ("with-blank", "a b"),
            ("with-percent", "a%2Bb"),
            ("with-plus", "a+b"),
            ("with-capitals", "Aa-Bb"),
            ("with-slash", "a/b"),
        )
    ),
    *(
        Scenario.of(
            f"consumer-named-{word}",
            "names",
            "consumer as it was sent, in UTF-8",
            f"{_ELEMENTS}; RequestSignature page: texts are UTF-8",
            "SLS402 SLS431",
            (*made(_A, name), Write(0, consumer=name), Read(0), Read()),
        )
        for word, name in (("in-chinese", "消费者_1"), ("with-signs", "a,b;c=d&e+f%2Fg:h/i"))
    ),
)

_CHECKPOINTS = (
    Scenario.of(
        "checkpoint-texts",
        "checkpoints",
        "every checkpoint byte for byte: short, long, with leading zeros, with blanks around",
        _ELEMENTS,
        "SLS401 SLS402",
        (
            *made(),
            *(
                step
                for value in ("0", "007", "12", "1524155379373908496", "9223372036854775807", " 12 \n", "12\0")
                for step in (Write(0, value), Read(0))
            ),
        ),
    ),
    Scenario.of(
        "checkpoint-bytes",
        "checkpoints",
        "base64 of any bytes comes back as it was written",
        "UpdateCheckPoint page, InvalidShardCheckPoint: base64 is all that is asked for",
        "SLS401 SLS402",
        (*made(), Write(0, "-1"), Read(0), Write(0, "~~~???>>>"), Read(0), Write(0, "数据消费"), Read()),
    ),
    Scenario.of(
        "checkpoint-many-times",
        "checkpoints",
        "the checkpoint that was written last, also after a dozen writes",
        _UPDATE,
        "SLS401 SLS402",
        (*made(), *(step for _ in range(12) for step in (Write(0), Read(0))), Read()),
    ),
    Scenario.of(
        "checkpoint-rewound",
        "checkpoints",
        "the smaller number, which was written last",
        _UPDATE,
        "SLS401 SLS402",
        (*made(), Write(0, "2000"), Read(0), Write(0, "1000"), Read(0)),
    ),
    Scenario.of(
        "checkpoint-not-forced",
        "checkpoints",
        "the checkpoint, which the holder of the shard may write without force",
        _UPDATE,
        "SLS401 SLS402",
        (*made(), Write(0, force="false"), Read(0), Write(0, force="False"), Read(0)),
    ),
    Scenario.of(
        "update-time-moves",
        "checkpoints",
        "updateTime later after each write, and unmoved by reads",
        _ELEMENTS,
        "SLS411 SLS412 SLS413 SLS414",
        (*made(), Write(0), Read(0), Read(0), Write(0), Read(0), WaitForClock(0), Read()),
    ),
    Scenario.of(
        "update-time-of-same-value",
        "checkpoints",
        "updateTime later also where the same checkpoint was written again",
        _ELEMENTS,
        "SLS411 SLS412",
        (*made(), Write(0, "12"), Read(0), Write(0, "12"), Read(0), WaitForClock(0, "12")),
    ),
)

SCENARIOS = (*_NAMES, *_CHECKPOINTS)
