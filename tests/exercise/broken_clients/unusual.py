"""Clients that are right in a form of their own: none of them may be accused of anything."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import re
import socket
import sys
from base64 import b64encode
from http.client import HTTPResponse
from urllib.parse import quote, urlsplit

from broken_clients.correct import TIMEOUT, Client, Refused
from broken_clients.registry import kind


@kind
class IgnoresProxies(Client):
    """Connects to SLS_LOOPBACK, and asks in origin form."""

    def connection(self):
        host, _, port = self.told["SLS_LOOPBACK"].rpartition(":")
        return OriginForm(host, int(port), timeout=TIMEOUT)


class OriginForm(http.client.HTTPConnection):
    def putrequest(self, method, url, **options):
        parts = urlsplit(url)
        return super().putrequest(method, parts.path + (f"?{parts.query}" if parts.query else ""), **options)


@kind
class SpeaksHttp10(Client):
    """Over a socket of its own, one request a connection."""

    def ask(self):
        proxy = urlsplit(self.told["HTTP_PROXY"])
        lines = [f"{self.method()} http://{self.host()}:80{self.target()} HTTP/1.0"]
        lines += [f"{name}: {value}" for name, value in self.signed(self.headers()).items()]
        try:
            with socket.create_connection((proxy.hostname, proxy.port), timeout=TIMEOUT) as wire:
                wire.sendall("\r\n".join([*lines, "", ""]).encode())
                response = HTTPResponse(wire)
                response.begin()
                return response.status, response.headers, self.body_of(response)
        except (OSError, http.client.HTTPException, EOFError) as broken:
            raise Refused from broken


@kind
class WritesHeadersInUpperCase(Client):
    def signed(self, headers):
        return {name.upper(): value for name, value in super().signed(headers).items()}


@kind
class SignsV1WithSha256(Client):
    def dated_v1(self):
        return super().dated_v1() | {"x-log-signaturemethod": "hmac-sha256", "content-md5": ""}

    def signature_v1(self, headers):
        digest = hmac.new(self.secret.encode(), self.text_v1(headers).encode(), hashlib.sha256).digest()
        return f"LOG {self.key}:{b64encode(digest).decode()}"


@kind
class SendsAContentType(Client):
    def headers(self):
        return super().headers() | {"Content-Type": "application/x-protobuf"}

    def text_v1(self, headers):
        verb, md5, _, rest = super().text_v1(headers).split("\n", 3)
        return "\n".join([verb, md5, headers["Content-Type"], rest])

    def signed_names_v4(self, headers):
        return sorted([*super().signed_names_v4(headers), "content-type"])


@kind
class AddsAnUnsignedLogDate(Client):
    def signed(self, headers):
        signed = super().signed(headers)
        return signed if self.scheme() == "v4" else signed | {"x-log-date": signed["Date"]}


@kind
class SendsNoBodySize(Client):
    def headers(self):
        return {name: value for name, value in super().headers().items() if name != "x-log-bodyrawsize"}


@kind
class EndsTheTargetWithAQuestionMark(Client):
    def target(self):
        target = super().target()
        return target if "?" in target else f"{target}?"


@kind
class NeverRetries(Client):
    attempts = 1


@kind
class RetriesTenTimes(Client):
    attempts = 10


@kind
class AsksForGzip(Client):
    def headers(self):
        return super().headers() | {"Accept-Encoding": "gzip"}


@kind
class ReadsNoGzip(Client):
    """Did not ask for it, so need not read it."""

    def body_of(self, response):
        return response.read()


@kind
class KnowsNoV4(Client):
    def run(self):
        return (77, None) if self.scheme() == "v4" else super().run()


@kind
class KnowsNoTokens(Client):
    def run(self):
        return (77, "temporary keys are not supported") if self.token else super().run()


@kind
class LogsBeforeItReturns(Client):
    def succeeded(self, entries):
        code, line = super().succeeded(entries)
        return code, f"GetCheckPoint 成功\n[1, 2]\n\n{line}\n\n"


@kind
class GivesEntriesInReverse(Client):
    def succeeded(self, entries):
        return 0, json.dumps(entries[::-1], ensure_ascii=False, separators=(",", ":"))


@kind
class LeavesConsumersOut(Client):
    """Where nobody holds the shard."""

    def entry(self, value):
        entry = super().entry(value)
        return entry if entry["consumer"] else {name: each for name, each in entry.items() if name != "consumer"}


@kind
class SaysEmptyForNoConsumer(Client):
    def entry(self, value):
        return super().entry(value) | {"consumer": value.get("consumer") or ""}


@kind
class PassesNewKeysOn(Client):
    def entry(self, value):
        return value | super().entry(value)


@kind
class TellsTheCodeOnly(Client):
    def failed(self, refused):
        return 1, json.dumps({"errorCode": refused.code})


@kind
class TellsMore(Client):
    def failed(self, refused):
        return 125, json.dumps(
            {"errorCode": refused.code, "status": refused.status, "message": "出错了", "requestId": None}
        )


@kind
class TakesOneShardFromAResponseWithAll(Client):
    """Looks for the shard asked for, as one must who does not trust the service's filter."""

    def listed(self, status, value):
        asked = self.told.get("SLS_SHARD", "")
        return [each for each in super().listed(status, value) if not asked or str(each["shard"]) == asked]


