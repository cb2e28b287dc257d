"""Unusual responses that conform to the contract, and questionable ones that slightly break it."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint import Delivery
from sls_contract.endpoint.delivery import deliver
from sls_contract.exchange import wire_text
from sls_contract.exercise.reply import (
    PAUSE,
    Duty,
    Reply,
    compact,
    delivered,
    entries,
    headed,
    in_chunks,
    rewritten,
    unchanged,
    with_body,
)
from sls_contract.exercise.situation import Situation
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Response
    from sls_contract.exercise.reply import Turn

BEYOND_DOUBLES = 2**53 + 1
"""The first integer that a double cannot hold."""

MANY = 1000
"""Shards; their entries exceed 64 KiB, a common buffer size."""

LARGE = 1_234_567_891
"""A shard id of 31 bits, which 8 or 16 bits and the fraction of a 32-bit float cut."""

_CHINESE = "消费者_1"
_OVERFLOW_32, _OVERFLOW_64 = 2**32, 2**64
_LONG = "Consumer-" + "0123456789" * 12
_LONG_CHECKPOINT = b64encode(b"1234567890" * 100).decode()
_ZEROS = b64encode(b"0012").decode()
_PAGE = "GetCheckPoint page"
_ELEMENTS = f"{_PAGE}, response elements"
_HTTP = "RFC 9110 and 9112: what HTTP allows, proxies do"
_JSON = "RFC 8259: one value, many texts"
_SDKS = "responses on which the official SDKs were seen to differ"
_REQUEST_ID = "x-log-requestid"


def _with(**fields: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda listed: [{**entry, **fields} for entry in listed]


def _without(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda listed: [{key: value for key, value in entry.items() if key != name} for entry in listed]


def _as_text(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda listed: [{**entry, name: str(entry[name])} for entry in listed]


def _field(name: str, value: str | None) -> Callable[[Response], Response]:
    def change(good: Response) -> Response:
        headers = good.headers.without(name)
        return good.replace(headers=headers if value is None else headers.with_field(name, value))

    return change


def _renamed(name: str, new: str) -> Callable[[Response], Response]:
    return lambda good: good.replace(headers=good.headers.without(name).with_field(new, good.headers[name]))


def _in_casing(casing: Callable[[str], str]) -> Callable[[Response], Response]:
    """Change the letter case of every header name."""
    return lambda good: good.replace(headers=Headers((casing(name), value) for name, value in good.headers.pairs))


def _status(status: int) -> Callable[[Response], Response]:
    return lambda good: good.replace(status=status, reason="")


def _chunked(good: Response) -> Response:
    return deliver(in_chunks(good), Delivery(pause_after=len(good.body) // 2))


def _ended_by_close(good: Response) -> Response:
    headers = good.headers.without("Content-Length").with_field("Connection", "close")
    return deliver(good.replace(headers=headers), Delivery(ending="close"))


def _falsely_compressed(good: Response) -> Response:
    headers = good.headers.with_field("x-log-compresstype", "lz4").with_field("x-log-bodyrawsize", str(len(good.body)))
    return good.replace(headers=headers)


def _coded(coding: str, encode: Callable[[bytes], bytes]) -> Turn:
    """Compress the list: correct if the client's Accept-Encoding allows it, else a fault of the service."""

    def change(good: Response) -> Response:
        coded = with_body(good, encode(good.body))
        return coded.replace(headers=coded.headers.with_field("Content-Encoding", coding))

    def turn(good: Response) -> Reply:
        reply = headed(change, Duty.EITHER)(good)
        return replace(reply, expected=replace(reply.expected, coding=coding))

    return turn


def _paused_after_entry(good: Response) -> Reply:
    """Send the list with a pause after its first entry, so that a first read returns a complete but partial list."""
    first = good.body.index(b"}") + 1
    return delivered(Delivery(pause_after=first, pause=PAUSE), Duty.RETURN)(good)


def _paused_in_character(good: Response) -> Reply:
    """Send the list with a pause inside a character of three bytes."""
    reply = entries(_with(consumer=_CHINESE))(good)
    inside = reply.response.body.index(_CHINESE.encode()) + 1
    return replace(reply, response=deliver(reply.response, Delivery(pause_after=inside, pause=PAUSE)))


