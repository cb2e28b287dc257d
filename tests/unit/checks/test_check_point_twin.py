"""GetCheckPoint judged by its contract as data, against the functions that once judged it.

The functions below are the twin: written by hand, clause by clause, before contracts were data. Beyond them the
contract tells keys that are nearly shard.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.checks import judge
from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw
from sls_contract.checks.subject import GET_CHECK_POINT, OK, Subject
from sls_contract.exchange import Exchange
from sls_contract.spec import CLAUSES, catalog, errors_with, statuses_of, wording_is_known

if TYPE_CHECKING:
    from sls_contract.checks.rule import Flaws

MOST_FLAWS = 20
FIELDS = frozenset({"shard", "checkpoint", "updateTime", "consumer"})
ERROR_FIELDS = frozenset({"errorCode", "errorMessage", "accessDeniedDetail"})
INT32_MAX = 2**31 - 1
_SHARD_LIKE = frozenset({"shard", "shards", "shardid", "shard_id", "shard-id"})

_FROM, _TO = 1_000_000_000, 4_102_444_800  # 2001-09-09 and 2100-01-01 in Unix seconds
_UNITS = (("seconds", 1), ("milliseconds", 10**3), ("nanoseconds", 10**9))
_LOW, _HIGH = _FROM * 10**6, _TO * 10**6  # what is in between makes sense in microseconds
_LONG_AGO = datetime.fromtimestamp(_FROM, UTC)
_SHARD, _CHECKPOINT, _UPDATE_TIME = itemgetter("shard"), itemgetter("checkpoint"), itemgetter("updateTime")
_MEND = {
    "shard": "write the shard id as a JSON integer.",
    "checkpoint": 'write the checkpoint in standard base64, "" where the shard was not consumed.',
    "updateTime": "write the microseconds since 1970 as a JSON integer, 0 where never updated.",
    "consumer": 'write the consumer\'s name as a JSON string, "" where nobody holds the shard.',
}


def is_bare_array(subject: Subject) -> Flaws:
    """Demand that the body of a success is an array and nothing around it."""
    if not subject.is_success or subject.json is None or subject.json.syntax:
        return None
    value = subject.json.value
    if isinstance(value, list):
        return KEPT
    fix = "answer with the list of entries itself; with an error status where it is an error."
    return [Flaw("body", "a bare JSON array", _kind_of(value), fix)]


def _kind_of(value: Any) -> str:
    if not isinstance(value, dict):
        return shown(value)
    if "errorCode" in value or "error_code" in value:
        return f"an error body under status 200: {shown(value)}"
    if "shard" in value:
        return "a single entry without its list"
    wrapped = [key for key, inner in value.items() if isinstance(inner, list)]
    return f"the list wrapped in an object, under the key {shown(wrapped[0])}" if wrapped else shown(value)


def are_objects(subject: Subject) -> Flaws:
    """Demand that each element is an object."""
    if not subject.entries:
        return None
    if subject.regular:
        return KEPT
    return [
        Flaw(f"/{place}", "an object", shown(entry), "answer with one object for each shard.")
        for place, entry in enumerate(subject.entries)
        if not isinstance(entry, dict)
    ][:MOST_FLAWS]


def field_fits(name: str, subject: Subject) -> Flaws:
    """Demand that one field of every entry fits its schema."""
    if not subject.entries:
        return None
    return [
        Flaw(error.pointer, _described(name, error.expected), error.actual, _MEND[name])
        for error in subject.schema_errors
        if error.pointer.endswith(f"/{name}")
    ][:MOST_FLAWS]


def _described(name: str, expected: str) -> str:
    return f"the key {name}" if expected == "present" else expected


def time_in_microseconds(subject: Subject) -> Flaws:
    """Demand that each updateTime is 0 or makes sense as microseconds."""
    if subject.regular and are_plausible(subject):
        return KEPT
    times = _integers(subject, "updateTime")
    if not times:
        return None
    fix = "count microseconds since 1970-01-01 UTC."
    return [
        Flaw(f"/{place}/updateTime", "microseconds since 1970 UTC, or 0", _read_as_unit(time), fix)
        for place, time in times
        if time and not _lowest(subject) <= time < _HIGH
    ][:MOST_FLAWS]


def are_plausible(subject: Subject) -> bool:
    """Tell whether every updateTime of a list may be microseconds, or is 0; each is an integer."""
    times = set(map(_UPDATE_TIME, subject.entries or ())) - {0}
    return not times or (_lowest(subject) <= min(times) and max(times) < _HIGH)


def _lowest(subject: Subject) -> int:
    """Return the first microsecond that may be a time: of 1970 only where the exchange has a clock as old."""
    clocks = (subject.dated, subject.at, subject.sent)
    return 0 if any(clock is not None and clock < _LONG_AGO for clock in clocks) else _LOW


def _unit_of(time: int) -> str:
    return next((unit for unit, count in _UNITS if _FROM * count <= time < _TO * count), "")


def _read_as_unit(time: int) -> str:
    unit = _unit_of(time)
    if unit:
        return f"{shown(time)}, which makes sense in {unit} only"
    return f"{shown(time)}, which is {'before the year 2001' if time < _LOW else 'after the year 2100'}"


def checkpoint_is_decimal(subject: Subject) -> Flaws:
    """Demand that each checkpoint that is canonical base64 decodes to decimal digits."""
    if subject.regular:
        decoded = b"".join(map(a2b_base64, map(_CHECKPOINT, subject.entries or ())))
        if not decoded or decoded.isdigit():
            return KEPT if decoded else None
    if not any(text and type(text) is str for text in _column(subject, "checkpoint")):
        return None
    fix = "check who wrote this checkpoint: it is no cursor of the service."
    return [
        Flaw(f"/{place}/checkpoint", "base64 of a decimal number", shown(entry["checkpoint"]), fix)
        for place, entry in enumerate(subject.entries or ())
        if isinstance(entry, dict) and type(entry.get("checkpoint")) is str and not _is_decimal(entry["checkpoint"])
    ][:MOST_FLAWS]


def are_decimal(entries: list[Any]) -> bool:
    """Tell whether the checkpoints, all of them canonical base64, decode to digits and nothing else, at least one."""
    return b"".join(map(a2b_base64, map(_CHECKPOINT, entries))).isdigit()


def _is_decimal(text: str) -> bool:
    """Tell whether a checkpoint is a cursor; what is empty or no base64 is another clause's."""
    try:
        return not text or a2b_base64(text, strict_mode=True).isdigit()
    except (NotBase64, ValueError):
        return True


