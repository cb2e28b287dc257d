"""An OSS of the tests' own on loopback, as much of its protocol as ossfs speaks, and its signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

KEY, SECRET, BUCKET = "key", "secret", "bucket"
_SIGNED = {"uploads", "uploadId", "partNumber", "bucketInfo"}  # of a query
_PAGE = 3  # objects of one page of a list: so few that lists have several


class Refused(Exception):
    """An error of the service: status and code."""


@contextmanager
def served_oss(monkeypatch):
    """Start the server; give ossfs's file system for it."""
    fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")
    pytest.importorskip("ossfs", reason="the extra oss is not installed")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Requests) as server:
        server.objects, server.parts = {}, {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OSS_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("FSSPEC_OSS_KEY", KEY)
        monkeypatch.setenv("FSSPEC_OSS_SECRET", SECRET)
        fsspec.config.set_conf_env(fsspec.config.conf)
        try:
            yield fsspec.filesystem("oss", skip_instance_cache=True)
        finally:
            server.shutdown()
            fsspec.config.conf.pop("oss", None)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self):
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        _, self.bucket, self.key = (*unquote(url.path).split("/", 2), "")[:3]
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.authenticate()
            status, headers, body = getattr(self, self.command.lower())()
        except Refused as error:
            status, code = error.args
            headers, body = {}, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        self.send_response(status)
        for name, value in {"x-oss-request-id": "1", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = respond  # noqa: N815 - as http.server calls them

    def log_message(self, *_):
        pass

    def authenticate(self):
        """Compare the signature of version 1 with that of the only key; then look for the only bucket."""
        extra = sorted(name for name in self.query if name in _SIGNED)
        shown = [f"{name}={self.query[name]}" if self.query[name] else name for name in extra]
        resource = f"/{self.bucket}/{self.key}" + ("?" + "&".join(shown) if shown else "")
        ours = sorted(
            (name.lower(), value) for name, value in self.headers.items() if name.lower().startswith("x-oss-")
        )
        texts = [self.headers.get(name, "") for name in ("Content-MD5", "Content-Type", "Date")]
        to_sign = "\n".join([self.command, *texts, *(f"{name}:{value}" for name, value in ours), resource])
        signature = base64.b64encode(hmac.digest(SECRET.encode(), to_sign.encode(), hashlib.sha1)).decode()
        given = self.headers.get("Authorization", "")
        if not given.startswith(f"OSS {KEY}:"):
            raise Refused(403, "InvalidAccessKeyId")
        if given != f"OSS {KEY}:{signature}":
            raise Refused(403, "SignatureDoesNotMatch")
        if self.bucket != BUCKET:
            raise Refused(404, "NoSuchBucket")

    def get(self):
        if not self.key:
            return 200, {}, self.page().encode()
        data = self.object()
        if not (wanted := self.headers.get("Range")):
            return 200, {}, data
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last or len(data)) + 1]
        return 206, {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"}, part

    def head(self):
        data = self.object()
        return 200, {"Content-Length": len(data), "ETag": '"0"', "Last-Modified": formatdate(usegmt=True)}, b""

    def put(self):
        if "partNumber" in self.query:
            self.server.parts[self.query["uploadId"], int(self.query["partNumber"])] = self.body
        else:
            self.server.objects[self.key] = self.body
        return 200, {"ETag": '"0"'}, b""

    def post(self):
        if "uploads" in self.query:
            return 200, {}, f"<I><Bucket>{BUCKET}</Bucket><Key>k</Key><UploadId>{self.key}</UploadId></I>".encode()
        upload = self.query["uploadId"]
        parts = sorted(each for each in self.server.parts if each[0] == upload)
        self.server.objects[self.key] = b"".join(map(self.server.parts.pop, parts))
        return 200, {"ETag": '"0"'}, b"<C></C>"

    def delete(self):
        self.server.objects.pop(self.key, None)
        return 204, {}, b""

    def object(self):
        if self.key not in self.server.objects:
            raise Refused(404, "NoSuchKey")
        return self.server.objects[self.key]

    def page(self):
        """Return a page of the list of objects, and of folders where there is a delimiter."""
        prefix, delimiter, marker = (self.query.get(name, "") for name in ("prefix", "delimiter", "marker"))
        found = {}
        for key in sorted(self.server.objects):
            rest = key[len(prefix) :]
            if key.startswith(prefix):
                folder = delimiter and delimiter in rest and prefix + rest[: rest.index(delimiter) + 1]
                found[folder or key] = bool(folder)
        names = [name for name in sorted(found) if name > marker]
        shown, more = names[:_PAGE], len(names) > _PAGE
        entries = [
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            if found[name]
            else f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
            f"<ETag>0</ETag><Type>Normal</Type><Size>{len(self.server.objects[name])}</Size><StorageClass>Standard</StorageClass>"
            "</Contents>"
            for name in shown
        ]
        following = f"<NextMarker>{escape(shown[-1])}</NextMarker>" if more else ""
        return f"<L><IsTruncated>{str(more).lower()}</IsTruncated>{following}{''.join(entries)}</L>"
