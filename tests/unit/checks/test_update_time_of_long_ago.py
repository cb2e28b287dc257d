"""An updateTime far below the present is no microsecond of now, unless a clock of the exchange stands that long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sls_contract import check
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, http_date, sign

NOW = datetime(2026, 11, 28, 8, 0, 0, tzinfo=UTC)
EARLY = datetime(1970, 1, 3, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/readers?shard=0"

FAR_BELOW = {
    "a counter": 7,
    "seconds since 2001": int(NOW.timestamp()) - 978_307_200,
    "seconds since 1900": int(NOW.timestamp()) + 2_208_988_800,
    "milliseconds since 2001": (int(NOW.timestamp()) - 978_307_200) * 1000,
    "milliseconds since 1601": (int(NOW.timestamp()) + 11_644_473_600) * 1000,
    "microseconds since 2001": (int(NOW.timestamp()) - 978_307_200) * 1_000_000,
    "the low 32 bits": int(NOW.timestamp()) * 1_000_000 % 2**32,
    "minutes": int(NOW.timestamp()) // 60,
    "days": int(NOW.timestamp()) // 86_400,
}


def exchange(time: int, sent: datetime, dated: datetime | None) -> Exchange:
    host = "my-project.cn-hangzhou.log.aliyuncs.com"
    request = sign(Request("GET", URL, [("Host", host)]), TEST_CREDENTIALS, at=sent)
    body = b'[{"shard":0,"checkpoint":"MTAw","updateTime":%d,"consumer":"c"}]' % time
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if dated is not None:
        fields += [("Date", http_date(dated)), ("x-log-requestid", f"{int(dated.timestamp()):08X}05099546E07A82E8")]
    return Exchange(request, Response(200, Headers(fields), body))


def codes(given: Exchange, at: datetime | None) -> set[str]:
    return {finding.code for finding in check(given, at=at)}


@pytest.mark.parametrize("time", FAR_BELOW.values(), ids=FAR_BELOW)
def test_what_lies_far_below_the_present_is_found(time):
    """Whatever it counts, and however little else is known of the time: with a Date, with a moment, with neither."""
    for dated, at in ((NOW, NOW), (NOW, None), (None, NOW), (None, None)):
        assert "SLS204" in codes(exchange(time, NOW, dated), at)


@pytest.mark.parametrize("time", [0, 1, 1_600_000_000, int(EARLY.timestamp() * 1_000_000)])
def test_a_clock_of_1970_gives_times_of_1970(time):
    """A fake clock that the whole exchange goes by is no mistake, also where it was recorded today."""
    for at in (EARLY, NOW, None):
        assert "SLS204" not in codes(exchange(time, EARLY, EARLY), at)


def test_times_of_the_service_are_plain():
    """Whatever was written since the service exists, and 0."""
    for years in (0, 1, 8, 12):
        time = int((NOW - timedelta(days=365 * years)).timestamp() * 1_000_000)
        assert codes(exchange(time, NOW, NOW), NOW) == set()
    assert codes(exchange(0, NOW, NOW), NOW) == set()