def has_consumer(subject: Subject) -> Flaws:
    """Demand that each entry names a consumer, be it nobody."""
    entries = subject.entries
    if not entries:
        return None
    if subject.complete:
        return KEPT
    fix = 'write "consumer": "" where nobody holds the shard.'
    return [
        Flaw(f"/{place}/consumer", "the key consumer", "absent", fix)
        for place, entry in enumerate(entries)
        if isinstance(entry, dict) and "consumer" not in entry
    ][:MOST_FLAWS]


def shards_differ(subject: Subject) -> Flaws:
    """Demand that no two entries are of the same shard."""
    if subject.regular and 1 < len(subject.entries or ()) == len(set(map(_SHARD, subject.entries or ()))):
        return KEPT
    shards = _integers(subject, "shard")
    if len(shards) < 2:
        return None
    seen: dict[int, int] = {}
    again = [(place, shard) for place, shard in shards if seen.setdefault(shard, place) != place]
    fix = "answer with one entry for each shard."
    return [
        Flaw(f"/{place}/shard", "a shard that no other entry has", f"{shown(shard)}, as in /{seen[shard]}", fix)
        for place, shard in again[:MOST_FLAWS]
    ]


def shard_as_asked(subject: Subject) -> Flaws:
    """Demand that every entry is of the shard that was asked for."""
    asked = subject.asked_shard
    shards = [] if asked is None else _integers(subject, "shard")
    if not shards:
        return None
    fix = "filter the list by the query key shard."
    wrong = [(place, shard) for place, shard in shards if shard != asked]
    return [Flaw(f"/{place}/shard", str(asked), shown(shard), fix) for place, shard in wrong[:MOST_FLAWS]]


