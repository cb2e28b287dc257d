"""What keeps a scenario from being carried out: what the target does not have, and what the endpoint does not offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from sls_contract.scenarios.documented_operations import SERVED
from sls_contract.scenarios.steps import NearlyRight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.scenario import Scenario
    from sls_contract.verification.requests import Verdict
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
_NO_CONNECTIONS = "the endpoint is called in this process, over no connection"
NO_WRITING = "writes logs, which stay in the logstore: allow it with --write-logs"
_NO_CHANGES = "splits or merges shards, which stay so: allow it with --change-shards"
NO_SHARDS = "no shard is known"


@dataclass(slots=True)
class Obstacles:
    """What is known to be missing.

    Attributes:
        target: what may be done there.
        connects: whether requests go over connections.
        unsupported: why no group can be made; empty where one can.
        not_offered: by operation, how a correct request was answered that showed that it is not offered.

    """

    target: Target
    connects: bool
    unsupported: str = ""
    not_offered: dict[str, str] = field(default_factory=dict)

    def of(self, scenario: Scenario, bench: Bench) -> tuple[str, Verdict]:
        """Say why a scenario cannot be carried out; empty where it can."""
        missing = next(self._missing(scenario, bench), "")
        if missing:
            return missing, "not provable"
        if scenario.makes_groups and self.unsupported:
            return self.unsupported, "not supported"
        refused = next((self.not_offered[name] for name in scenario.operations if name in self.not_offered), "")
        if refused and scenario.area in SERVED:
            return refused, "not supported"
        there = len(bench.shards.get(scenario.main_role, ()))
        if scenario.needs_shards and not there:
            return NO_SHARDS, "not provable"
        if (scenario.makes_groups or scenario.needs_shards) and scenario.shards_needed > there:
            return f"needs {scenario.shards_needed} shards, the logstore has {there}", "not provable"
        return "", "passed"

    def _missing(self, scenario: Scenario, bench: Bench) -> Iterator[str]:
        """Yield what a scenario needs and the target does not have."""
        yield from (_MISSING_KEYS[key] for key in sorted(scenario.keys - bench.keys.keys()))
        yield from (_MISSING_ROLES.get(role, _NO_SUCH_NAME) for role in sorted(scenario.roles - bench.logstores.keys()))
        if scenario.projects - bench.missing_projects.keys() - {"main"}:
            yield _NO_SUCH_NAME
        if scenario.connects and not self.connects:
            yield _NO_CONNECTIONS
        if scenario.writes_logs and not self.target.writes_logs:
            yield NO_WRITING
        if scenario.changes_shards and not self.target.changes_shards:
            yield _NO_CHANGES
