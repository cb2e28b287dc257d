"""Retries of one request are one exchange: a busy service, a reset or a timeout in between changes nothing."""

from __future__ import annotations

import json

import pytest

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.drift import compare
from sls_contract.cassettes.recording import Recording

URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard="
ENTRY = {"shard": 0, "checkpoint": "MTA=", "updateTime": 1_700_000_000_000_000, "consumer": "c"}


def attempt(status=200, body=None, shard=0, **broken):
    raw = json.dumps(body if body is not None else [{**ENTRY, "shard": shard}]).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(raw)),
        "Date": "Mon, 25 Nov 2024 10:09:42 GMT",
        "x-log-requestid": "67444D3605099546E07A82E8",
    }
    response = None if broken else Response(status, headers, raw)
    return Recording(Exchange(Request("GET", f"{URL}{shard}"), response), **broken)


def error(status, code):
    return attempt(status, {"errorCode": code, "errorMessage": "x"})


OK, MOVED = attempt(), attempt(body=[{**ENTRY, "checkpoint": "MjA="}])
BUSY = error(503, "ServerBusy")
RESET, TIMEOUT, REFUSED = (attempt(broken=kind) for kind in ("reset", "timeout", "refused"))
PASSING = [
    BUSY,
    error(500, "InternalServerError"),
    error(403, "ReadQuotaExceed"),
    error(403, "MetaOperationQpsLimitExceeded"),
    RESET,
    REFUSED,
    TIMEOUT,
]


def shown(drift):
    return drift.verdict, [(each.side, each.exchange) for each in drift.unmatched], drift.pairs, drift.retried


@pytest.mark.parametrize("passing", PASSING)
def test_a_retry_is_no_exchange_of_its_own(passing):
    """Three failures and the response, on either side or on both: one pair, benign, nothing without a partner."""
    retried = [passing, passing, passing, OK]
    assert shown(compare([OK], retried)) == ("benign", [], 1, 3)
    assert shown(compare(retried, [OK])) == ("benign", [], 1, 3)
    assert shown(compare(retried, retried)) == ("none", [], 1, 6)
    (change,) = compare([OK], retried).changes
    assert (change.slug, change.old) == ("attempts", "none")


def test_each_request_has_its_own_retries():
    """Threads ask for several shards at once: attempts are told apart by what they ask for."""
    old = [attempt(shard=0), attempt(shard=1)]
    new = [
        BUSY,
        attempt(503, {"errorCode": "ServerBusy", "errorMessage": "x"}, shard=1),
        attempt(shard=1),
        attempt(shard=0),
    ]
    assert shown(compare(old, new)) == ("benign", [], 2, 2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([BUSY, OK], [OK, OK]),
        ([OK, OK], [BUSY, OK]),
        ([OK, BUSY, OK], [BUSY, OK, OK]),
        ([BUSY, BUSY, OK], [OK, OK]),
        ([OK], [BUSY]),
        ([OK], [BUSY, BUSY]),
        ([BUSY], [OK]),
        ([OK, OK], [BUSY, OK, BUSY, OK]),
    ],
)
def test_a_test_that_asks_again_itself_is_no_difference(old, new):
    """As many exchanges as the other side has are made of the attempts; being busy breaks nothing."""
    drift = compare(old, new)
    assert (drift.verdict, drift.unmatched) == ("benign", ())


def test_what_the_client_got_in_the_end_counts():
    """A failure that is the last word is an outcome; what came after a retry is compared in full."""
    broken = attempt(body=[{**ENTRY, "updateTime": 1_700_000_000}])
    assert "update-time-unit" in {each.slug for each in compare([OK], [BUSY, broken]).changes}
    assert compare([OK], [BUSY, RESET]).verdict == "breaking"
    assert compare([BUSY, RESET, OK], [BUSY, MOVED]).verdict == "benign"
    assert shown(compare([OK], [BUSY, OK, OK]))[1] == [("new", 2)]
    assert shown(compare([OK, OK, OK], [BUSY, OK]))[1] == [("old", 2)]


def test_an_attempt_that_breaks_the_contract_is_not_passed_over():
    """A quota response whose form is wrong is told, though a retry followed; the same on both sides is no news."""
    nameless = attempt(403, {"errorCode": "ReadQuotaExceed"})
    drift = compare([OK], [nameless, OK])
    assert drift.verdict == "breaking"
    assert compare([nameless, OK], [nameless, OK]).verdict == "none"


@pytest.mark.parametrize(
    "refused", [error(401, "Unauthorized"), error(401, "SignatureNotMatch"), error(403, "ProjectQuotaExceed")]
)
def test_a_refusal_is_an_outcome(refused):
    """What a client does not get by asking again the same way is compared, whatever came next."""
    assert shown(compare([refused, OK], [refused, OK]))[2:] == (2, 0)
    assert shown(compare([refused, OK], [OK]))[1] == [("old", 1)]
