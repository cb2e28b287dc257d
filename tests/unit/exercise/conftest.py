"""Runs of a client made by hand: real requests to a real stage, and an ending of one's choice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from sls_contract.exchange import Request
from sls_contract.exercise.process import Ending
from sls_contract.exercise.setting import Auth, make_setting
from sls_contract.exercise.situations import SITUATIONS
from sls_contract.exercise.stage import Stage
from sls_contract.exercise.trial import Trial
from sls_contract.signing import sign

V1 = Auth("v1")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Scene:
    """A setting, its stage, and a client that is told what to do step by step."""

    def __init__(self, name: str = "shard-given", auth: Auth = V1) -> None:
        self.situation, self.now = SITUATIONS[name], NOW
        self.setting = make_setting(0, self.situation, auth)
        self.stage = Stage(self.setting, self.situation, lambda: self.now, 0)

    def request(self, *, scheme=None, key=None, **asked) -> Request:
        told = self.setting
        names = {"project": told.project, "logstore": told.logstore, "group": told.group, "shard": told.shard} | asked
        query = "" if names["shard"] is None else f"?shard={names['shard']}"
        path = f"/logstores/{names['logstore']}/consumergroups/{quote(names['group'])}{query}"
        bare = Request("GET", f"http://{names['project']}.{told.endpoint}{path}", [("x-log-apiversion", "0.6.0")])
        return sign(bare, key or told.credentials, scheme=scheme or told.scheme, at=self.now)

    def ask(self, *, after: float = 0, **asked):
        """Send a request, so many seconds after the one before, and return the response."""
        self.now += timedelta(seconds=after)
        return self.stage(self.request(**asked))

    def ask_elsewhere(self, host: str, *headers, path="/", body=b""):
        """Send a request to a host that is not the service's."""
        return self.stage(Request("POST", f"http://{host}{path}", [("Host", host), *headers], body))

    def end(self, exit_code=0, said="", *, after: float = 0, stderr=b"") -> Trial:
        """End the client's run."""
        self.now += timedelta(seconds=after)
        output = (said if isinstance(said, str) else json.dumps(said)).encode()
        ending = Ending(exit_code, output, stderr, (self.now - NOW).total_seconds())
        return Trial(self.setting, self.situation, self.stage.received, ending, self.now, self.stage.changes())


@pytest.fixture
def scene():
    """Make a scene of a scenario's name and an `Auth`."""
    return Scene


@pytest.fixture
def broken():
    """Return the slugs of the clauses that a run breaks, as reports name them."""
    from sls_contract.exercise.judgement import judge_trial

    def judge(trial: Trial) -> set[str]:
        performed = judge_trial(trial, Auth(trial.setting.scheme, trial.setting.credentials.security_token is not None))
        return {each.finding.slug for each in performed.findings}

    return judge