def _large(_: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entry of a shard that the endpoint does not have."""
    return [{"shard": LARGE, "checkpoint": "MTIzNDU2", "updateTime": 1_524_224_984_800_922, "consumer": "Consumer_1"}]


def _with_overflown_shard(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add an entry whose shard looks like the first one where only 32 bits of it are kept."""
    return [*listed, {**listed[0], "shard": _OVERFLOW_32 + listed[0]["shard"], "checkpoint": "MTAwMw=="}]


def _with_overflown_time(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Change the time to one that looks like the true one where only 64 bits of it are kept."""
    return [{**entry, "updateTime": _OVERFLOW_64 + entry["updateTime"]} for entry in listed]


def _alike(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make all entries equal to the first one, except for their shards."""
    return [{**listed[0], "shard": entry["shard"]} for entry in listed]


def _escaped(listed: list[dict[str, Any]]) -> str:
    return json.dumps(listed, ensure_ascii=True).replace("/", "\\/")


def _many(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn the entries of a few shards into many, each with a different checkpoint and time."""
    return [
        {
            **listed[shard % len(listed)],
            "shard": shard,
            "checkpoint": b64encode(b"%d" % (10**18 + shard)).decode(),
            "updateTime": listed[0]["updateTime"] + shard,
        }
        for shard in range(MANY)
    ]


def _pretty(listed: list[dict[str, Any]]) -> str:
    return "\n " + json.dumps(listed, indent=2, ensure_ascii=True, sort_keys=True) + "\n"


def _doubled(good: Response) -> Reply:
    """Return two entries of the requested shard: an older one and the current one."""
    (entry,) = json.loads(good.body)
    older = {**entry, "checkpoint": "MTIz", "updateTime": entry["updateTime"] - 1_000_000}
    reply = entries(lambda _: [older, entry], Duty.EITHER)(good)
    return replace(reply, expected=replace(reply.expected, needed=frozenset({entry["shard"]})))


def _unfiltered(good: Response) -> Reply:
    """Return entries of other shards before and after the requested one."""
    (entry,) = json.loads(good.body)
    before = {**entry, "shard": entry["shard"] - 1, "checkpoint": "MTAwMQ==", "updateTime": entry["updateTime"] - 7}
    after = {**entry, "shard": entry["shard"] + 1, "checkpoint": "MTAwMw==", "updateTime": entry["updateTime"] + 7}
    reply = entries(lambda _: [before, entry, after], Duty.EITHER)(good)
    return replace(reply, expected=replace(reply.expected, needed=frozenset({entry["shard"]})))


def _right(name: str, response: str, source: str = _HTTP) -> Situation:
    return Situation(name, "unusual responses", response, source)


def _odd(name: str, response: str, source: str = _SDKS) -> Situation:
    return Situation(name, "questionable responses", response, source)


UNUSUAL = (
    _right("chunked", "the list in two chunks").given(headed(_chunked)),
    _right("no-content-length", "the list, ended by the end of the connection").given(headed(_ended_by_close)),
    _right(
        "pause-in-body",
        f"every shard's entry, with a pause of {PAUSE:g} seconds after the first one",
        "TCP is a stream: a read returns the bytes received so far",
    ).given(_paused_after_entry, shard=None),
    _right(
        "pause-in-character",
        f"consumer {_CHINESE}, with {PAUSE:g} seconds inside a character",
        "TCP is a stream: a read returns the bytes received so far",
    ).given(_paused_in_character),
    _right(
        "shards-many", f"the entries of {MANY} shards, more than 64 KiB", f"{_ELEMENTS}: an array of any length"
    ).given(entries(_many), shard=None),
    _right(
        "shard-large-given",
        f"the one entry of shard {LARGE}",
        f"{_PAGE}, parameter shardId: an integer; each split and merge makes larger ones",
    ).given(entries(_large), shard=LARGE),
    _right(
        "shards-alike",
        "every shard's entry, equal except for the shard",
        f"{_ELEMENTS}: only shard identifies an entry",
    ).given(entries(_alike), shard=None),
    _right(
        "texts-long",
        "a consumer of more than 128 characters and a checkpoint of more than 1,024",
        f"{_ELEMENTS}: strings; no length is given",
    ).given(entries(_with(consumer=_LONG, checkpoint=_LONG_CHECKPOINT))),
    _right(
        "checkpoint-with-zeros", f"the checkpoint {_ZEROS}, base64 of 0012", f"{_ELEMENTS}: a string, not a number"
    ).given(entries(_with(checkpoint=_ZEROS))),
    _right(
        "reason-phrase", "200 Fine and the list", "RFC 9112 section 4: clients should ignore the reason phrase"
    ).given(headed(lambda good: good.replace(reason="Fine"))),
    _right("content-type-charset", "application/json;charset=utf-8").given(
        headed(_field("Content-Type", "application/json;charset=utf-8"))
    ),
    _right("content-type-casing", "Application/JSON").given(headed(_field("Content-Type", "Application/JSON"))),
    _right("header-names-lower-case", "every header name in lower case").given(headed(_in_casing(str.lower))),
    _right("header-names-upper-case", "every header name in upper case").given(headed(_in_casing(str.upper))),
    _right("request-id-mixed", "X-Log-RequestId").given(headed(_renamed(_REQUEST_ID, "X-Log-RequestId"))),
    _right("json-spaced", "the list on many lines after an empty one, its keys in another order", _JSON).given(
        rewritten(_pretty)
    ),
    _right("shards-unordered", "every shard's entry, the last first", f"{_PAGE}: no order is promised").given(
        entries(lambda listed: listed[::-1]), shard=None
    ),
    _right("entry-new-key", "an entry with a new key, whose value is an object", "APIs grow").given(
        entries(_with(lag={"logs": [0]}))
    ),
    _right("consumer-in-chinese", f"consumer {_CHINESE}", "RequestSignature page: texts are UTF-8").given(
        entries(_with(consumer=_CHINESE))
    ),
    _right(
        "consumer-with-escapes", "a consumer with quotes, slashes, blanks, a tab, &, ü and an emoji, escaped", _JSON
    ).given(entries(_with(consumer=' "C:\\host"/1\t&lt; & ü \U0001f600 '), write=_escaped)),
    _right(
        "consumer-in-many-scripts",
        "consumer Größe-e\u0301-消费者-\U0001f600, one letter of which is two characters",
        "RequestSignature page: texts are UTF-8; no page mentions Unicode normalization forms",
    ).given(entries(_with(consumer="Größe-e\u0301-消费者-\U0001f600"))),
    _right(
        "group-in-many-scripts",
        "the entry of group Größe-e\u0301-消费, one letter of which is two characters",
        "CreateConsumerGroup page: names are not restricted",
    ).given(unchanged, group="Größe-e\u0301-消费", may_refuse=True),
    _right(
        "group-with-signs", "the entry of group a b+c~&=", "CreateConsumerGroup page: names are not restricted"
    ).given(unchanged, group="a b+c~&=", may_refuse=True, multiplied=True),
    _right(
        "group-with-percent",
        "the entry of group a%2Bb, which is not a+b",
        "CreateConsumerGroup page: names are not restricted",
    ).given(unchanged, group="a%2Bb", may_refuse=True),
    _right("group-in-chinese", "the entry of group 消费组", "CreateConsumerGroup page: names are not restricted").given(
        unchanged, group="消费组", may_refuse=True, multiplied=True
    ),
)
"""The client must pass the entries on."""

QUESTIONABLE = (
    _odd("gzip", "the list in gzip, even if the client did not request it").given(_coded("gzip", gzip.compress)),
    _odd("deflate", "the list in deflate, even if the client did not request it").given(
        _coded("deflate", zlib.compress)
    ),
    _odd("content-type-text", "the list declared as text/plain").given(
        headed(_field("Content-Type", "text/plain"), Duty.EITHER)
    ),
    _odd("content-type-missing", "the list without Content-Type").given(
        headed(_field("Content-Type", None), Duty.EITHER)
    ),
    _odd("compress-type-untrue", "the plain list under x-log-compresstype: lz4").given(
        headed(_falsely_compressed, Duty.EITHER)
    ),
    _odd("request-id-missing", "the list without x-log-requestid").given(
        headed(_field(_REQUEST_ID, None), Duty.EITHER)
    ),
    _odd("status-201", "201 with the list").given(headed(_status(201), Duty.EITHER)),
    _odd("status-206", "206 with the list").given(headed(_status(206), Duty.EITHER)),
    _odd("gzip-untrue", "the plain list under Content-Encoding: gzip").given(
        headed(_field("Content-Encoding", "gzip"), Duty.EITHER)
    ),
    _odd("byte-order-mark", "the list after a byte order mark", "RFC 8259 section 8.1: parsers may ignore it").given(
        rewritten(lambda listed: f"\ufeff{compact(listed)}", Duty.EITHER)
    ),
    _odd("consumer-missing", "an entry without consumer").given(entries(_without("consumer"), Duty.EITHER)),
    _odd("consumer-null", "an entry with consumer null").given(entries(_with(consumer=None), Duty.EITHER)),
    _odd(
        "consumer-in-gbk",
        f"consumer {_CHINESE} in GBK, not in UTF-8",
        "RFC 8259 section 8.1: texts are encoded in UTF-8",
    ).given(entries(_with(consumer=wire_text(_CHINESE.encode("gbk"))), Duty.EITHER)),
    _odd("shard-missing", "an entry without shard").given(entries(_without("shard"), Duty.EITHER)),
    _odd("checkpoint-missing", "an entry without checkpoint").given(entries(_without("checkpoint"), Duty.EITHER)),
    _odd("update-time-missing", "an entry without updateTime").given(entries(_without("updateTime"), Duty.EITHER)),
    _odd(
        "checkpoint-of-bytes",
        "an entry whose checkpoint is base64 of no number: +/+/AAEC/w==",
        f"{_ELEMENTS}: a string",
    ).given(entries(_with(checkpoint="+/+/AAEC/w=="), Duty.EITHER)),
    _odd(
        "checkpoint-not-base64", "an entry whose checkpoint is not base64: 1524%2B42-_", f"{_ELEMENTS}: a string"
    ).given(entries(_with(checkpoint="1524%2B42-_"), Duty.EITHER)),
    _odd("shard-as-text", "an entry whose shard is a string").given(entries(_as_text("shard"), Duty.EITHER)),
    _odd("update-time-as-text", "an entry whose updateTime is a string").given(
        entries(_as_text("updateTime"), Duty.EITHER)
    ),
    _odd("update-time-in-seconds", "updateTime 1524224984, in seconds", f"{_ELEMENTS}: microseconds").given(
        entries(_with(updateTime=1_524_224_984), Duty.EITHER)
    ),
    _odd(
        "update-time-beyond-doubles",
        f"updateTime {BEYOND_DOUBLES} (2^53 + 1), in the year 2255",
        f"{_ELEMENTS}: an integer; RFC 8259 section 6: one that doubles round",
    ).given(entries(_with(updateTime=BEYOND_DOUBLES), Duty.EITHER)),
    _odd(
        "update-time-beyond-64-bits",
        "an updateTime that is 2^64 more than the true one",
        f"{_ELEMENTS}: an integer; RFC 8259 section 6: of any size",
    ).given(entries(_with_overflown_time, Duty.EITHER)),
    _odd(
        "shard-beyond-32-bits",
        "every shard's entry, and that of shard 4294967296 (2^32), which is not shard 0",
        f"{_ELEMENTS}: an integer; RFC 8259 section 6: of any size",
    ).given(entries(_with_overflown_shard, Duty.EITHER), shard=None),
    _odd("filter-ignored", "entries of other shards around that of the requested shard").given(_unfiltered),
    _odd("shard-twice", "an older entry of the shard next to the current one").given(_doubled),
)
"""The service slightly breaks the contract: the client may fail, or pass the entries on unchanged."""