def known_fields_only(subject: Subject) -> Flaws:
    """Demand that no entry has a key that no page names."""
    if not subject.entries:
        return None
    if subject.complete:
        return KEPT
    strange: dict[str, int] = {}
    for place, entry in enumerate(subject.entries):
        if isinstance(entry, dict) and not entry.keys() <= FIELDS:
            for key in entry.keys() - FIELDS:
                strange.setdefault(key, place)
    fix = "check whether a documented key was renamed; clients ignore unknown keys."
    return [
        Flaw(f"/{place}/{_escaped(key)}", "the documented keys only", f"the key {shown(key)}", fix)
        for key, place in sorted(strange.items(), key=lambda item: (item[1], item[0]))
    ][:MOST_FLAWS]


def _escaped(key: str) -> str:
    return shown(key)[1:-1].replace("~", "~0").replace("/", "~1")


def _column(subject: Subject, name: str) -> list[Any]:
    """Return one field of every entry that is an object and has it."""
    return [entry[name] for entry in subject.entries or () if isinstance(entry, dict) and name in entry]


def _integers(subject: Subject, name: str) -> list[tuple[int, int]]:
    """Return place and value of one field of every entry, where it is an integer of 64 bits without a sign."""
    return [
        (place, entry[name])
        for place, entry in enumerate(subject.entries or ())
        if type(entry) is dict and type(entry.get(name)) is int and 0 <= entry[name] < 1 << 63
    ]


def shard_key(subject: Subject) -> Flaws:
    """Demand that the key is shard and nothing like it."""
    wrong = [key for key, _ in subject.request.query_pairs() if key != "shard" and key.lower() in _SHARD_LIKE]
    return [Flaw(f"query {key}", "shard", key, "name the query key shard, in lower case.") for key in wrong]


def shard_value(subject: Subject) -> Flaws:
    """Demand that the value is one shard id."""
    values = subject.shard_values
    if not values:
        return None
    if not subject.asks_nonsense:
        return KEPT
    actual = shown(values[0]) if len(values) == 1 else f"{len(values)} values"
    return [Flaw("query shard", "one number from 0 to 2147483647", actual, "send one shard id, in decimal digits.")]


def unknown_keys(subject: Subject) -> Flaws:
    """Demand that no other key is there."""
    strange = {key: None for key, _ in subject.request.query_pairs() if key.lower() not in _SHARD_LIKE}
    return [Flaw(f"query {shown(key)}", "no key but shard", shown(key), "leave the key out.") for key in strange]


def no_body(subject: Subject) -> Flaws:
    """Demand that the request has no body."""
    size = len(subject.request.body)
    return [Flaw("body", "no body", f"{size} bytes", "send the request without a body.")] if size else KEPT


def is_json(subject: Subject) -> Flaws:
    """Demand that the body of a success is one JSON text.

    An error body that is none is judged as an error body.
    """
    if not subject.is_success or subject.json is None:
        return None
    if not subject.json.syntax:
        return KEPT
    fix = "answer with one JSON array in UTF-8 and nothing else."
    return [Flaw("body", "one JSON text", shortened(subject.json.syntax), fix)]


