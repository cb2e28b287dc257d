"""A correct client, from scratch: the standard library only, nothing of the package that judges it.

It speaks the protocol of ``sls-contract exercise``. Each step is a method, so that a bug is a subclass with one method.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import http.client
import json
import os
import time
from email.utils import formatdate
from urllib.parse import quote, urlsplit

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
TIMEOUT = 8.0  # seconds; more than a slow response takes, less than a run is given


class Refused(Exception):
    """The response is an error, or makes no sense: what is known of it."""

    def __init__(self, code=None, status=None):
        super().__init__(code, status)
        self.code, self.status = code, status


class Client:
    """One run: asks once, a few times where the service is out of order, and says what it understood."""

    attempts = 3  # where the service returns 5xx, or nothing
    pause = 0.05  # seconds between them

    def __init__(self, told):
        self.told = told
        self.key, self.secret = told["ALIBABA_CLOUD_ACCESS_KEY_ID"], told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        self.token = told.get("ALIBABA_CLOUD_SECURITY_TOKEN")

    def run(self):
        """Return the exit code and the last line."""
        try:
            return self.succeeded(self.entries())
        except Refused as refused:
            return self.failed(refused)

    def succeeded(self, entries):
        return 0, json.dumps(entries)

    def failed(self, refused):
        return 1, json.dumps({"errorCode": refused.code, "status": refused.status})

    # what is asked

    def project(self):
        return self.told["SLS_PROJECT"]

    def logstore(self):
        return self.told["SLS_LOGSTORE"]

    def group(self):
        return self.told["SLS_CONSUMER_GROUP"]

    def host(self):
        return f"{self.project()}.{self.told['SLS_ENDPOINT']}"

    def method(self):
        return "GET"

    def path(self):
        return f"/logstores/{self.logstore()}/consumergroups/{self.group()}"

    def query(self):
        shard = self.told.get("SLS_SHARD", "")
        return [("shard", shard)] if shard else []

    def target(self):
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in self.query())
        return quote(self.path(), safe="/") + (f"?{query}" if query else "")

    # how it is signed

    def now(self):
        return time.time()

    def scheme(self):
        return self.told["SLS_AUTH"]

    def headers(self):
        shared = {"Host": self.host(), "x-log-apiversion": "0.6.0", "x-log-bodyrawsize": "0"}
        if self.token:
            shared["x-acs-security-token"] = self.token
        return shared | (self.dated_v4() if self.scheme() == "v4" else self.dated_v1())

    def dated_v1(self):
        return {"Date": formatdate(self.now(), usegmt=True), "x-log-signaturemethod": "hmac-sha1"}

    def dated_v4(self):
        return {
            "x-log-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.now())),
            "x-log-content-sha256": EMPTY_SHA256,
        }

    def signed(self, headers):
        value = self.signature_v4(headers) if self.scheme() == "v4" else self.signature_v1(headers)
        return headers | {"Authorization": value}

    def signed_names_v1(self, headers):
        return sorted(name for name in headers if name.lower().startswith(("x-log-", "x-acs-")))

    def resource(self):
        query = "&".join(f"{name}={value}" for name, value in sorted(self.query()))
        return self.path() + (f"?{query}" if query else "")

    def text_v1(self, headers):
        lines = [self.method(), "", "", headers.get("Date", "")]
        lines += [f"{name.lower()}:{headers[name]}" for name in self.signed_names_v1(headers)]
        return "\n".join([*lines, self.resource()])

    def signature_v1(self, headers):
        digest = hmac.new(self.secret.encode(), self.text_v1(headers).encode(), hashlib.sha1).digest()
        return f"LOG {self.key}:{base64.b64encode(digest).decode()}"

    def region(self):
        return self.told["SLS_REGION"]

    def scope(self, headers):
        return f"{headers['x-log-date'][:8]}/{self.region()}/sls/aliyun_v4_request"

    def signed_names_v4(self, headers):
        return sorted(name.lower() for name in headers if name.lower().startswith(("x-log-", "x-acs-", "host")))

    def text_v4(self, headers):
        values = {name.lower(): value for name, value in headers.items()}
        names = self.signed_names_v4(headers)
        query = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(self.query()))
        lines = [self.method(), self.path(), query, *(f"{name}:{values[name]}" for name in names), ""]
        canonical = "\n".join([*lines, ";".join(names), values.get("x-log-content-sha256", "")])
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        return "\n".join(["SLS4-HMAC-SHA256", values["x-log-date"], self.scope(headers), hashed])

    def signature_v4(self, headers):
        key = f"aliyun_v4{self.secret}".encode()
        for part in self.scope(headers).split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        digest = hmac.new(key, self.text_v4(headers).encode(), hashlib.sha256).hexdigest()
        return f"SLS4-HMAC-SHA256 Credential={self.key}/{self.scope(headers)},Signature={digest}"

    # how it is sent

    def connection(self):
        proxy = urlsplit(self.told["HTTP_PROXY"])
        return http.client.HTTPConnection(proxy.hostname, proxy.port, timeout=TIMEOUT)

    def ask(self):
        """Send one request; return status, headers and body, decoded where it is content-coded."""
        connection = self.connection()
        try:
            connection.putrequest(
                self.method(), f"http://{self.host()}{self.target()}", skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.signed(self.headers()).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.headers, self.body_of(response)
        except (OSError, http.client.HTTPException, EOFError) as broken:
            raise Refused from broken
        finally:
            connection.close()

    def body_of(self, response):
        body = response.read()
        return gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body

    def response(self):
        """Ask again, a little later, where that is worth it."""
        for left in reversed(range(self.attempts)):
            try:
                status, headers, body = self.ask()
                if status < 500 or not left:
                    return status, headers, body
            except Refused:
                if not left:
                    raise
            time.sleep(self.pause)
        raise AssertionError

    # what is made of the response

    def entries(self):
        status, _, body = self.response()
        if status != 200:
            raise self.error(status, body)
        try:
            return [self.entry(each) for each in self.listed(status, self.parsed(body))]
        except (ValueError, TypeError, KeyError) as broken:
            raise Refused(None, status) from broken

    def parsed(self, body):
        return json.loads(body)

    def listed(self, status, value):
        if isinstance(value, dict) and "errorCode" in value:
            raise Refused(value["errorCode"], status)
        if not isinstance(value, list):
            raise TypeError(value)
        return value

    def entry(self, value):
        shard, checkpoint, moment = value["shard"], value["checkpoint"], value["updateTime"]
        if type(shard) is not int or type(moment) is not int or not isinstance(checkpoint, str):
            raise TypeError(value)
        return {"shard": shard, "checkpoint": checkpoint, "updateTime": moment, "consumer": value.get("consumer")}

    def error(self, status, body):
        try:
            return Refused(json.loads(body)["errorCode"], status)
        except (ValueError, TypeError, KeyError):
            return Refused(None, status)


def main(kind=Client):
    """Run a client on the environment, and leave as the protocol says."""
    code, line = kind(os.environ).run()
    if line is not None:
        print(line)  # noqa: T201 - the protocol is spoken on stdout
    return code
