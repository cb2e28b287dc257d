"""Clients that send another request when they send it again, or read the next response otherwise than the first."""

from __future__ import annotations

import http.client

from broken_clients.correct import Client, Refused
from broken_clients.registry import bug


class Counts(Client):
    """Knows how often it has sent its request."""

    sent = 0

    def ask(self):
        self.sent += 1
        return super().ask()


@bug("signature-wrong", "failure-once")
class RepeatsTheOldSignature(Counts):
    """Under a new date."""

    old = None

    def now(self):
        return super().now() + self.sent

    def signed(self, headers):
        self.old = self.old or super().signed(headers)["Authorization"]
        return headers | {"Authorization": self.old}


@bug("wrong-parameter", "failure-once")
class DropsTheQueryOnRetry(Counts):
    def query(self):
        return super().query() if self.sent < 2 else []


@bug("wrong-parameter", "reset-once")
class ForgetsTheProjectOnRetry(Counts):
    def host(self):
        return super().host() if self.sent < 2 else self.told["SLS_ENDPOINT"]


@bug("token-missing", "failure-twice")
class ForgetsTheTokenOnRetry(Counts):
    def headers(self):
        self.token = self.token if self.sent < 2 else None
        return super().headers()


@bug("good-response-refused", "closed-once")
class TakesTheSecondResponseForAnError(Counts):
    def entries(self):
        entries = super().entries()
        if self.sent > 1:
            raise Refused(None, 200)
        return entries


@bug("good-response-refused", "cut-off-once")
class KeepsWhatCameBefore(Client):
    """Reads into a buffer, which is emptied after a whole response only."""

    buffer = b""

    def body_of(self, response):
        try:
            whole = self.buffer + super().body_of(response)
        except http.client.IncompleteRead as broken:
            self.buffer += broken.partial
            raise
        self.buffer = b""
        return whole