@kind
class RefusesResponsesToOtherQuestions(Client):
    def listed(self, status, value):
        asked = self.told.get("SLS_SHARD", "")
        if asked and {each["shard"] for each in super().listed(status, value)} - {int(asked)}:
            raise ValueError(value)
        return super().listed(status, value)


@kind
class RefusesRepeatedShards(Client):
    def listed(self, status, value):
        shards = [each["shard"] for each in super().listed(status, value)]
        if len(shards) != len(set(shards)):
            raise ValueError(shards)
        return value


@kind
class ListsGroupsFirst(Client):
    """Looks whether the group is there before it asks for its checkpoints."""

    def entries(self):
        path, query = self.path, self.query
        self.path, self.query = lambda: f"/logstores/{self.logstore()}/consumergroups", list
        try:
            self.response()
        finally:
            self.path, self.query = path, query
        return super().entries()


@kind
class AllowsHalfASecond(Client):
    attempts = 1

    def connection(self):
        connection = super().connection()
        connection.timeout = 0.5
        return connection


@kind
class NeedsAConsumer(Client):
    """Reads the page to the letter: every entry has one."""

    def entry(self, value):
        return super().entry(value) | {"consumer": value["consumer"]}


@kind
class IgnoresByteOrderMarks(Client):
    def parsed(self, body):
        return super().parsed(body.decode("utf-8-sig"))


@kind
class PassesBytesOn(Client):
    """Reads names as the bytes that they are, and writes the same bytes."""

    def parsed(self, body):
        return super().parsed(body.decode("utf-8-sig", "surrogateescape"))

    def succeeded(self, entries):
        sys.stdout.buffer.write(json.dumps(entries, ensure_ascii=False).encode("utf-8", "surrogateescape"))
        return 0, ""


@kind
class ReplacesWhatIsNoUtf8(Client):
    """Reads bytes that are not UTF-8 as U+FFFD, as browsers and Go do."""

    def parsed(self, body):
        return super().parsed(body.decode("utf-8-sig", "replace"))


@kind
class SignsNamesAsSent(Client):
    """Percent-encoded, as some SDKs do."""

    def resource(self):
        return self.target()

    def text_v4(self, headers):
        self.path = lambda: quote(Client.path(self))
        try:
            return super().text_v4(headers)
        finally:
            del self.path


@kind
class CreatesTheGroupFirst(SendsAContentType):
    """And goes on where it is there already."""

    def headers(self):
        return super().headers() | {"Content-Type": "application/json"}

    def entries(self):
        body = json.dumps({"consumerGroup": self.group(), "timeout": 60, "order": False}).encode()
        path, query, method = self.path, self.query, self.method
        self.path, self.query, self.method = (
            lambda: f"/logstores/{self.logstore()}/consumergroups",
            list,
            lambda: "POST",
        )
        connection = self.connection()
        told = {"x-log-bodyrawsize": str(len(body))}
        if self.scheme() == "v4":
            told["x-log-content-sha256"] = hashlib.sha256(body).hexdigest()
        headers = self.signed(self.headers() | told)
        connection.request("POST", f"http://{self.host()}{self.target()}", body, headers)
        connection.getresponse().read()
        self.path, self.query, self.method = path, query, method
        return super().entries()


@kind
class KnowsNoGzipThatItAskedNotFor(Client):
    """Says so, where the service sends it all the same."""

    def ask(self):
        status, headers, body = super().ask()
        if headers.get("Content-Encoding") and status == 200:
            sys.exit(77)
        return status, headers, body


@kind
class WritesPercentSignsInSmallLetters(Client):
    """RFC 3986 section 2.1: the hexadecimal digits of an octet are equal in either case."""

    def target(self):
        return re.sub("%[0-9A-F]{2}", lambda octet: octet[0].lower(), super().target())


@kind
class SendsTheSameRequestAgain(Client):
    """With its date and signature, which are good for 15 minutes."""

    first = None

    def signed(self, headers):
        self.first = self.first or super().signed(headers)
        return self.first


@kind
class KeepsItsConnection(Client):
    """For each attempt, also after an error."""

    kept = None

    def connection(self):
        self.kept = self.kept or super().connection()
        self.kept.close = lambda: None
        return self.kept


@kind
class RetriesWhateverFails(Client):
    """A few times, also where it was refused."""

    attempts, tries = 1, 3

    def entries(self):
        for left in reversed(range(self.tries)):
            with contextlib.suppress(*[Refused] * bool(left)):
                return super().entries()
        raise AssertionError


@kind
class FollowsRedirectsWithoutItsKey(Client):
    """To wherever they lead; what it finds there is no list."""

    def ask(self):
        status, headers, body = super().ask()
        if not 300 <= status < 400 or "Location" not in headers:
            return status, headers, body
        place = urlsplit(headers["Location"])
        if place.hostname == self.host():
            return super().ask()
        connection = self.connection()
        connection.request("GET", headers["Location"], headers={"Host": place.netloc})
        response = connection.getresponse()
        return response.status, response.headers, response.read()


@kind
class WritesNumbersAsFractions(Client):
    """Of zero: 2^53 is more than its times need, else it gives digits."""

    def succeeded(self, entries):
        return 0, re.sub(r'("updateTime": \d{1,16})(?=[,}])', r"\1.0", json.dumps(entries))


@kind
class WeighsCodings(AsksForGzip):
    def headers(self):
        return super().headers() | {"Accept-Encoding": "br;q=0, gzip;q=1.0, *;q=0"}
