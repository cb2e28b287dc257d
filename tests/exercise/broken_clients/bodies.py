"""Clients that read a body otherwise than to its end, or send one."""

from __future__ import annotations

import json
import re
import socket
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from broken_clients.correct import TIMEOUT, Client, Refused
from broken_clients.registry import bug


@bug("silent-success", "cut-off-after-entry")
class TakesTheEntriesThatCame(Client):
    """Reads a list entry by entry, and is content with those that are whole."""

    def body_of(self, response):
        try:
            return super().body_of(response)
        except HTTPException as broken:
            return getattr(broken, "partial", b"")

    def parsed(self, body):
        return [json.loads(each) for each in re.findall(rb"\{[^{}]*\}", body)]


@bug("silent-success", "ends-after-entry")
class ClosesTheListItself(Client):
    def parsed(self, body):
        return json.loads(body if body.endswith(b"]") else body + b"]")


@bug("silent-success", "ends-after-comma")
class ClosesTheListBehindAComma(Client):
    def parsed(self, body):
        return json.loads(body if body.endswith(b"]") else body.rstrip(b",") + b"]")


@bug("silent-success", "cut-off-in-chunks")
class TakesTheChunksThatCame(TakesTheEntriesThatCame):
    pass


class ReadsASocket(Client):
    """Over a socket of its own; ``received`` reads the body."""

    def ask(self):
        proxy = urlsplit(self.told["HTTP_PROXY"])
        lines = [f"{self.method()} http://{self.host()}:80{self.target()} HTTP/1.1", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.signed(self.headers()).items()]
        try:
            with socket.create_connection((proxy.hostname, proxy.port), timeout=TIMEOUT) as wire:
                wire.sendall("\r\n".join([*lines, "", ""]).encode())
                response = HTTPResponse(wire)
                response.begin()
                return response.status, response.headers, self.received(response)
        except (OSError, HTTPException) as broken:
            raise Refused from broken

    def received(self, response):
        raise NotImplementedError


@bug("good-response-refused", "pause-in-body")
class ReadsOnce(ReadsASocket):
    """Takes what one read gives for the whole body."""

    def received(self, response):
        return response.read1(1 << 16)


@bug("entry-dropped", "pause-in-body")
class TakesAPauseForTheEnd(ReadsOnce):
    def parsed(self, body):
        return [json.loads(each) for each in re.findall(rb"\{[^{}]*\}", body)]


@bug("good-response-refused", "shards-many")
class HasABufferOf64KiB(Client):
    def parsed(self, body):
        return super().parsed(body[: 1 << 16])


@bug("good-response-refused", "chunked")
class TakesTheFirstChunk(ReadsASocket):
    def received(self, response):
        return response.read(response.chunk_left or response._get_chunk_left()) if response.chunked else response.read()


@bug("consumer-changed", "pause-in-character")
class DecodesWhatCameSoFar(ReadsASocket):
    """Each read by itself, as if it ended with a character."""

    def received(self, response):
        return b"".join(read.decode("utf-8", "replace").encode() for read in iter(lambda: response.read1(1 << 16), b""))


@bug("hang", "stalled-in-body")
class WaitsForEverInsideABody(ReadsASocket):
    """Has a timeout until the response begins, and none after that."""

    def received(self, response):
        response.fp.raw._sock.settimeout(None)
        return response.read()


@bug("request-body")
class SendsABody(Client):
    def ask(self):
        connection = self.connection()
        try:
            connection.request(
                "GET",
                f"http://{self.host()}{self.target()}",
                b"{}",
                self.signed(self.headers()) | {"Content-Length": "2"},
            )
            response = connection.getresponse()
            return response.status, response.headers, self.body_of(response)
        except (OSError, HTTPException) as broken:
            raise Refused from broken
        finally:
            connection.close()


@bug("error-line-types", "error-404-consumer-group-not-exist")
class GivesTheStatusAsCode(Client):
    def failed(self, refused):
        return 1, json.dumps({"errorCode": refused.status, "status": refused.status})


@bug("error-line-types", "html-404")
class GivesTheStatusAsWords(Client):
    def failed(self, refused):
        return 1, json.dumps({"errorCode": refused.code, "status": f"HTTP {refused.status}"})


@bug("good-response-refused", "gzip")
class UnzipsNothing(Client):
    """And takes gzip, by its weight."""

    def headers(self):
        return super().headers() | {"Accept-Encoding": "gzip;q=1.0, identity;q=0.5"}

    def body_of(self, response):
        return response.read()
