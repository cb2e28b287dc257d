"""Clients that misread responses: what was right is passed on wrong, what was broken is passed on as right."""

from __future__ import annotations

import base64
import json
import re
import struct
from urllib.parse import unquote_plus

from broken_clients.correct import Client, Refused
from broken_clients.registry import bug

# wrong data passed on


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


# correct responses refused


@bug("good-response-refused", "reason-phrase")
class ReadsTheStatusLineLetterByLetter(Client):
    def body_of(self, response):
        if response.status == 200 and response.reason != "OK":
            raise Refused(None, response.status)
        return super().body_of(response)


@bug("good-response-refused", "shard-unknown")
class FailsOnNothing(Client):
    def listed(self, status, value):
        return super().listed(status, value) or self.entry({})


@bug("good-response-refused", "entry-new-key")
class FailsOnNewKeys(Client):
    def entry(self, value):
        if value.keys() - {"shard", "checkpoint", "updateTime", "consumer"}:
            raise ValueError(value)
        return super().entry(value)


@bug("good-response-refused", "entry-new-key")
class ReadsFlatEntriesOnly(Client):
    """Takes an entry to end at the next brace."""

    def parsed(self, body):
        if body == b"[]":
            return []
        return [json.loads(each) for each in re.findall(rb"\{.*?\}", super().parsed(body) and body, re.DOTALL)]


@bug("good-response-refused", "shards-unordered")
class NeedsEntriesInOrder(Client):
    def listed(self, status, value):
        entries = super().listed(status, value)
        if entries != sorted(entries, key=lambda each: each["shard"]):
            raise ValueError(entries)
        return entries


@bug("good-response-refused", "chunked")
class NeedsALength(Client):
    def body_of(self, response):
        if "Content-Length" not in response.headers:
            raise Refused(None, response.status)
        return super().body_of(response)


@bug("good-response-refused", "content-type-charset")
class ReadsTheContentTypeLetterByLetter(Client):
    def body_of(self, response):
        if response.status == 200 and response.headers["Content-Type"] != "application/json":
            raise Refused(None, 200)
        return super().body_of(response)


@bug("good-response-refused", "header-names-upper-case")
class ReadsTheRequestIdLetterByLetter(Client):
    def body_of(self, response):
        if not {"x-log-requestid", "x-log-requestID"} & set(response.headers.keys()):
            raise Refused(None, response.status)
        return super().body_of(response)


@bug("good-response-refused", "header-names-lower-case")
class KnowsHeadersInTheirUsualCaseOnly(Client):
    def body_of(self, response):
        if "Content-Type" not in response.headers.keys():  # noqa: SIM118 - `in headers` ignores case
            raise Refused(None, response.status)
        return super().body_of(response)


@bug("good-response-refused", "shard-never-consumed")
class NeedsACheckpoint(Client):
    def entry(self, value):
        if not value["checkpoint"]:
            raise ValueError(value)
        return super().entry(value)


# broken responses passed on as right


class Swallows(Client):
    """Gives an empty list where something is not as it should be."""

    def instead(self, status, body):
        return False

    def entries(self):
        status, headers, body = self.response()
        if self.instead(status, body):
            return []
        self.response = lambda: (status, headers, body)
        return super().entries()


@bug("silent-success", "html-200")
class TakesHtmlForNothing(Swallows):
    def instead(self, status, body):
        return body.lstrip().startswith(b"<")


@bug("silent-success", "empty-body")
class TakesNoBodyForNothing(Swallows):
    def instead(self, status, body):
        return not body


@bug("silent-success", "null-body")
class TakesNullForNothing(Swallows):
    def instead(self, status, body):
        return body == b"null"


@bug("silent-success", "error-body-200")
class TakesObjectsForNothing(Swallows):
    def instead(self, status, body):
        return status == 200 and body.startswith(b"{")


@bug("silent-success", "error-404-consumer-group-not-exist")
class TakesMissingGroupsForNothing(Swallows):
    def instead(self, status, body):
        return status == 404


@bug("silent-success", "error-401-unauthorized")
class TakesRefusalsForNothing(Swallows):
    def instead(self, status, body):
        return status in {400, 401, 403}


@bug("silent-success", "error-500-internal-server-error")
class TakesOutagesForNothing(Swallows):
    def instead(self, status, body):
        return status >= 500