def integers_are_integers(subject: Subject) -> Flaws:
    """Demand that shard and updateTime are written with digits alone."""
    if not subject.entries or subject.json is None:
        return None
    if not subject.json.floats:
        return KEPT
    fix = "format integers without sign, fraction or exponent."
    return [
        Flaw(f"/{place}/{name}", "digits alone", f"a number with the value {shown(value)}", fix)
        for place, entry in enumerate(subject.entries)
        if isinstance(entry, dict)
        for name in ("shard", "updateTime")
        if isinstance(value := entry.get(name), float) and value.is_integer()
    ][:MOST_FLAWS]


def status_has_meaning(subject: Subject) -> Flaws:
    """Demand that the status is 200, 4xx or 5xx."""
    assert subject.response is not None
    status = subject.response.status
    if status == OK or subject.is_error:
        return KEPT
    return [Flaw("status", "200, or an error of 4xx or 5xx", shown(status), "answer a success with exactly 200.")]


def code_is_known(subject: Subject) -> Flaws:
    """Demand that the code stands in some page."""
    code = _error_text(subject, "errorCode")
    if not code:
        return None
    fix = "answer with a code of the GetCheckPoint page or of the common tables."
    return KEPT if errors_with(code) else [Flaw("/errorCode", "a documented code", shown(code), fix)]


def code_fits_operation(subject: Subject) -> Flaws:
    """Demand that a known code is one that this operation can answer."""
    code = _error_text(subject, "errorCode")
    known = errors_with(code) if code else ()
    if not known or subject.asks_nonsense:
        return None
    if any(error.may_answer(GET_CHECK_POINT) for error in known):
        return KEPT
    belongs = ", ".join(dict.fromkeys(name for error in known for name in error.operations))
    fix = "answer an unknown shard with 200 and an empty list; other failures with a code of this operation."
    return [Flaw("/errorCode", "a code of GetCheckPoint", f"{code}, which belongs to {belongs}", fix)]


def code_fits_status(subject: Subject) -> Flaws:
    """Demand that a known code comes with its status."""
    code = _error_text(subject, "errorCode")
    statuses = statuses_of(code) if code else frozenset()
    if not statuses or subject.response is None:
        return None
    if subject.response.status in statuses:
        return KEPT
    expected = f"{' or '.join(map(str, sorted(statuses)))} with {code}"
    return [Flaw("status", expected, str(subject.response.status), "give the code the status of its table.")]


def wording_is_usual(subject: Subject) -> Flaws:
    """Demand that the message of a known code is worded as a page or an observed answer has it."""
    code, message = _error_text(subject, "errorCode"), _error_text(subject, "errorMessage")
    wordings = [wording for error in errors_with(code) for wording in error.wordings] if code and message else []
    if not wordings or subject.asks_nonsense:
        return None
    if wording_is_known(code, message):
        return KEPT
    fix = "compare errorCode, not the message; report a new wording to sls-contract."
    return [Flaw("/errorMessage", shortened(f"such as {shown(wordings[0])}"), shown(message), fix)]


def error_fields_only(subject: Subject) -> Flaws:
    """Demand that an error body has no key that no page names."""
    if not subject.is_error or not isinstance(subject.document, dict) or not subject.document.keys() & ERROR_FIELDS:
        return None
    fix = "check whether a documented key was renamed; clients ignore unknown keys."
    strange = [key for key in subject.document if key not in ERROR_FIELDS]
    return [Flaw(f"/{shown(key)[1:-1]}", "the documented keys only", f"the key {shown(key)}", fix) for key in strange][
        :MOST_FLAWS
    ]


def _error_text(subject: Subject, name: str) -> str:
    value = subject.document.get(name) if subject.is_error and isinstance(subject.document, dict) else None
    return value if isinstance(value, str) else ""


class Twin(Subject):
    """An exchange with what the functions above want to know of it."""

    @property
    def asked_shard(self):
        return shard_number(self.shard_values[0]) if len(self.shard_values) == 1 else None

    @property
    def asks_nonsense(self):
        return bool(self.shard_values) and self.asked_shard is None

    @property
    def schema_errors(self):
        return catalog().response_errors(self.entries)

    @property
    def regular(self):
        return bool(self.entries) and self.json is not None and not self.json.floats and not self.schema_errors

    @property
    def complete(self):
        return self.regular and all(set(keys) == FIELDS for keys in set(map(tuple, self.entries or ())))


