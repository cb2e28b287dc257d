"""Clients that do not come to an end, or do not say how they ended."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import time
from base64 import b64encode
from urllib.parse import urlsplit

from broken_clients.correct import Client, Refused
from broken_clients.registry import bug


@bug("unbounded-retries", "error-500-internal-server-error")
class AsksForEver(Client):
    attempts = 1_000_000


@bug("unbounded-retries", "error-404-consumer-group-not-exist")
class AsksForEverWhenRefused(Client):
    def entries(self):
        while True:
            try:
                return super().entries()
            except Refused:
                time.sleep(self.pause)


@bug("unbounded-retries", "html-502")
class AsksLaterAndLater(Client):
    """Doubles its pause each time and never gives up."""

    attempts = 1_000_000

    @property
    def pause(self):
        self.slept = min(getattr(self, "slept", 0.05) * 2, 0.4)
        return self.slept


@bug("hang", "cut-off")
class WaitsForEver(Client):
    def connection(self):
        proxy = urlsplit(self.told["HTTP_PROXY"])
        return http.client.HTTPConnection(proxy.hostname, proxy.port)

    def ask(self):
        try:
            return super().ask()
        except Refused:
            time.sleep(1_000)


@bug("hang")
class NeverLeaves(Client):
    def succeeded(self, entries):
        print(super().succeeded(entries)[1], flush=True)  # noqa: T201 - as the correct one does
        time.sleep(1_000)


@bug("protocol-broken")
class SaysNothing(Client):
    def succeeded(self, entries):
        return 0, None


@bug("protocol-broken")
class SaysThatItWorked(Client):
    def succeeded(self, entries):
        return 0, "ok"


@bug("not-a-list")
class SaysAnObject(Client):
    def succeeded(self, entries):
        return 0, f'{{"checkpoints": {super().succeeded(entries)[1]}}}'


@bug("protocol-broken")
class SaysGoodbye(Client):
    def succeeded(self, entries):
        return 0, super().succeeded(entries)[1] + "\ndone"


@bug("good-response-refused")
class LeavesWithOneOnSuccess(Client):
    def succeeded(self, entries):
        return 1, super().succeeded(entries)[1]


@bug("silent-success", "error-404-consumer-group-not-exist")
class LeavesWithZeroOnErrors(Client):
    def failed(self, refused):
        return 0, super().failed(refused)[1]


@bug("error-line-missing", "error-404-consumer-group-not-exist")
class SaysNothingOfErrors(Client):
    def failed(self, refused):
        return 1, None


@bug("error-line-missing", "error-404-consumer-group-not-exist")
class CrashesOnErrors(Client):
    def failed(self, refused):
        raise refused


@bug("silent-success", "error-404-consumer-group-not-exist")
class ReturnsAnEmptyListForErrors(Client):
    def failed(self, refused):
        return 0, "[]"


@bug("exit-code")
class DiesOfASignal(Client):
    def succeeded(self, entries):
        os.kill(os.getpid(), signal.SIGKILL)


@bug("update-time-changed")
class GroupsDigits(Client):
    """As its locale writes numbers."""

    def entry(self, value):
        return super().entry(value) | {"updateTime": f"{value['updateTime']:,}"}


@bug("number-as-text")
class GivesNumbersAsText(Client):
    def entry(self, value):
        entry = super().entry(value)
        return entry | {"shard": str(entry["shard"]), "updateTime": str(entry["updateTime"])}


@bug("error-line-missing", "cut-off-after-entry")
class PrintsItsListBeforeItFails(Client):
    def failed(self, refused):
        return 1, "[]"


@bug("exit-code", "error-404-consumer-group-not-exist")
class SaysThatItKnowsNoErrors(Client):
    def failed(self, refused):
        return 77, None


@bug("exit-code", "error-401-signature-not-match")
class LeavesAsSysexitsSays(Client):
    """Of which 77 is EX_NOPERM."""

    def failed(self, refused):
        return 77 if refused.status == 401 else 1, super().failed(refused)[1]


@bug("secret-printed")
class LogsItsSecret(Client):
    def ask(self):
        sys.stderr.write(f"DEBUG secret={self.secret}\n")
        return super().ask()


@bug("secret-printed")
class PrintsItsSecretInBase64(Client):
    def succeeded(self, entries):
        code, line = super().succeeded(entries)
        return code, f"{b64encode(f'{self.key}:{self.secret}'.encode()).decode()}\n{line}"
