"""Why a scenario cannot run: the target lacks something, or the endpoint does not offer an operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from sls_contract.scenarios.documented_operations import SERVED
from sls_contract.scenarios.steps import NearlyRight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.scenario import Scenario
    from sls_contract.verification.outcome import Verdict
    from sls_contract.verification.target import Target

_NO_STS = "needs a temporary key: set SLS_CONTRACT_STS_ACCESS_KEY_ID, …_ACCESS_KEY_SECRET and …_SECURITY_TOKEN"
_MISSING_KEYS = {
    "sts": _NO_STS,
    "sts-wrong-token": _NO_STS,
    **dict.fromkeys(get_args(NearlyRight), _NO_STS),
    "sts-without-token": _NO_STS,
    "sts-expired": "needs a token that has expired: set SLS_CONTRACT_STS_EXPIRED_TOKEN",
}
_MISSING_ROLES = {
    "other": "needs another logstore: name it with --other-logstore",
    "abroad": "needs a logstore of the same name in another project: name that project with --other-project",
    "wide": "needs hundreds of shards",
}
_NO_SUCH_NAME = "the name of this project or logstore cannot be made longer, shorter, or put in capitals"
_NO_CONNECTIONS = "the endpoint is called in this process, without a connection"
WRITES_NOT_ALLOWED = "writes logs, which stay in the logstore: allow it with --write-logs"
_CHANGES_NOT_ALLOWED = "splits or merges shards, which cannot be undone: allow it with --change-shards"
NO_SHARDS = "no shard is known"


@dataclass(slots=True)
class Obstacles:
    """The known reasons why scenarios cannot run.

    Attributes:
        target: the endpoint, with the user's permissions.
        connects: whether requests go over connections.
        unsupported: why groups cannot be created; empty where they can.
        not_offered: by operation that the endpoint does not offer, its response to a correct request.

    """

    target: Target
    connects: bool
    unsupported: str = ""
    not_offered: dict[str, str] = field(default_factory=dict)

    def of(self, scenario: Scenario, bench: Bench) -> tuple[str, Verdict]:
        """Return why a scenario cannot run, and its verdict; an empty reason where it can run."""
        missing = next(self._missing(scenario, bench), "")
        if missing:
            return missing, "not provable"
        if scenario.creates_groups and self.unsupported:
            return self.unsupported, "not supported"
        refused = next((self.not_offered[name] for name in scenario.operations if name in self.not_offered), "")
        if refused and scenario.area in SERVED:
            return refused, "not supported"
        available = len(bench.shards.get(scenario.main_role, ()))
        if scenario.needs_shards and not available:
            return NO_SHARDS, "not provable"
        if (scenario.creates_groups or scenario.needs_shards) and scenario.shards_needed > available:
            return f"needs {scenario.shards_needed} shards, the logstore has {available}", "not provable"
        return "", "passed"

    def _missing(self, scenario: Scenario, bench: Bench) -> Iterator[str]:
        """Yield each thing that a scenario needs and the target lacks."""
        yield from (_MISSING_KEYS[key] for key in sorted(scenario.keys - bench.keys.keys()))
        yield from (_MISSING_ROLES.get(role, _NO_SUCH_NAME) for role in sorted(scenario.roles - bench.logstores.keys()))
        if scenario.projects - bench.missing_projects.keys() - {"main"}:
            yield _NO_SUCH_NAME
        if scenario.connects and not self.connects:
            yield _NO_CONNECTIONS
        if scenario.writes_logs and not self.target.writes_logs:
            yield WRITES_NOT_ALLOWED
        if scenario.changes_shards and not self.target.changes_shards:
            yield _CHANGES_NOT_ALLOWED
