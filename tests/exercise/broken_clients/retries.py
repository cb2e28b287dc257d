"""Clients that send another request when they send it again, or read the next response otherwise than the first."""

from __future__ import annotations

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


@bug("good-response-refused", "closed-once")
class TakesTheSecondResponseForAnError(Counts):
    def entries(self):
        entries = super().entries()
        if self.sent > 1:
            raise Refused(None, 200)
        return entries
