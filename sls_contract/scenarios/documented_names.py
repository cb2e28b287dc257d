"""Names that are almost another's: whoever compares beginnings, letters without case, or hashes takes one for two."""

from __future__ import annotations

from sls_contract.scenarios.scenario import Scenario, made
from sls_contract.scenarios.steps import Create, Delete, HeartBeat, Place, Read, Step, Write

_CREATE = "CreateConsumerGroup page: a group has a name of its own"
_ERRORS = "GetCheckPoint page, error codes"
_ELEMENTS = "GetCheckPoint page, response elements"
_A = Place("a")
_LONG = "n" * 36

_PAIRS = {
    "begin-alike": (
        "one begins as the other is called",
        (("name", "name-2"), ("name", "name.2"), (_LONG + "1", _LONG + "2")),
    ),
    "differ-in-case": ("one is the other in capitals", (("Name", "name"),)),
    "hash-alike": (
        "common hashes are equal: with factor 31 (Java) and 33, CRC-32, Adler-32, sum of letters",
        (("Aa", "BB"), ("Ab", "BA"), ("plumless", "buckeroo"), ("aca", "bab"), ("ab", "ba")),
    ),
    "sort-alike": ("one sorts as the other, or fits it as a pattern", (("a1", "a01"), ("a_b", "a-b"))),
    "look-alike": (
        "they differ in Unicode form, width, accent, blank at the end, or fit as a pattern",
        (("\u00e9", "e\u0301"), ("1", "\uff11"), ("\u00e4", "a"), ("a", "a "), ("a%", "ab"), ("a.b", "a-b")),
    ),
}
"""Labels of two groups each; what stands before them in their real names is the same."""


def _apart(one: str, other: str) -> tuple[Step, ...]:
    """Return steps that tell two groups apart: each is there or not, written and deleted without the other."""
    x, y = Place(one), Place(other)
    return (
        *made(x),
        Read(at=y),
        Write(0, at=x),
        *made(y),
        Read(at=y),
        Write(0, at=y),
        Read(0, at=x),
        Read(0, at=y),
        Delete(x),
        Read(at=x),
        Read(0, at=y),
        Delete(y),
    )


def _deleted(one: str, other: str) -> tuple[Step, ...]:
    """Return steps that delete the second of two groups, and look for both."""
    x, y = Place(one), Place(other)
    return (Create(x), Delete(y), Read(at=x), Create(y), Delete(y), Read(at=y), Read(at=x), Delete(x))


_GROUPS = (
    Scenario.of(
        f"groups-{word}",
        "names",
        f"each group its own, though {how}",
        _CREATE,
        "SLS404 SLS441 SLS444",
        (*(step for pair in pairs for step in _apart(*pair)), *(step for pair in pairs for step in _deleted(*pair))),
    )
    for word, (how, pairs) in _PAIRS.items()
)

_CONSUMERS = (
    Scenario.of(
        f"consumer-{word}",
        "names",
        "consumer letter by letter as it was sent, also beside one that is called almost so",
        _ELEMENTS,
        "SLS431",
        (
            Create(_A),
            HeartBeat(name),
            Write(0, consumer=name),
            Read(0),
            HeartBeat(other),
            Write(0, consumer=name),
            Read(0),
            Read(),
        ),
    )
    for word, name, other in (
        ("in-capitals", "Consumer_A", "consumer_a"),
        ("beginning-alike", "consumer_10", "consumer_1"),
        ("of-36-letters", _LONG, _LONG[:-1]),
    )
)

_PLACES = (
    Scenario.of(
        "logstore-beginning-alike",
        "missing",
        "404 LogStoreNotExist where the name only begins as an existing one, or is the beginning of one",
        _ERRORS,
        "SLS442 SLS444",
        (
            *made(_A),
            Write(0),
            Read(),
            *(Read(shard, Place("a", role)) for role in ("longer", "shorter") for shard in (None, 0)),
            Read(0),
        ),
    ),
    Scenario.of(
        "logstore-in-capitals",
        "missing",
        "400 or 404: names of logstores have small letters",
        f"{_ERRORS}; CreateLogstore page: small letters",
        "SLS442 SLS444",
        (*made(_A), Write(0), Read(at=Place("a", "capitals")), Read(0)),
    ),
    Scenario.of(
        "project-beginning-alike",
        "missing",
        "404 ProjectNotExist where the name only begins as an existing one, or is the beginning of one",
        _ERRORS,
        "SLS443 SLS444",
        (
            *made(_A),
            Write(0),
            Read(),
            *(Read(shard, Place("a", project=role)) for role in ("longer", "shorter") for shard in (None, 0)),
            Read(0),
        ),
    ),
)

SCENARIOS = (*_GROUPS, *_CONSUMERS, *_PLACES)
