"""One engine in its own process: ``python benchmarks/engine.py <plan.json> <engine>`` prints its figures as JSON.

The plan names the cassette, the requests (signed by the caller, so that signing is not measured), and the responses for
the floor. Times are CPU time of the process, because the machine may be busy with other work.
"""

from __future__ import annotations

import gc
import io
import json
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
import urllib3
from requests.adapters import HTTPAdapter

_WARM_UP = 30  # requests before anything is measured: the first ones load codecs and caches


class InMemory(HTTPAdapter):
    """The floor: the cost of requests itself, with the response in memory."""

    def __init__(self, responses):
        super().__init__()
        self.responses = responses

    def send(self, request, **_):
        fields, body = self.responses[request.url]
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(body),
            headers=urllib3.HTTPHeaderDict(fields),
            status=200,
            version=11,
            reason="OK",
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)


@contextmanager
def floor(plan, session):
    responses = {url: (fields, body.encode()) for url, fields, body in plan["responses"]}
    session.mount("http://", InMemory(responses))
    yield


@contextmanager
def floor_without_proxies(plan, session):
    session.trust_env = False  # requests then searches no proxy in the environment, which takes much of its time
    with floor(plan, session):
        yield


def sls_contract(plan, _):
    from sls_contract import use_cassette

    return use_cassette(plan["cassettes"]["sls_contract"], record=plan.get("record", "none"), hosts=plan["hosts"])


def vcrpy(plan, _):
    import vcr

    mode = {"none": "none", "all": "new_episodes"}[plan.get("record", "none")]
    return vcr.VCR(record_mode=mode).use_cassette(plan["cassettes"]["vcrpy"])


def cassetter(plan, _):
    import cassetter as peer

    mode = {"none": "none", "all": "new_episodes"}[plan.get("record", "none")]
    return peer.use_cassette(plan["cassettes"]["cassetter"], record_mode=mode)


@contextmanager
def bare(_plan, _session):
    yield


ENGINES = {
    "floor": floor,
    "floor without proxies": floor_without_proxies,
    "sls-contract": sls_contract,
    "vcrpy": vcrpy,
    "cassetter": cassetter,
    "bare client": bare,
}


def send_all(session, plan, requested):
    for url, headers in requested:
        response = session.get(url, headers=headers)
        if response.status_code != 200 or len(response.content) != plan["length"]:
            sys.exit(f"{url}: {response.status_code}, {len(response.content)} bytes instead of {plan['length']}")


def measured(engine, plan, sent):
    """Open the cassette, send the requests, close; return the seconds of each, and the growth of memory at opening."""
    clock = getattr(time, plan["clock"])
    with requests.Session() as session, ExitStack() as stack:
        gc.collect()
        before, started = resident(), clock()
        stack.enter_context(ENGINES[engine](plan, session))
        opened, grown = clock(), resident() - before
        send_all(session, plan, sent)
        responded = clock()
        stack.close()
        return opened - started, responded - opened, clock() - responded, grown


def resident():
    """Return the resident memory in kilobytes; 0 if the system does not report it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4
    except OSError:
        return 0


def main(plan_path, engine):
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    sent = plan["sent"]
    if "warm_up" in plan:
        warm = plan["warm_up"] | {"clock": plan["clock"]}
        for _ in range(-(-_WARM_UP // len(warm["sent"]))):
            measured(engine, warm, warm["sent"])
    runs = [measured(engine, plan, sent) for _ in range(plan["passes"])]
    totals = [sum(column) for column in zip(*runs, strict=True)]
    print(
        json.dumps(
            {
                "open": totals[0] / len(runs),
                "request": totals[1] / len(runs) / len(sent),
                "all": sum(totals[:3]) / len(runs) / len(sent),
                "close": totals[2] / len(runs),
                "memory": runs[0][3],  # the memory of the first opening is used again by the next ones
            }
        )
    )


if __name__ == "__main__":
    import argparse  # here, so that it is no part of what is measured

    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("plan", help="the JSON file with cassettes and requests")
    command.add_argument("engine", help="the engine to measure")
    arguments = command.parse_args()
    main(arguments.plan, arguments.engine)
