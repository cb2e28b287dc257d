"""Clients that pass on other values or entries than the response has: small types, tables by a wrong key."""

from __future__ import annotations

import base64
import json
import struct
from urllib.parse import unquote_plus

from broken_clients.correct import Client
from broken_clients.registry import bug


@bug("update-time-changed", "update-time-beyond-doubles")
class KeepsTimesAsFloats(Client):
    def parsed(self, body):
        return json.loads(body, parse_int=lambda text: int(float(text)))


@bug("update-time-changed")
class CountsTimesInSeconds(Client):
    def entry(self, value):
        return super().entry(value) | {"updateTime": value["updateTime"] // 1_000_000}


@bug("update-time-changed")
class KeepsThirtyTwoBits(Client):
    def entry(self, value):
        return super().entry(value) | {"updateTime": value["updateTime"] & 0xFFFFFFFF}


@bug("update-time-changed", "shard-never-consumed")
class ForgetsThatNothingWasUpdated(Client):
    def entry(self, value):
        return super().entry(value) | {"updateTime": value["updateTime"] or None}


@bug("entry-dropped")
class DropsTheLastEntry(Client):
    def listed(self, status, value):
        return super().listed(status, value)[:-1]


@bug("entry-dropped", "shard-omitted")
class TakesTheFirstEntryOnly(Client):
    def listed(self, status, value):
        return super().listed(status, value)[:1]


@bug("entry-dropped", "shard-omitted")
class DropsUnconsumedShards(Client):
    def listed(self, status, value):
        return [each for each in super().listed(status, value) if each["checkpoint"]]


@bug("entry-invented")
class GivesEachEntryTwice(Client):
    def listed(self, status, value):
        return super().listed(status, value) * 2


@bug("entry-relabelled", "filter-ignored")
class LabelsWithTheShardAskedFor(Client):
    def entry(self, value):
        asked = self.told.get("SLS_SHARD", "")
        return super().entry(value) | ({"shard": int(asked)} if asked else {})


@bug("entry-relabelled", "another-shard-given")
class CountsShardsByItself(Client):
    def listed(self, status, value):
        return [each | {"shard": number} for number, each in enumerate(super().listed(status, value))]


@bug("entry-relabelled", "shard-omitted")
class MixesShardsUp(Client):
    def listed(self, status, value):
        entries = super().listed(status, value)
        last = [each["checkpoint"] for each in reversed(entries)]
        return [each | {"checkpoint": checkpoint} for each, checkpoint in zip(entries, last, strict=True)]


@bug("entry-invented", "shard-unknown")
class InventsTheFirstEntry(Client):
    def listed(self, status, value):
        return super().listed(status, value) or [{"shard": 0, "checkpoint": "", "updateTime": 0}]


@bug("checkpoint-changed")
class DecodesCheckpoints(Client):
    def entry(self, value):
        return super().entry(value) | {"checkpoint": base64.b64decode(value["checkpoint"]).decode()}


@bug("checkpoint-changed")
class StripsThePadding(Client):
    def entry(self, value):
        return super().entry(value) | {"checkpoint": value["checkpoint"].rstrip("=")}


@bug("checkpoint-changed", "shard-never-consumed")
class SaysNullForNoCheckpoint(Client):
    def entry(self, value):
        return super().entry(value) | {"checkpoint": value["checkpoint"] or None}


@bug("checkpoint-changed", "shard-never-consumed")
class SaysBeginForNoCheckpoint(Client):
    def entry(self, value):
        return super().entry(value) | {"checkpoint": value["checkpoint"] or "MA=="}


@bug("consumer-changed")
class NamesItselfAsConsumer(Client):
    def entry(self, value):
        return super().entry(value) | {"consumer": "me"}


@bug("consumer-changed")
class GivesTheGroupAsConsumer(Client):
    def entry(self, value):
        return super().entry(value) | {"consumer": self.group()}


@bug("checkpoint-changed", "checkpoint-of-bytes")
class DecodesPlusSigns(Client):
    """Takes a checkpoint for a part of a URL."""

    def entry(self, value):
        return super().entry(value) | {"checkpoint": unquote_plus(value["checkpoint"])}


@bug("checkpoint-changed", "checkpoint-not-base64")
class WritesCheckpointsAnew(Client):
    def entry(self, value):
        decoded = base64.b64decode(value["checkpoint"])
        return super().entry(value) | {"checkpoint": base64.b64encode(decoded).decode()}


@bug("update-time-changed", "update-time-in-seconds")
class GuessesTheUnitOfTimes(Client):
    def entry(self, value):
        moment = value["updateTime"]
        return super().entry(value) | {"updateTime": moment if moment > 10**14 else moment * 1_000_000}


@bug("entry-dropped", "shards-many")
class KnowsAHundredShards(Client):
    def listed(self, status, value):
        return super().listed(status, value)[:100]


@bug("entry-relabelled", "shard-large-given")
class KeepsShardsIn16Bits(Client):
    """Asks for the right one: what it keeps of the response is too small."""

    def entry(self, value):
        entry = super().entry(value)
        return entry | {"shard": entry["shard"] & 0xFFFF}


@bug("entry-relabelled", "shard-large-given")
class KeepsShardsAsFloats(Client):
    """Of 32 bits, which are exact up to 2^24."""

    def entry(self, value):
        entry = super().entry(value)
        return entry | {"shard": int(struct.unpack("f", struct.pack("f", entry["shard"]))[0])}


class KeepsOneEntryForAValue(Client):
    """Puts the entries into a table, by something that two of them may have."""

    value = ""

    def entries(self):
        return [*{each[self.value] or each["shard"]: each for each in super().entries()}.values()]


@bug("entry-dropped", "shards-alike")
class KeepsOneEntryForACheckpoint(KeepsOneEntryForAValue):
    value = "checkpoint"


@bug("entry-dropped", "shards-alike")
class KeepsOneEntryForATime(KeepsOneEntryForAValue):
    value = "updateTime"


@bug("update-time-changed", "shards-alike")
class CountsTimesOn(Client):
    """Makes times unique, as a table by time needs them."""

    def entries(self):
        return [each | {"updateTime": each["updateTime"] + number} for number, each in enumerate(super().entries())]


@bug("checkpoint-changed", "texts-long")
class CutsCheckpointsAt255Letters(Client):
    def entry(self, value):
        return super().entry(value) | {"checkpoint": value["checkpoint"][:255]}


@bug("checkpoint-changed", "checkpoint-with-zeros")
class KeepsCheckpointsAsNumbers(Client):
    def entry(self, value):
        digits = base64.b64decode(value["checkpoint"])
        number = base64.b64encode(b"%d" % int(digits)).decode() if digits else ""
        return super().entry(value) | {"checkpoint": number}


class KeepsIntegersIn(Client):
    """So many bits with a sign, as typed languages do where nothing looks at the overflow."""

    def kept(self, number, bits):
        return (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


@bug("entry-relabelled", "shard-beyond-32-bits")
class KeepsShardsIn32Bits(KeepsIntegersIn):
    def entry(self, value):
        entry = super().entry(value)
        return entry | {"shard": self.kept(entry["shard"], 32)}


@bug("update-time-changed", "update-time-beyond-64-bits")
class KeepsTimesIn64Bits(KeepsIntegersIn):
    def entry(self, value):
        entry = super().entry(value)
        return entry | {"updateTime": self.kept(entry["updateTime"], 64)}


@bug("update-time-changed", "update-time-beyond-64-bits")
class TakesTheLargestTimeThatItHas(Client):
    """As C's strtoll does, which says so in errno only."""

    def entry(self, value):
        entry = super().entry(value)
        return entry | {"updateTime": min(entry["updateTime"], 2**63 - 1)}