def shard_number(text):
    number = int(text) if re.fullmatch("0|[1-9][0-9]{0,9}", text) else -1
    return number if 0 <= number <= INT32_MAX else None


REQUEST_CHECKS = {"SLS103": shard_key, "SLS104": shard_value, "SLS105": unknown_keys, "SLS106": no_body}
ANSWER_CHECKS = {
    "SLS201": is_bare_array,
    "SLS202": are_objects,
    "SLS203": partial(field_fits, "shard"),
    "SLS204": time_in_microseconds,
    "SLS205": partial(field_fits, "updateTime"),
    "SLS206": partial(field_fits, "checkpoint"),
    "SLS207": checkpoint_is_decimal,
    "SLS208": partial(field_fits, "consumer"),
    "SLS209": has_consumer,
    "SLS210": shards_differ,
    "SLS211": shard_as_asked,
    "SLS212": known_fields_only,
    "SLS221": is_json,
    "SLS224": integers_are_integers,
    "SLS231": status_has_meaning,
    "SLS234": code_is_known,
    "SLS235": code_fits_operation,
    "SLS236": code_fits_status,
    "SLS237": wording_is_usual,
    "SLS238": error_fields_only,
}


def twin_finds(exchange):
    """Return code and place of every finding of the functions above."""
    subject = Twin(exchange.request, exchange.response)
    checks = REQUEST_CHECKS | (ANSWER_CHECKS if exchange.response else {})
    found = {(code, flaw.where, CLAUSES[code].level) for code, find in checks.items() for flaw in find(subject) or ()}
    no_base64 = {where for code, where, _ in found if code == "SLS206"}  # they decoded some of what is none
    return {each for each in found if each[0] != "SLS207" or each[1] not in no_base64}


def contract_finds(exchange):
    """Return the same of the contract, as far as the functions above know the clauses."""
    known = REQUEST_CHECKS | ANSWER_CHECKS
    return {(each.code, each.where, each.level) for each in judge(exchange).findings if each.code in known}


QUERIES = (
    "", "", "", "shard=0", "shard=0", "shard=1", "shard=", "shard=-1", "shard=00", "shard=+1", "shard=2147483647",
    "shard=2147483648", "shard=0&shard=0", "shard=0&shard=1", "shardId=0", "SHARD=0", "shard=0&Shard=1", "shard_id=1",
    "shards", "x=1", "shard=0&offset=1&offset=2", "%73hard=0", "shard=%30", "shard=1e0", "colour=red&shardid=",
    "sh%61rd=١",
)  # fmt: skip
SHARDS = (0, 0, 1, 2, 2147483647, 2147483648, -1, 2**63, 2**70, "0", None, True, 1.0, 2.5, [], {}, ...)
CHECKPOINTS = (
    "", "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", base64.b64encode(b"17").decode(), "QUJD", "MTUyNDE1NTM3OTM3MzkwODQ5Ng", "MTV=",
    "MTU=\n", "AAAA\nAAAA", "AA==AA==", "-_-_", "é", 7, None, [], ...,
)  # fmt: skip
TIMES = (
    1524224984800922, 1524224984800922, 0, 1524224984, 1524224984800, 1524224984800922000, 1, -1, 2**62, 2**63, 2**64,
    4_102_444_800_000_000, 1_000_000_000_000_000, 999_999_999_999_999, "1524224984800922", 1524224984800922.0, None,
    False, 0.5, ...,
)  # fmt: skip
CONSUMERS = ("consumer_1", "", "日志", None, 7, [], ...)
ERRORS = (
    ("ConsumerGroupNotExist", "consumer group not exist.", 404), ("ConsumerGroupNotExist", "nope", 404),
    ("ConsumerGroupNotExist", "Consumer group not exist", 400), ("ShardNotExist", "shard not exist.", 404),
    ("ConsumerNotMatch", "any", 403), ("NeverHeardOfIt", "no", 404),
    ("Unauthorized", "The AccessKeyId is unauthorized.", 401),
    ("InternalServerError", "any", 500), ("PostBodyTooLarge", "Body size 1 must little than 10485760.", 400),
    ("LogStoreNotExist", "The logstore x dose not exist.", 404), ("", "", 404), (7, None, 404),
)  # fmt: skip


