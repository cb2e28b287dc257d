"""The endpoint to verify, its keys, and what the user permits there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from sls_contract.errors import UsageError
from sls_contract.reports.command_line import CommandLine
from sls_contract.scenarios.bench import MISSING_PROJECT, Bench
from sls_contract.scenarios.steps import Key, NearlyKnown, NearlyRight, ProjectRole, Role
from sls_contract.signing import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.clock import SettableClock

MISSING_LOGSTORE = "sls-contract-no-such-logstore"
_UNKNOWN_KEY = Credentials("slsContractUnknownKeyId", "slsContractUnknownSecret")
_LONGER = "-none"
_SHORTEST, _LONGEST_LABEL = 3, 63  # characters: of a name on the CreateLogstore page, of a label in DNS
_WRONG_TOKEN = "sls-contract-wrong-token"  # noqa: S105 - opens nothing

_WITHOUT_OPTIONS = CommandLine(("sls-contract", "verify"))


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to verify.

    Attributes:
        endpoint: the URL as the user wrote it, for reports.
        authority: host and port; Host headers have the project before it.
        project: an existing project.
        logstore: an existing logstore of it.
        credentials: a key with access to the logstore.
        scheme: ``http`` or ``https``.
        other_logstore: another existing logstore; None for none.
        other_project: another existing project with a logstore of the same name; None for none.
        wide_logstore: a logstore with hundreds of shards; None for none.
        sts: a temporary key with access to the logstore; None for none.
        expired_token: an expired security token of ``sts``; None for none.
        group: an existing consumer group, which is only read; None where the run creates groups.
        region: for v4 signatures where the endpoint names no region.
        loopback: whether it is on this machine: it has the local clock, and needs no limit of requests.
        evidence: the evidence of its exchanges: ``live``, or ``reference`` for the bundled endpoint.
        writes_logs: whether the run may write logs; they stay in the logstores.
        changes_shards: whether the run may split and merge shards of the second logstore; this cannot be undone.
        clock: its clock; None where it cannot be set.
        command_line: the command line of the run.

    Raises `UsageError` where both logstores or both projects have the same name.

    """

    endpoint: str
    authority: str
    project: str
    logstore: str
    credentials: Credentials
    scheme: str = "http"
    other_logstore: str | None = None
    other_project: str | None = None
    wide_logstore: str | None = None
    sts: Credentials | None = None
    expired_token: str | None = field(default=None, repr=False)
    group: str | None = None
    region: str = "cn-hangzhou"
    loopback: bool = True
    evidence: str = "reference"
    writes_logs: bool = False
    changes_shards: bool = False
    clock: SettableClock | None = field(default=None, compare=False)
    command_line: CommandLine = field(default=_WITHOUT_OPTIONS, compare=False)

    def __post_init__(self) -> None:
        """Check that the two logstores and the two projects differ."""
        names = {"logstore": (self.other_logstore, self.logstore), "project": (self.other_project, self.project)}
        for kind, (other, main) in names.items():
            if other == main:
                msg = (
                    f"--other-{kind} must differ from --{kind}, got {main!r} for both. "
                    f"How to fix: name another {kind} with --other-{kind}, or leave it out."
                )
                raise UsageError(msg)

    def bench(self) -> Bench:
        """Return the bench for scenarios, without shards."""
        return Bench(
            self.authority,
            self.project,
            self.logstores(),
            self.keys(),
            scheme=self.scheme,
            region=self.region,
            existing=self.group or "",
            other_project=self.other_project or "",
            missing_projects=self.missing_projects(),
        )

    def missing_projects(self) -> Mapping[ProjectRole, str]:
        """Return names of missing projects: a fixed one, and variants of this project's name where these are valid."""
        longer, shorter = f"{self.project}{_LONGER}", _shortened(self.project)
        names: dict[ProjectRole, str] = {"missing": MISSING_PROJECT}
        if len(longer) <= _LONGEST_LABEL:
            names["longer"] = longer
        if shorter not in ("", self.other_project):
            names["shorter"] = shorter
        return names

    def logstores(self) -> Mapping[Role, str]:
        """Return the real name of each logstore, and names of missing ones, by role."""
        existing = {self.logstore, self.other_logstore, self.wide_logstore}
        shorter, capitals = _shortened(self.logstore), self.logstore.upper()
        roles: dict[Role, str | None] = {
            "main": self.logstore,
            "other": self.other_logstore,
            "wide": self.wide_logstore,
            "abroad": self.logstore if self.other_project else None,
            "missing": MISSING_LOGSTORE,
            "longer": f"{self.logstore}{_LONGER}",
            "shorter": None if shorter in existing else shorter,
            "capitals": None if capitals in existing else capitals,
        }
        return {role: name for role, name in roles.items() if name}

    def keys(self) -> Mapping[Key, Credentials]:
        """Return the keys for signing, by name: real ones, and variants of them."""
        own = self.credentials
        keys: dict[Key, Credentials] = {"own": own, "unknown": _UNKNOWN_KEY}
        for name, key_id in zip(get_args(NearlyKnown), _nearly(own.access_key_id), strict=True):
            keys[name] = Credentials(key_id, own.access_key_secret, own.security_token)
        if self.sts is not None:
            key_id, secret = self.sts.access_key_id, self.sts.access_key_secret
            keys["sts"] = self.sts
            keys["sts-wrong-token"] = Credentials(key_id, secret, _WRONG_TOKEN)
            keys["sts-without-token"] = Credentials(key_id, secret)
            for name, token in zip(get_args(NearlyRight), _nearly(self.sts.security_token or ""), strict=True):
                keys[name] = Credentials(key_id, secret, token)
            if self.expired_token is not None:
                keys["sts-expired"] = Credentials(key_id, secret, self.expired_token)
        return keys


def _nearly(text: str) -> tuple[str, str, str]:
    """Return a text with its case swapped, with a letter added, and without its last letter."""
    return text.swapcase(), f"{text}x", text[:-1]


def _shortened(name: str) -> str:
    """Return the longest proper prefix of a name that is a valid name; empty where there is none."""
    shorter = name[:-1].rstrip("-_")
    return shorter if len(shorter) >= _SHORTEST else ""
