"""Clients that misread responses: what is correct is refused, what is broken is passed on as right."""

from __future__ import annotations

import json
import re

from broken_clients.correct import Client, Refused
from broken_clients.registry import bug

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


@bug("good-response-refused", "json-spaced")
class TellsAListByItsFirstByte(Client):
    """Which may be a blank."""

    def parsed(self, body):
        if not body.startswith(b"["):
            raise ValueError(body)
        return super().parsed(body)


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
