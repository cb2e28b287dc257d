"""How long judging takes: ``python -m benchmarks.judging``. CPU time of one exchange, the median of seven runs.

On a quiet machine an exchange with one entry should take at most 120 µs, with 256 entries at most 500 µs.
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import time
from datetime import UTC, datetime

from sls_contract import Exchange, Request, Response, sign
from sls_contract.checks import judge
from sls_contract.signing import TEST_CREDENTIALS, http_date

AT = datetime(2026, 1, 2, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
PATH = "/logstores/my-logstore/consumergroups/group"
RUNS = 7


def exchange(entries: int, number: int) -> Exchange:
    """Return a correct exchange of GetCheckPoint; ``number`` makes it different from others."""
    request = sign(Request("GET", f"http://{HOST}{PATH}-{number}", {"Host": HOST}), TEST_CREDENTIALS, at=AT)
    listed = [
        {
            "shard": shard,
            "checkpoint": base64.b64encode(str(1524155379373908496 + shard + number).encode()).decode(),
            "updateTime": 1524224984800922 + shard,
            "consumer": f"consumer_{shard % 7}",
        }
        for shard in range(entries)
    ]
    body = json.dumps(listed).encode()
    headers = {
        "Server": "AliyunSLS",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Date": http_date(AT),
        "x-log-requestid": f"{int(AT.timestamp()):08X}05099546E07A82E8",
    }
    return Exchange(request, Response(200, headers, body))


def measured(entries: int, count: int) -> float:
    """Return the microseconds of CPU time to judge one exchange."""
    exchanges = [exchange(entries, number) for number in range(count)]
    runs = []
    for _ in range(RUNS):
        start = time.thread_time()
        for each in exchanges:
            assert judge(each, at=AT).findings == ()
        runs.append((time.thread_time() - start) / count * 1e6)
    return statistics.median(runs)


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__).parse_args()
    for entries, count in ((1, 300), (256, 60)):
        print(f"{entries:>4} entries: {measured(entries, count):.0f} µs")
