"""What is verified, with which keys, and how politely."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, get_args

from sls_contract.errors import UsageError
from sls_contract.scenarios.bench import MISSING_PROJECT, Bench
from sls_contract.scenarios.steps import NearlyKnown, NearlyRight
from sls_contract.signing import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.clock import SettableClock
    from sls_contract.scenarios.steps import Key, ProjectRole, Role

MISSING_LOGSTORE = "sls-contract-no-such-logstore"
_UNKNOWN_KEY = Credentials("slsContractUnknownKeyId", "slsContractUnknownSecret")
_LONGER = "-none"
_SHORTEST, _LONGEST_LABEL = 3, 63  # characters: of a name on the CreateLogstore page, of a label in DNS
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
        other_project: another existing project with a logstore of the same name; None where there is none to use.
        wide_logstore: a logstore with hundreds of shards; None where there is none.
        sts: a temporary key that may use it.
        expired_token: a security token of ``sts`` that has expired.
        group: an existing consumer group, which is only read; None where groups are made.
        region: signed in v4 where the endpoint names none.
        loopback: whether it is on this machine: its clock is ours, and it need not be spared.
        evidence: what exchanges with it prove: ``live``, or ``reference`` for our own.
        writes_logs: whether logs may be written to its logstores; nobody can take them out again.
        changes_shards: whether shards of its second logstore may be split and merged; nobody can take that back.
        clock: its clock, where we can set it.
        options: the command's options that name it, ready for a shell; empty for the endpoint we start ourselves.

    Raises `UsageError` where two logstores, or two projects, are one: what is told apart there would be the same.

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
    options: str = ""

    def __post_init__(self) -> None:
        """Refuse one name for two things."""
        if self.other_logstore == self.logstore:
            _refuse_twice("--other-logstore", "--logstore", self.logstore)
        if self.other_project == self.project:
            _refuse_twice("--other-project", "--project", self.project)

    def bench(self) -> Bench:
        """Return where scenarios are carried out, nothing learnt yet."""
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
        """Return names of projects that cannot exist, as far as they can be made of this one's."""
        longer, shorter = f"{self.project}{_LONGER}", _shortened(self.project)
        names: dict[ProjectRole, str] = {"missing": MISSING_PROJECT}
        if len(longer) <= _LONGEST_LABEL:
            names["longer"] = longer
        if shorter not in ("", self.other_project):
            names["shorter"] = shorter
        return names

    def logstores(self) -> Mapping[Role, str]:
        """Return the real name of each logstore that there is, and of some that cannot exist."""
        there = {self.logstore, self.other_logstore, self.wide_logstore}
        shorter, capitals = _shortened(self.logstore), self.logstore.upper()
        roles: dict[Role, str | None] = {
            "main": self.logstore,
            "other": self.other_logstore,
            "wide": self.wide_logstore,
            "abroad": self.logstore if self.other_project else None,
            "missing": MISSING_LOGSTORE,
            "longer": f"{self.logstore}{_LONGER}",
            "shorter": None if shorter in there else shorter,
            "capitals": None if capitals in there else capitals,
        }
        return {role: name for role, name in roles.items() if name}

    def keys(self) -> Mapping[Key, Credentials]:
        """Return the keys that scenarios can sign with."""
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
    """Return a text in the other case, with a letter more, and without its last one."""
    return text.swapcase(), f"{text}x", text[:-1]


def _shortened(name: str) -> str:
    """Return the longest beginning of a name that is a name, too; empty where there is none."""
    shorter = name[:-1].rstrip("-_")
    return shorter if len(shorter) >= _SHORTEST else ""


def _refuse_twice(option: str, other: str, name: str) -> NoReturn:
    msg = (
        f"{option} must be another one than {other}, got {name!r} for both. "
        f"How to fix: name another one with {option}, or leave it out."
    )
    raise UsageError(msg)
