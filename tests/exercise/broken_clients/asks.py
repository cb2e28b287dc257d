"""Clients that ask or sign wrongly; each in one step."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from contextlib import suppress
from urllib.parse import urlsplit

from broken_clients.correct import EMPTY_SHA256, Client
from broken_clients.registry import bug


@bug("query-shard-key")
class AsksForShardId(Client):
    def query(self):
        return [("shardId", value) for _, value in super().query()]


@bug("wrong-parameter")
class AsksForTheNextShard(Client):
    def query(self):
        return [(name, str(int(value) + 1)) for name, value in super().query()]


@bug("wrong-parameter", "shard-large-given")
class AsksForShardsOf16Bits(Client):
    def query(self):
        return [(name, str(int(value) & 0xFFFF)) for name, value in super().query()]


@bug("wrong-parameter")
class NeverNamesTheShard(Client):
    def query(self):
        return []


@bug("wrong-parameter", "shard-omitted")
class AsksForShardZeroWhenNotTold(Client):
    def query(self):
        return super().query() or [("shard", "0")]


@bug("wrong-parameter", "shard-omitted")
class SendsAnEmptyShard(Client):
    def query(self):
        return super().query() or [("shard", "")]


@bug("wrong-parameter", "shard-omitted")
class SendsMinusOneForNoShard(Client):
    def query(self):
        return super().query() or [("shard", "-1")]


@bug("wrong-parameter")
class NamesTheShardTwice(Client):
    def query(self):
        return super().query() * 2


@bug("wrong-parameter")
class KnowsOneLogstore(Client):
    def logstore(self):
        return "my-logstore"


@bug("wrong-parameter")
class ShortensTheGroup(Client):
    def group(self):
        return super().group()[:-1]


@bug("wrong-parameter")
class KnowsOneProject(Client):
    def project(self):
        return "my-project"


@bug("no-request-sent")
class MisspellsThePath(Client):
    def path(self):
        return super().path().replace("consumergroups", "consumergroup")


@bug("no-request-sent")
class Posts(Client):
    def method(self):
        return "POST"


@bug("no-request-sent")
class WritesVerbsInSmallLetters(Client):
    def method(self):
        return "get"


@bug("wrong-parameter", "another-shard-given")
class KnowsOneEndpoint(Client):
    def host(self):
        return f"{self.project()}.cn-hangzhou.log.aliyuncs.com"


@bug("wrong-parameter")
class LeavesTheProjectOutOfTheHost(Client):
    def host(self):
        return self.told["SLS_ENDPOINT"]


class WithoutHeader(Client):
    left_out = ""

    def headers(self):
        return {name: value for name, value in super().headers().items() if name != self.left_out}


@bug("api-version")
class SendsNoVersion(WithoutHeader):
    left_out = "x-log-apiversion"


@bug("signature-method")
class SendsNoSignatureMethod(WithoutHeader):
    left_out = "x-log-signaturemethod"


@bug("request-date")
class SendsNoDate(WithoutHeader):
    left_out = "Date"


@bug("api-version")
class SendsAnotherVersion(Client):
    def headers(self):
        return super().headers() | {"x-log-apiversion": "0.4.0"}


@bug("body-raw-size")
class SendsAWordAsBodySize(Client):
    def headers(self):
        return super().headers() | {"x-log-bodyrawsize": "none"}


@bug("request-date-form")
class SendsItsLocalTime(Client):
    def dated_v1(self):
        return super().dated_v1() | {"Date": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now()))}


@bug("request-clock")
class TakesItsLocalTimeForGmt(Client):
    def now(self):
        return super().now() + time.localtime().tm_gmtoff


@bug("request-clock")
class RunsAnHourLate(Client):
    def now(self):
        return super().now() - 3600


@bug("signature-missing")
class SignsNothing(Client):
    def signed(self, headers):
        return headers


@bug("signature-resource")
class SignsNoQuery(Client):
    def resource(self):
        return self.path()


@bug("signature-resource")
class SignsTheTargetOfTheUrl(Client):
    def resource(self):
        return f"http://{self.host()}{super().resource()}"


@bug("signature-header-list")
class SignsNoHeaders(Client):
    def signed_names_v1(self, headers):
        return []


@bug("signature-header-list")
class SortsNoHeaders(Client):
    def signed_names_v1(self, headers):
        return list(reversed(super().signed_names_v1(headers)))


@bug("signature-wrong")
class EndsTheTextWithANewline(Client):
    def text_v1(self, headers):
        return super().text_v1(headers) + "\n"


@bug("signature-wrong")
class LeavesContentMd5Out(Client):
    def text_v1(self, headers):
        return super().text_v1(headers).replace("\n\n\n", "\n\n", 1)


@bug("signature-digest")
class SignsTheKeyId(Client):
    def __init__(self, told):
        super().__init__(told)
        self.secret = self.key


@bug("signature-digest")
class CutsTheSecret(Client):
    def __init__(self, told):
        super().__init__(told)
        self.secret = self.secret[:-1]


@bug("signature-digest")
class WritesTheSignatureInHexadecimal(Client):
    def signature_v1(self, headers):
        digest = hmac.new(self.secret.encode(), self.text_v1(headers).encode(), hashlib.sha1).hexdigest()
        return f"LOG {self.key}:{digest}"


@bug("signature-wrong")
class WritesTheSignatureInTheUrlAlphabet(Client):
    def signature_v1(self, headers):
        digest = hmac.new(self.secret.encode(), self.text_v1(headers).encode(), hashlib.sha1).digest()
        return f"LOG {self.key}:{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@bug("signature-wrong")
class AnnouncesSha256AndSignsSha1(Client):
    def dated_v1(self):
        return super().dated_v1() | {"x-log-signaturemethod": "hmac-sha256"}


@bug("wrong-scheme")
class KnowsV1Only(Client):
    def scheme(self):
        return "v1"


@bug("wrong-scheme")
class KnowsV4Only(Client):
    def scheme(self):
        return "v4"


class OnlyV4(Client):
    """Bugs of the fourth scheme show where it is asked for."""


@bug("signature-scope")
class KnowsOneRegion(OnlyV4):
    def region(self):
        return "cn-shenzhen"


@bug("signature-header-list")
class SignsNoHost(OnlyV4):
    def signed_names_v4(self, headers):
        return [name for name in super().signed_names_v4(headers) if name != "host"]


@bug("signature-scope")
class ScopesToTomorrow(OnlyV4):
    def scope(self, headers):
        return str(int(headers["x-log-date"][:8]) + 1) + super().scope(headers)[8:]


@bug("signature-scope")
class ScopesToTheLocalDay(OnlyV4):
    def scope(self, headers):
        return time.strftime("%Y%m%d", time.localtime(self.now())) + super().scope(headers)[8:]


@bug("signature-scope")
class ScopesToAnotherService(OnlyV4):
    def scope(self, headers):
        return super().scope(headers).replace("/sls/", "/log/")


@bug("signature-payload-hash")
class HashesAnotherBody(OnlyV4):
    def dated_v4(self):
        return super().dated_v4() | {"x-log-content-sha256": EMPTY_SHA256[::-1]}


@bug("signature-digest")
class DerivesNoKey(OnlyV4):
    def signature_v4(self, headers):
        digest = hmac.new(self.secret.encode(), self.text_v4(headers).encode(), hashlib.sha256).hexdigest()
        return f"SLS4-HMAC-SHA256 Credential={self.key}/{self.scope(headers)},Signature={digest}"


@bug("token-missing")
class ForgetsTheToken(Client):
    def __init__(self, told):
        super().__init__(told)
        self.token = None


@bug("signature-header-list")
class SignsNoToken(Client):
    def signed_names_v1(self, headers):
        return [name for name in super().signed_names_v1(headers) if name != "x-acs-security-token"]


@bug("token-missing")
class NamesTheTokenOtherwise(Client):
    def headers(self):
        return {name.replace("x-acs-", "x-sls-"): value for name, value in super().headers().items()}


@bug("no-request-sent")
class NeverAsks(Client):
    def entries(self):
        return []


@bug("key-sent-elsewhere")
class ReportsElsewhere(Client):
    """Sends the signed request to another host, too."""

    def ask(self):
        proxy = urlsplit(self.told["HTTP_PROXY"])
        connection = http.client.HTTPConnection(proxy.hostname, proxy.port, timeout=60)
        with suppress(OSError, http.client.HTTPException):
            connection.request(
                "GET",
                "http://metrics.example.com/",
                headers=self.signed(self.headers()) | {"Host": "metrics.example.com"},
            )
            connection.getresponse().read()
        connection.close()
        return super().ask()


@bug("key-sent-elsewhere")
class SendsItsSecret(Client):
    """In a header that is signed as every other."""

    def headers(self):
        return super().headers() | {"x-log-source": f"key {self.secret}"}


class Writes(Client):
    """Sends another request beside the one that reads."""

    def write(self, verb, query, body):
        self.method, self.query = lambda: verb, lambda: query
        headers = self.headers() | {"x-log-bodyrawsize": str(len(body))}
        connection = self.connection()
        connection.request(verb, f"http://{self.host()}{self.target()}", body, self.signed(headers))
        connection.getresponse().read()


@bug("state-changed", "shard-given")
class CommitsWhatItRead(Writes):
    """To the next shard."""

    def entries(self):
        entries = super().entries()
        body = {"shard": entries[0]["shard"] + 1, "checkpoint": entries[0]["checkpoint"]}
        self.write(
            "POST", [("type", "checkpoint"), ("consumer", ""), ("forceSuccess", "true")], json.dumps(body).encode()
        )
        return entries


@bug("state-changed", "error-404-consumer-group-not-exist")
class CleansUp(Writes):
    """Deletes the group where it cannot read it."""

    def failed(self, refused):
        self.write("DELETE", [], b"")
        return super().failed(refused)


@bug("state-changed")
class KeepsConsumersForAnHour(Writes):
    """So that none is gone while it reads."""

    def entries(self):
        entries = super().entries()
        self.write("PUT", [], json.dumps({"timeout": 3600}).encode())
        return entries