@bug("silent-success", "status-204")
class TakesNoContentForNothing(Swallows):
    def instead(self, status, body):
        return status == 204


@bug("silent-success", "status-304")
class TakesNotModifiedForNothing(Swallows):
    def instead(self, status, body):
        return status == 304


@bug("silent-success", "redirect")
class TakesRedirectsForNothing(Swallows):
    def instead(self, status, body):
        return 300 <= status < 400


@bug("silent-success", "closed")
class TakesSilenceForNothing(Client):
    def entries(self):
        try:
            return super().entries()
        except Refused as refused:
            if refused.status is None:
                return []
            raise


@bug("silent-success", "wrapped-list")
class UnwrapsLists(Client):
    def listed(self, status, value):
        inner = [each for each in value.values() if isinstance(each, list)] if isinstance(value, dict) else []
        return inner[0] if inner else super().listed(status, value)


@bug("silent-success", "single-object")
class TakesOneObjectForAList(Client):
    def listed(self, status, value):
        return [value] if isinstance(value, dict) and "shard" in value else super().listed(status, value)


@bug("silent-success", "error-after-list")
class ReadsTheFirstValueOfAStream(Client):
    """And leaves what comes after it."""

    def parsed(self, body):
        return json.JSONDecoder().raw_decode(body.decode())[0]


@bug("silent-success", "null-after-entry")
class SkipsNull(Client):
    def listed(self, status, value):
        return [each for each in super().listed(status, value) if each is not None]


@bug("silent-success", "list-in-list")
class FlattensLists(Client):
    def listed(self, status, value):
        entries = super().listed(status, value)
        return entries[0] if entries and isinstance(entries[0], list) else entries


@bug("silent-success", "list-of-texts")
class TakesTextsForCheckpoints(Client):
    def entry(self, value):
        if isinstance(value, str):
            return {"shard": int(self.told["SLS_SHARD"]), "checkpoint": value, "updateTime": 0}
        return super().entry(value)


@bug("consumer-changed", "consumer-in-gbk")
class RemovesWhatIsNoUtf8(Client):
    def parsed(self, body):
        return json.loads(body.decode("utf-8", "ignore"))


@bug("silent-success", "cut-off")
class SavesWhatItCan(Client):
    """Reads as many entries as there are in a body that was cut off or is no JSON."""

    def body_of(self, response):
        try:
            return super().body_of(response)
        except Exception as broken:  # noqa: BLE001 - that is the bug
            return getattr(broken, "partial", b"")

    def parsed(self, body):
        return [json.loads(each) for each in re.findall(rb"\{[^{}]*\}", body)]


@bug("silent-success", "html-404")
class LooksAtTheBodyAlone(Client):
    def entries(self):
        _, _, body = self.response()
        try:
            return [self.entry(each) for each in json.loads(body)]
        except (ValueError, TypeError, KeyError):
            return []


@bug("entry-relabelled", "shard-missing")
class FillsInMissingShards(Client):
    def entry(self, value):
        return super().entry({"shard": 0} | value)


@bug("entry-dropped", "update-time-missing")
class SkipsWhatItCannotRead(Client):
    def listed(self, status, value):
        return [each for each in super().listed(status, value) if self.reads(each)]

    def reads(self, value):
        try:
            return bool(self.entry(value))
        except (TypeError, KeyError):
            return False


# errors that lose what they were


@bug("error-code-lost", "error-404-consumer-group-not-exist")
class LosesTheCode(Client):
    def error(self, status, body):
        return Refused(None, status)


@bug("error-code-lost", "error-403-read-quota-exceed")
class GivesItsOwnCode(Client):
    def error(self, status, body):
        return Refused("ClientError", status)


@bug("error-code-lost", "error-404-log-store-not-exist")
class GivesTheMessageAsCode(Client):
    def error(self, status, body):
        return Refused(json.loads(body)["errorMessage"], status)


@bug("error-code-lost", "error-401-signature-not-match")
class GivesTheCodeInLowerCase(Client):
    def error(self, status, body):
        return Refused(json.loads(body)["errorCode"].lower(), status)


@bug("status-wrong", "error-404-consumer-group-not-exist")
class GivesStatus200ForErrors(Client):
    def error(self, status, body):
        return Refused(json.loads(body)["errorCode"], 200)
