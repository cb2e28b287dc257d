"""What is verified, with which keys, and how politely."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.scenarios.bench import Bench
from sls_contract.signing import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.scenarios.steps import Key, Role

MISSING_LOGSTORE = "sls-contract-no-such-logstore"
_UNKNOWN_KEY = Credentials("slsContractUnknownKeyId", "slsContractUnknownSecret")
_WRONG_TOKEN = "sls-contract-wrong-token"  # noqa: S105 - opens nothing


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to verify.

    Attributes:
        endpoint: as the user wrote it; shown in reports.
        authority: as it stands in a Host header behind the project.
        project: an existing project.
        logstore: an existing logstore of it.
        credentials: a key that may use it.
        scheme: ``http`` or ``https``.
        other_logstore: another existing logstore; None where there is none to use.
        wide_logstore: a logstore with hundreds of shards; None where there is none.
        sts: a temporary key that may use it.
        expired_token: a security token of ``sts`` that has expired.
        region: signed in v4 where the endpoint names none.
        loopback: whether it is on this machine: its clock is ours, and it need not be spared.
        evidence: what exchanges with it prove: ``live``, or ``reference`` for our own.
        options: the command's options that name it, ready for a shell; empty for the endpoint we start ourselves.

    """

    endpoint: str
    authority: str
    project: str
    logstore: str
    credentials: Credentials
    scheme: str = "http"
    other_logstore: str | None = None
    wide_logstore: str | None = None
    sts: Credentials | None = None
    expired_token: str | None = field(default=None, repr=False)
    region: str = "cn-hangzhou"
    loopback: bool = True
    evidence: str = "reference"
    options: str = ""

    def bench(self) -> Bench:
        """Return where scenarios are carried out, nothing learnt yet."""
        return Bench(
            self.authority, self.project, self.logstores(), self.keys(), scheme=self.scheme, region=self.region
        )

    def logstores(self) -> Mapping[Role, str]:
        """Return the real name of each logstore that there is, and one that cannot exist."""
        roles: dict[Role, str | None] = {
            "main": self.logstore,
            "other": self.other_logstore,
            "wide": self.wide_logstore,
            "missing": MISSING_LOGSTORE,
        }
        return {role: name for role, name in roles.items() if name is not None}

    def keys(self) -> Mapping[Key, Credentials]:
        """Return the keys that scenarios can sign with."""
        keys: dict[Key, Credentials] = {"own": self.credentials, "unknown": _UNKNOWN_KEY}
        if self.sts is not None:
            key_id, secret = self.sts.access_key_id, self.sts.access_key_secret
            keys["sts"] = self.sts
            keys["sts-wrong-token"] = Credentials(key_id, secret, _WRONG_TOKEN)
            keys["sts-without-token"] = Credentials(key_id, secret)
            if self.expired_token is not None:
                keys["sts-expired"] = Credentials(key_id, secret, self.expired_token)
        return keys
