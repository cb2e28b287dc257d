"""Endpoints that show what was written only after a while: none is accused."""

from __future__ import annotations

import json
import time
from datetime import timedelta

from broken_endpoints.harness import asks_for, correct, now, verify, with_body, with_document, with_header
from broken_endpoints.per_operation import let_in

from sls_contract.scenarios import SCENARIOS
from sls_contract.spec import Level

LAG = 2.0  # seconds; GetLogs may lag by three, and no page speaks of PullLogs


class ShowsLogsLate:
    """Responds to a pull without log groups for a while after each write."""

    def __init__(self) -> None:
        self.real, self.written = correct(), {}

    def __call__(self, request):
        response, logstore = self.real(request), (request.project, request.path.split("/")[2])
        if asks_for(request, "PutLogs"):
            self.written[logstore] = time.monotonic()
        late = time.monotonic() - self.written.get(logstore, -LAG) < LAG
        if not asks_for(request, "PullLogs") or response.headers.get("x-log-count", "0") == "0" or not late:
            return response
        empty = with_header(with_header(with_body(response, b""), "x-log-count", "0"), "x-log-bodyrawsize", "0")
        return with_header(empty, "x-log-cursor", dict(request.query_pairs())["cursor"])


class ListsSplitsLate:
    """Responds to ListShards as before for a second after each split."""

    def __init__(self) -> None:
        self.real, self.before, self.changed = correct(), {}, {}

    def __call__(self, request):
        logstore = (request.project, request.path.split("/")[2])
        if asks_for(request, "SplitShard"):
            listing = let_in(request, method="GET", url=f"{request.url.partition('/shards')[0]}/shards", body=b"")
            listed = json.loads(self.real(listing).body)
            response = self.real(request)
            if response.status == 200:
                self.before[logstore], self.changed[logstore] = listed, now()
            return response
        response = self.real(request)
        late = logstore in self.changed and now() - self.changed[logstore] < timedelta(seconds=1)
        return with_document(response, self.before[logstore]) if late and asks_for(request, "ListShards") else response


def accused(send, *scenarios):
    run = verify(send, *scenarios)
    assert {each.verdict for each in run.performed} <= {"passed", "failed"}
    return [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION]


def test_logs_may_be_shown_a_little_late():
    """A log that is missing is pulled again, for as long as the service's other reads of logs may lag."""
    assert accused(ShowsLogsLate(), "pull-logs-in-small-steps", "put-logs-at-once") == []


def test_a_split_may_be_listed_a_little_late():
    """Every scenario with a split waits before it looks at the shards."""
    assert accused(ListsSplitsLate(), *(name for name, each in SCENARIOS.items() if each.area == "resharding")) == []
