"""Clients that read the errors which they know, and no others."""

from __future__ import annotations

import json
import re

from broken_clients.correct import Client, Refused
from broken_clients.registry import bug


@bug("error-line-missing", "error-code-number")
class NeedsCodesToBeTexts(Client):
    """Falls over a number."""

    def error(self, status, body):
        refused = super().error(status, body)
        if refused.code and refused.code.startswith("Internal"):
            return Refused(refused.code, 500)
        return refused


@bug("error-line-missing", "error-code-null")
class NeedsACode(Client):
    def error(self, status, body):
        refused = super().error(status, body)
        assert refused.code or "errorCode" not in str(body)
        return refused


@bug("error-line-missing", "error-code-object")
class LooksCodesUpInATable(Client):
    """Falls over what cannot be a key."""

    def error(self, status, body):
        refused = super().error(status, body)
        return Refused({"NotFound": "ConsumerGroupNotExist"}.get(refused.code, refused.code), status)


@bug("error-line-missing", "error-message-null")
class TrimsMessages(Client):
    def error(self, status, body):
        refused = super().error(status, body)
        if refused.code:
            json.loads(body).get("errorMessage", "").strip()
        return refused


@bug("error-line-missing", "error-null-404")
class LooksForTheCodeInAnything(Client):
    def error(self, status, body):
        try:
            document = json.loads(body)
        except ValueError:
            return Refused(None, status)
        return super().error(status, body) if "errorCode" in document else Refused(None, status)


@bug("error-code-lost", "error-message-first")
class LooksForTheCodeInOneLayout(Client):
    def error(self, status, body):
        found = re.search(rb'"errorCode":"(\w+)"', body)
        return Refused(found and found[1].decode(), status)


@bug("error-code-lost", "error-in-chinese")
class TakesTheFirstTextForTheCode(Client):
    def error(self, status, body):
        found = re.match(rb'\{\s*"\w+":\s*"([^"]*)', body)
        return Refused(found and found[1].decode("utf-8", "replace"), status)


@bug("error-code-lost", "error-in-chinese")
class KnowsAsciiErrors(Client):
    def error(self, status, body):
        return super().error(status, body) if body.isascii() else Refused(None, status)


@bug("error-code-lost", "error-new-key")
class NeedsTheKeysItKnows(Client):
    def error(self, status, body):
        refused = super().error(status, body)
        known = refused.code is None or json.loads(body).keys() == {"errorCode", "errorMessage"}
        return refused if known else Refused(None, status)


@bug("error-code-lost", "error-charset")
class ReadsTheContentTypeOfErrorsLetterByLetter(Client):
    def ask(self):
        status, headers, body = super().ask()
        return status, headers, body if status == 200 or headers["Content-Type"] == "application/json" else b""


class ReadsErrorsOtherwise(Client):
    def error_of(self, response):
        raise NotImplementedError

    def body_of(self, response):
        return super().body_of(response) if response.status == 200 else self.error_of(response)


@bug("error-code-lost", "error-chunked")
class NeedsTheLengthOfErrors(ReadsErrorsOtherwise):
    def error_of(self, response):
        return response.read(int(response.headers.get("Content-Length", 0)))


@bug("error-code-lost", "error-pause-in-body")
class TakesOneReadForAnError(ReadsErrorsOtherwise):
    def error_of(self, response):
        return response.read1()


@bug("error-code-lost", "error-gzip")
class UnzipsNoErrors(ReadsErrorsOtherwise):
    """Asks for gzip."""

    def headers(self):
        return super().headers() | {"Accept-Encoding": "gzip"}

    def error_of(self, response):
        return response.read()


class RemembersErrors(Client):
    def ask(self):
        status, headers, body = super().ask()
        self.first = getattr(self, "first", None) or self.error(status, body)
        return status, headers, body


@bug("error-code-lost", "failure-then-error")
class GivesTheFirstError(RemembersErrors):
    """Of several that it received, one after the other."""

    def failed(self, refused):
        return super().failed(self.first)


@bug("status-wrong", "failure-then-error")
class GivesTheFirstStatus(RemembersErrors):
    """Beside the code of the last response."""

    def failed(self, refused):
        return super().failed(Refused(refused.code, self.first.status))