def an_entry(choose):
    """Return an entry with a few fields changed."""
    fields = {"shard": choose(SHARDS[:4]), "checkpoint": CHECKPOINTS[1], "updateTime": TIMES[0], "consumer": "c"}
    for name, values in (
        ("shard", SHARDS),
        ("checkpoint", CHECKPOINTS),
        ("updateTime", TIMES),
        ("consumer", CONSUMERS),
    ):
        if choose((True, False, False, False)):
            fields[name] = choose(values)
    more = {choose(("x", "a/b~c", "日志", "Shard", 'q"')): 1} if choose((True, *[False] * 9)) else {}
    return {name: value for name, value in (fields | more).items() if value is not ...}


def a_body(choose):
    """Return the bytes of an answer: mostly a list, sometimes what is none."""
    listed = [an_entry(choose) for _ in range(choose((0, 1, 1, 2, 3, 5)))]
    if choose((True, *[False] * 9)):
        listed.insert(choose((0, len(listed))), choose((None, 1, "x", [], [{}], True, 0.0)))
    odd = (listed, {"entries": listed}, {}, None, "x", 7, {"errorCode": "a"}, an_entry(choose))
    value = choose(odd) if choose((True, *[False] * 9)) else listed
    text = json.dumps(value, ensure_ascii=choose((True, False)), separators=choose(((",", ":"), (", ", ": "))))
    broken = ("", "[", "<html>", text + "x", text.replace("1", "1e0"), text.replace("0", "-0"), "\ufeff" + text, "NaN")
    return (choose(broken) if choose((True, *[False] * 9)) else text).encode("utf-8", "surrogatepass")


def an_exchange(seed, make):
    """Return an exchange of GetCheckPoint in which a few things may be wrong."""
    choose = random.Random(seed).choice
    query, body = choose(QUERIES), b"x" if choose((True, *[False] * 19)) else b""
    request = make.request(f"{make.path}{'?' * bool(query)}{query}", body=body)
    if choose((True, False, False, False, False)):
        code, message, status = choose(ERRORS)
        more = choose(({}, {}, {"requestId": "x"}, {"accessDeniedDetail": None}))
        return Exchange(request, make.error(status, code, message, **more))
    return Exchange(request, make.response(a_body(choose), choose((200, 200, 200, 200, 200, 201, 204, 302, 404, 502))))


MANY = 10_000 if os.environ.get("SLS_FULL") else 1_500


@pytest.mark.parametrize("part", range(10))
def test_the_contract_finds_what_the_functions_found(make, part):
    """The same codes, places and levels on generated exchanges: all of them with SLS_FULL, else a sample."""
    share = MANY // 10
    found = set()
    for seed in range(part * share, (part + 1) * share):
        exchange = an_exchange(seed, make)
        theirs, ours = twin_finds(exchange), contract_finds(exchange)
        assert ours == theirs, (seed, exchange.request.query, exchange.response.status, exchange.response.body)
        found |= {code for code, _, _ in ours}
    assert len(found) > 15


def test_every_code_is_compared(make):
    """Among a thousand exchanges each clause is broken."""
    found = {code for seed in range(1000) for code, _, _ in contract_finds(an_exchange(seed, make))}
    assert found == {*REQUEST_CHECKS, *ANSWER_CHECKS}
