"""What holds between exchanges: for each clause sequences that break it, and unusual ones that do not."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.checks.consumption import CLIENT_CLAUSES, Consumption
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import http_date
from sls_contract.spec.clauses import TABLES

BEGAN = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com"
SHARDS, GROUPS = "/logstores/my-logstore/shards", "/logstores/my-logstore/consumergroups"
GROUP = f"{GROUPS}/readers"
MANY = "9" * 5000
NOON = int(BEGAN.timestamp())
NEVER = {"shard": 0, "checkpoint": "", "updateTime": 0, "consumer": ""}


def cursor(number):
    return b64encode(str(number).encode()).decode()


class Talk:
    """Exchanges one after the other, each some seconds after the one before; keeps what they break and exercise."""

    def __init__(self, **how):
        self.judge = Consumption(**how)
        self.at = BEGAN
        self.found, self.exercised, self.levels, self.operations = [], set(), [], []

    def say(  # noqa: PLR0913 - each part is some test's point
        self, method, target, body=None, *, status=200, returned=b"", agent="worker", after=5, took=0.2, **headers
    ):
        """Send a request ``after`` seconds, whose response takes ``took`` seconds more; status None: none came."""
        sent = self.at + timedelta(seconds=after)
        self.at = sent + timedelta(seconds=took)
        raw = b"" if body is None else json.dumps(body).encode()
        asking = {"Date": http_date(sent), "User-Agent": agent, "x-log-apiversion": "0.6.0"}
        content = returned if isinstance(returned, bytes) else json.dumps(returned).encode()
        fields = {"Date": http_date(self.at), **{name.replace("_", "-"): value for name, value in headers.items()}}
        response = None if status is None else Response(status, fields, content)
        judged = self.judge.judge(Exchange(Request(method, HOST + target, asking, raw), response), self.at)
        self.found += [finding.code for finding in judged.findings]
        self.levels += [str(finding.level) for finding in judged.findings]
        self.operations += [finding.operation for finding in judged.findings]
        self.exercised |= judged.exercised
        return self

    def pull(self, at, following=None, shard=0, status=200, more="", **how):
        """Pull at a cursor's number; ``following`` is the number of x-log-cursor, ``more`` of the query."""
        headers = {"x_log_cursor": cursor(following)} if status == 200 else {}
        target = f"{SHARDS}/{shard}?type=log&cursor={cursor(at).replace('=', '%3D')}&count=5{more}"
        return self.say("GET", target, status=status, **headers, **how)

    def locate(self, time, number, shard=0, **how):
        """Ask GetCursor for the cursor of a time."""
        return self.say("GET", f"{SHARDS}/{shard}?type=cursor&from={time}", returned={"cursor": cursor(number)}, **how)

    def time_of(self, number, seconds, shard=0, **how):
        """Ask GetCursorTime for the time of a cursor."""
        target = f"{SHARDS}/{shard}?type=cursor_time&cursor={cursor(number).replace('=', '%3D')}"
        return self.say("GET", target, returned={"cursor_time": seconds}, **how)

    def make(self, timeout=60):
        body = {"consumerGroup": "readers", "timeout": timeout, "order": False}
        return self.say("POST", GROUPS, body)

    def beat(self, consumer, body, returned=(), **how):
        return self.say("POST", f"{GROUP}?type=heartbeat&consumer={consumer}", body, returned=list(returned), **how)

    def write(self, number, shard=0, query="&consumer=one&forceSuccess=true", **how):
        return self.say(
            "POST", f"{GROUP}?type=checkpoint{query}", {"shard": shard, "checkpoint": cursor(number)}, **how
        )

    def list(self, *shards):
        return self.say("GET", SHARDS, returned=list(shards))

    def read(self, number, time, shard=0, **how):
        entry = {**NEVER, "shard": shard, "checkpoint": cursor(number) if number else "", "updateTime": time}
        return self.say("GET", f"{GROUP}?shard={shard}", returned=[entry], **how)


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def alone():
    """A talk of somebody who is alone with the service, one request after the other."""
    return Talk(alone=True, in_order=True)


UNFORCED = "&consumer=one&forceSuccess=false"


def shard(number, begin, end, status="readwrite", **more):
    """Return a shard of ListShards whose range goes from one key to another, each named by its first digits."""
    first, last = (begin + "0" * (32 - len(begin)), end + ("f" if end == "f" else "0") * (32 - len(end)))
    return {"shardID": number, "status": status, "inclusiveBeginKey": first, "exclusiveEndKey": last, **more}


LEFT, RIGHT = shard(0, "0", "8"), shard(1, "8", "f")

#: code, a sequence that breaks it
BROKEN = [
    ("SLS433", lambda talk: talk.locate("begin", 10).pull(10, 15).pull(16, 20)),
    ("SLS433", lambda talk: talk.beat("one", [], [0]).read(40, 9).pull(10, 15)),
    ("SLS433", lambda talk: talk.beat("one", [], [0]).read(0, 0).locate("begin", 10).pull(11, 15)),
    ("SLS433", lambda talk: talk.beat("one", []).beat("one", [], [0]).locate("end", 90).pull(89, 95)),
    ("SLS433", lambda talk: talk.locate("begin", 10).locate("begin", 90, shard=1).pull(10, 15).pull(90, 95)),
    ("SLS434", lambda talk: talk.locate("begin", 10).pull(10, 15).write(14)),
    ("SLS434", lambda talk: talk.locate("begin", 10).pull(10, 15).write(9)),
    ("SLS434", lambda talk: talk.pull(10, 15).pull(90, 95, shard=1).write(95)),
    ("SLS434", lambda talk: talk.pull(10, 15, x_log_count="5", x_log_read_last_cursor="14").write(16)),
    ("SLS434", lambda talk: talk.pull(10, 15, x_log_count="2", x_log_read_last_cursor="14").write(12)),
    ("SLS434", lambda talk: talk.pull(10, 15, x_log_count="9", x_log_read_last_cursor="20").write(14)),
    ("SLS434", lambda talk: talk.pull(10, 15, x_log_count="no", x_log_read_last_cursor="14").write(14)),
    (
        "SLS434",
        lambda talk: talk.pull(10, 15, more="&query=*", x_log_count="5", x_log_read_last_cursor="14").write(13),
    ),
    ("SLS435", lambda talk: talk.make().beat("one", [0], [0])),
    (
        "SLS435",
        lambda talk: talk.make().beat("one", [], [0]).say("DELETE", GROUP).make().beat("one", [0, 1], [0, 1]),
    ),
    ("SLS435", lambda talk: talk.make().beat("one", [], [0]).say("DELETE", GROUP).make().beat("two", [0], [0])),
    ("SLS435", lambda talk: talk.beat("one", [], [0]).beat("one", [0, 1], [0])),
    ("SLS437", lambda talk: talk.make().beat("one", [], [0, 1]).beat("two", [], [1]).beat("one", [0, 1], [0])),
    ("SLS438", lambda talk: talk.make().beat("one", [], []).beat("two", [], [0]).write(5, query=UNFORCED)),
    ("SLS439", lambda talk: talk.locate("begin", 10).locate("1700000000", 9)),
    ("SLS439", lambda talk: talk.locate("1700000000", 20).locate("1700000001", 19)),
    ("SLS439", lambda talk: talk.locate("end", 20).locate("end", 15)),
    ("SLS439", lambda talk: talk.locate("0", 12).locate("begin", 10)),
    ("SLS447", lambda talk: talk.locate(NOON, 10).pull(10, 15, x_log_count="5").time_of(10, NOON - 3600)),
    ("SLS447", lambda talk: talk.pull(10, 15, x_log_count="5").locate(NOON, 10).time_of(10, NOON - 1000)),
    ("SLS447", lambda talk: talk.pull(10, 15, x_log_count="5").time_of(10, NOON).time_of(10, NOON + 5)),
    ("SLS440", lambda talk: talk.locate("end", 10).pull(10, status=400, returned={"errorCode": "InvalidCursor"})),
    ("SLS440", lambda talk: talk.locate("begin", 0).pull(0, status=400, returned={"errorCode": "InvalidCursor"})),
    (
        "SLS440",
        lambda talk: talk.locate("end", 10).pull(
            10, status=400, returned={"errorCode": "ParameterInvalid", "errorMessage": "Invalid cursor MTA=."}
        ),
    ),
    ("SLS401", lambda talk: talk.read(5, 1000).write(7).read(5, 1000)),
    ("SLS401", lambda talk: talk.read(0, 0).write(7).read(0, 0)),
    ("SLS411", lambda talk: talk.read(5, 1_800_000_000_000_000).read(5, 1_799_999_990_000_000)),
    ("SLS411", lambda talk: talk.read(5, 1_800_000_000_000_000).write(7).read(5, 1_799_999_990_000_000)),
    (
        "SLS421",
        lambda talk: talk.say("GET", SHARDS, returned=[{"shardID": n, "status": "readwrite"} for n in (0, 1)]).say(
            "GET", GROUP, returned=[NEVER]
        ),
    ),
    (
        "SLS422",
        lambda talk: talk.say("GET", SHARDS, returned=[{"shardID": 0, "status": "readwrite"}]).say(
            "GET", f"{GROUP}?shard=0", returned=[]
        ),
    ),
]


@pytest.mark.parametrize(("code", "broken"), BROKEN, ids=[f"{n}-{one[0]}" for n, one in enumerate(BROKEN)])
def test_one_breach_is_found_by_its_clause_alone(talk, code, broken):
    """The clause finds it, says that it could have, and no other clause is dragged in."""
    broken(talk)
    assert talk.found == [code]
    assert code in talk.exercised


BROKEN_ALONE = [
    ("SLS418", lambda talk: talk.list(LEFT, shard(1, "9", "f"))),
    ("SLS418", lambda talk: talk.list(LEFT, shard(1, "7", "f"))),
    ("SLS418", lambda talk: talk.list(LEFT, shard(1, "8", "e"))),
    ("SLS418", lambda talk: talk.list(shard(0, "1", "8"), RIGHT)),
    ("SLS418", lambda talk: talk.list(shard(2, "0", "f"), LEFT, RIGHT)),
    ("SLS418", lambda talk: talk.list(LEFT, shard(1, "8", "f", "readonly"))),
    ("SLS419", lambda talk: talk.list({**LEFT, "createTime": 1}, RIGHT).list({**LEFT, "createTime": 2}, RIGHT)),
    ("SLS419", lambda talk: talk.list(LEFT, RIGHT).list(shard(0, "0", "9"), shard(1, "9", "f"))),
    (
        "SLS438",
        lambda talk: (
            talk.make()
            .beat("one", [], [0])
            .beat("two", [], [1])
            .write(5, query=UNFORCED, status=400, returned={"errorCode": "ConsumerNotMatch"})
        ),
    ),
    ("SLS436", lambda talk: talk.make().beat("one", [0], [0])),
    ("SLS438", lambda talk: talk.make().write(5, query=UNFORCED)),
]


@pytest.mark.parametrize(("code", "broken"), BROKEN_ALONE)
def test_what_others_could_have_done_is_judged_where_there_are_none(talk, alone, code, broken):
    """A consumer that nobody saw may be known to the service; in a run that makes its own group it is not."""
    broken(alone)
    broken(talk)
    assert set(alone.found) - CLIENT_CLAUSES == {code}
    assert code not in talk.exercised


_OF_OTHERS = {"SLS401", "SLS411", "SLS421", "SLS422", "SLS447"}


def test_every_clause_is_needed():
    """No clause between exchanges stands without a sequence that breaks it."""
    assert {each.code for each in TABLES["consumption"]} == {code for code, _ in BROKEN + BROKEN_ALONE} - _OF_OTHERS


def _pull_on(talk, times):
    """Pull a shard further and further, from 15 on."""
    for at in range(15, 15 + times):
        talk.pull(at, at + 1)
    return talk


#: what is unusual, the sequence, and the clause that it comes near
UNUSUAL = {
    "ranges in any order, in capitals, beside the shard that was split": (
        "SLS418",
        lambda talk: talk.list(shard(2, "A", "f"), shard(0, "0", "f", "readonly"), shard(1, "0", "A")),
    ),
    "a key of 31 digits, as a page prints one": (
        "SLS418",
        lambda talk: talk.list({**LEFT, "exclusiveEndKey": "8" + "0" * 30}, RIGHT),
    ),
    "keys that are not told": (
        "SLS418",
        lambda talk: talk.list({**LEFT, "inclusiveBeginKey": None}, {"shardID": 1, "status": "readwrite"}),
    ),
    "nothing but read-only shards": ("SLS418", lambda talk: talk.list(shard(0, "0", "f", "readonly"))),
    "split, merged, and then made anew": (
        "SLS418",
        lambda talk: (
            talk.list(shard(0, "0", "f", createTime=5))
            .list(shard(0, "0", "f", "readonly", createTime=5), shard(1, "0", "8"), shard(2, "8", "f"))
            .say("DELETE", "/logstores/my-logstore")
            .list(shard(0, "0", "f", createTime=9))
        ),
    ),
    "the time of a log a little after the time of its cursor": (
        "SLS447",
        lambda talk: talk.locate(NOON, 10).pull(10, 15, x_log_count="5").time_of(10, NOON + 7).time_of(10, NOON + 7),
    ),
    "another clock for what was received": (
        "SLS447",
        lambda talk: talk.locate(NOON, 10).pull(10, 15, x_log_count="5").time_of(10, NOON - 800),
    ),
    "the time of the end, where no log was": (
        "SLS447",
        lambda talk: (
            talk.locate(NOON, 10)
            .time_of(10, 0)
            .pull(10, 10, x_log_count="0")
            .time_of(10, 5)
            .pull(10, 15, x_log_count="5")
            .time_of(10, NOON + 20)
        ),
    ),
    "the time of the first log after what a query passed over": (
        "SLS447",
        lambda talk: (
            talk.locate(NOON, 10)
            .pull(10, 15, x_log_count="5", more="&query=*")
            .time_of(10, 5)
            .pull(10, 15, x_log_count="5")
            .time_of(10, NOON)
        ),
    ),
    "the time of a cursor for a time that was not over": (
        "SLS447",
        lambda talk: (
            talk.locate(NOON, 10)
            .locate(NOON + 9000, 15)
            .pull(10, 15, x_log_count="5")
            .pull(15, 20, x_log_count="5")
            .time_of(15, NOON + 60)
            .time_of(10, NOON)
        ),
    ),
    "the time of another shard's cursor": (
        "SLS447",
        lambda talk: (
            talk.locate(NOON, 10)
            .pull(10, 15, x_log_count="5")
            .time_of(10, NOON)
            .pull(10, 15, x_log_count="5", shard=1)
            .time_of(10, NOON - 9000, shard=1)
        ),
    ),
    "goes back to its checkpoint": ("SLS433", lambda talk: talk.pull(10, 15).pull(15, 20).read(15, 9).pull(15, 20)),
    "begins at its checkpoint": ("SLS433", lambda talk: talk.beat("one", [], [0]).read(40, 9).pull(40, 45)),
    "begins anew in spite of its checkpoint": (
        "SLS433",
        lambda talk: talk.beat("one", [], [0]).read(40, 9).locate("begin", 10).pull(10, 15),
    ),
    "begins at the checkpoint that another group reached": (
        "SLS433",
        lambda talk: talk.beat("one", [], [0]).read(0, 0).write(30).locate("end", 90).pull(30, 35),
    ),
    "keeps its place elsewhere, and asks only for the end": (
        "SLS433",
        lambda talk: talk.locate("end", 90).pull(40, 45),
    ),
    "keeps its place elsewhere, and compares the checkpoint": ("SLS433", lambda talk: talk.read(40, 9).pull(50, 55)),
    "was told no place": ("SLS433", lambda talk: talk.beat("one", [], [0]).read(0, 0).pull(50, 55)),
    "was told the place of another shard": (
        "SLS433",
        lambda talk: talk.beat("one", [], [0]).locate("end", 90, shard=1).pull(50, 55),
    ),
    "was told a checkpoint whose body the recording lost": (
        "SLS433",
        lambda talk: talk.beat("one", [], [0]).say("GET", f"{GROUP}?shard=0").locate("end", 90).pull(40, 45),
    ),
    "was told a cursor whose body the recording lost": (
        "SLS433",
        lambda talk: (
            talk.beat("one", [], [0])
            .read(0, 0)
            .say("GET", f"{SHARDS}/0?type=cursor&from=begin")
            .locate("end", 90)
            .pull(10, 15)
        ),
    ),
    "ran before it was recorded": ("SLS433", lambda talk: talk.beat("one", [0], [0]).read(40, 9).pull(50, 55)),
    "one of its consumers ran before": (
        "SLS433",
        lambda talk: talk.beat("two", [1], [1]).beat("one", [], [0]).read(40, 9).pull(50, 55),
    ),
    "another client was assigned the shard": (
        "SLS433",
        lambda talk: talk.beat("one", [], [0], agent="b").read(40, 9, agent="b").pull(50, 55),
    ),
    "goes on after a response without a next cursor": (
        "SLS433",
        lambda talk: talk.pull(10, 15).say("GET", f"{SHARDS}/0?type=log&cursor={cursor(15)}").pull(20, 25),
    ),
    "goes on after a response whose cursor goes back": (
        "SLS434",
        lambda talk: talk.pull(10, 15).pull(15, 12).write(20),
    ),
    "asks the same again after a failure": ("SLS433", lambda talk: talk.pull(10, 15).pull(10, 15)),
    "stays at the end": ("SLS433", lambda talk: talk.pull(10, 10).pull(10, 10).pull(10, 12)),
    "goes on at the end after InvalidCursor": (
        "SLS433",
        lambda talk: (
            talk.pull(10, 15)
            .pull(15, status=400, returned={"errorCode": "InvalidCursor"}, after=90)
            .locate("end", 90)
            .pull(90, 95)
        ),
    ),
    "another client stands elsewhere": ("SLS433", lambda talk: talk.pull(10, 15).pull(70, 75, agent="b").pull(15, 20)),
    "turns a page by HEAD": (
        "SLS433",
        lambda talk: (
            talk.pull(10, 15)
            .say("HEAD", f"{SHARDS}/0?type=log&cursor={cursor(15)}", x_log_cursor=cursor(25))
            .pull(25, 30)
        ),
    ),
    "cursor without its padding": (
        "SLS433",
        lambda talk: talk.pull(10, 1500).say(
            "GET", f"{SHARDS}/0?type=logs&cursor={cursor(1500).rstrip('=')}&count=1", x_log_cursor=cursor(1501)
        ),
    ),
    "sets a checkpoint where nobody pulls": ("SLS434", lambda talk: talk.write(99)),
    "writes what it pulled before it was recorded": (
        "SLS434",
        lambda talk: talk.pull(10, 15).write(9).pull(15, 20).write(7),
    ),
    "writes what another client may have pulled before": (
        "SLS434",
        lambda talk: talk.pull(10, 15).write(30, agent="b"),
    ),
    "writes where it began": ("SLS434", lambda talk: talk.locate("begin", 10).pull(10, 15).write(10)),
    "writes what another group reached": ("SLS434", lambda talk: talk.pull(10, 15).read(40, 9).write(40)),
    "writes the cursor of a log group that it was given": (
        "SLS434",
        lambda talk: (
            talk.pull(10, 15, x_log_count="5", x_log_read_last_cursor="14").write(11).read(11, 9).pull(11, 15).write(14)
        ),
    ),
    "writes it after the last cursor was told as a cursor": (
        "SLS434",
        lambda talk: talk.pull(10, 15, x_log_count="5", x_log_read_last_cursor=cursor(14)).write(12),
    ),
    "writes it when many others followed": (
        "SLS434",
        lambda talk: _pull_on(talk.pull(10, 15, x_log_count="5", x_log_read_last_cursor="14"), 2000).write(12),
    ),
    "writes what is no cursor": (
        "SLS434",
        lambda talk: talk.pull(10, 15).say(
            "POST", f"{GROUP}?type=checkpoint&consumer=one", {"shard": 0, "checkpoint": "b3RoZXI="}
        ),
    ),
    "holds on to what it must give up": (
        "SLS435",
        lambda talk: talk.make().beat("one", [], [0, 1]).beat("one", [0, 1], [0]).beat("one", [0, 1], [0]),
    ),
    "began before the recording": ("SLS435", lambda talk: talk.beat("one", [0, 1], [0, 1])),
    "starts again under its name": (
        "SLS435",
        lambda talk: talk.make().beat("one", [], [0]).beat("one", [], [0]).beat("one", [0], [0]),
    ),
    "runs on while its group is deleted and made again": (
        "SLS435",
        lambda talk: (
            talk.make()
            .beat("one", [], [0])
            .beat("one", [0], [0, 1])
            .say("DELETE", GROUP)
            .beat("one", [0, 1], status=404, returned=())
            .make()
            .beat("one", [0, 1], status=400)
            .beat("one", [], [0])
            .beat("one", [0], [0])
        ),
    ),
    "runs on while its group is made again, and nobody saw that it was deleted": (
        "SLS435",
        lambda talk: talk.make().beat("one", [], [0]).make().beat("one", [0], status=400),
    ),
    "runs on while its group is deleted and made again twice": (
        "SLS435",
        lambda talk: (
            talk.make().beat("one", [], [0]).say("DELETE", GROUP).make().say("DELETE", GROUP).make().beat("one", [0])
        ),
    ),
    "runs on while its logstore is made anew": (
        "SLS435",
        lambda talk: (
            talk.make().beat("one", [], [0]).say("DELETE", "/logstores/my-logstore").make().beat("one", [0], status=400)
        ),
    ),
    "ran in a group from before the recording, which is deleted and made again": (
        "SLS435",
        lambda talk: talk.say("DELETE", GROUP).make().beat("one", [0], status=400),
    ),
    "was told nothing in time": (
        "SLS435",
        lambda talk: talk.beat("one", [], [0]).beat("one", [0], status=None).beat("one", [0], [0, 1]),
    ),
    "heartbeats as a page prints them": (
        "SLS435",
        lambda talk: talk.make().say(
            "POST", f"{GROUP}?type=heartbeat&consumer=one", {"shards": []}, returned={"shards": [0]}
        ),
    ),
    "handed over once it was given up": (
        "SLS437",
        lambda talk: (
            talk.make()
            .beat("one", [], [0, 1])
            .beat("two", [], [])
            .beat("one", [0, 1], [0])
            .beat("one", [0], [0])
            .beat("two", [], [1])
            .beat("one", [0], [0])
        ),
    ),
    "taken over from one that was silent": (
        "SLS437",
        lambda talk: talk.make(10).beat("one", [], [0]).beat("two", [], [0], after=11).beat("one", [0], []),
    ),
    "given up unasked": (
        "SLS437",
        lambda talk: talk.make().beat("one", [], [0]).beat("two", [], [0]).beat("one", [], []),
    ),
    "timeout not known": ("SLS437", lambda talk: talk.beat("one", [], [0]).beat("two", [], [0]).beat("one", [0], [0])),
    "timeout made shorter": (
        "SLS437",
        lambda talk: (
            talk.make(60)
            .beat("one", [], [0])
            .say("PUT", GROUP, {"timeout": 5})
            .beat("two", [], [0], after=6)
            .beat("one", [0], [])
        ),
    ),
    "another group": (
        "SLS437",
        lambda talk: (
            talk.make()
            .beat("one", [], [0])
            .say("POST", f"{GROUP}-2?type=heartbeat&consumer=two", [], returned=[0])
            .beat("one", [0], [0])
        ),
    ),
    "forced by another": ("SLS438", lambda talk: talk.make().beat("one", [], []).beat("two", [], [0]).write(5)),
    "saves its last checkpoint as it lets go": (
        "SLS438",
        lambda talk: talk.make().beat("one", [], [0]).beat("one", [0], []).write(5, query=UNFORCED),
    ),
    "refused": (
        "SLS438",
        lambda talk: (
            talk.make()
            .beat("one", [], [])
            .beat("two", [], [0])
            .write(5, query=UNFORCED, status=400, returned={"errorCode": "ConsumerNotMatch"})
        ),
    ),
    "a pull that is refused": (
        "SLS433",
        lambda talk: talk.pull(10, 15).pull(70, status=400, returned={"errorCode": "InvalidCursor"}).pull(15, 20),
    ),
    "a consumer's first pull that is refused": (
        "SLS433",
        lambda talk: (
            talk.beat("one", [], [0])
            .locate("begin", 10)
            .pull(70, status=400, returned={"errorCode": "InvalidCursor"})
            .pull(10, 15)
        ),
    ),
    "a checkpoint that is refused": (
        "SLS434",
        lambda talk: talk.pull(10, 15).write(70, status=400, returned={"errorCode": "InvalidShardCheckPoint"}),
    ),
    "a heartbeat that is refused": (
        "SLS435",
        lambda talk: talk.make().beat("one", [7], status=400).beat("one", [], [0]).beat("one", [0]),
    ),
    "an earlier time": ("SLS439", lambda talk: talk.locate("1700000001", 20).locate("1700000000", 10)),
    "an earlier time later, past the end of then": ("SLS439", lambda talk: talk.locate("end", 20).locate("1", 25)),
    "the beginning expired": ("SLS439", lambda talk: talk.locate("begin", 10).locate("begin", 15).locate("0", 15)),
    "asked side by side": ("SLS439", lambda talk: talk.locate("end", 20).locate("end", 15, after=-0.5, took=0.6)),
    "a cursor of an hour ago": (
        "SLS440",
        lambda talk: talk.locate("begin", 10).pull(10, status=400, returned={"errorCode": "InvalidCursor"}, after=3600),
    ),
    "a cursor that was never given": (
        "SLS440",
        lambda talk: talk.locate("end", 10).pull(11, status=400, returned={"errorCode": "InvalidCursor"}),
    ),
    "refused, perhaps for its end": (
        "SLS440",
        lambda talk: talk.locate("end", 10).pull(
            10,
            more="&end_cursor=OQ%3D%3D",
            status=400,
            returned={"errorCode": "ParameterInvalid", "errorMessage": "Invalid cursor OQ==."},
        ),
    ),
    "refused for another reason": (
        "SLS440",
        lambda talk: talk.locate("end", 10).pull(10, status=400, returned={"errorCode": "ShardNotExist"}),
    ),
    "the group was made again": ("SLS411", lambda talk: talk.read(5, 1_800_000_000_000_000).read(0, 0)),
    "two reads at once": (
        "SLS411",
        lambda talk: talk.read(5, 1_800_000_000_000_000).read(5, 1_799_999_990_000_000, after=-0.1, took=1),
    ),
    "a time in another unit": ("SLS411", lambda talk: talk.read(5, 1_800_000_000_000_000).read(5, 1_800_000_000_000)),
    "somebody wrote the same as before": ("SLS401", lambda talk: talk.read(5, 1000).write(7).read(5, 2000)),
    "written back": ("SLS401", lambda talk: talk.read(5, 1000).write(7).write(5).read(5, 3000)),
    "read while it is written": ("SLS401", lambda talk: talk.read(5, 1000).write(7).read(5, 1000, after=-0.1, took=1)),
    "refused write": ("SLS401", lambda talk: talk.read(5, 1000).write(7, status=404).read(5, 1000)),
    "nobody knows what became of the write": (
        "SLS401",
        lambda talk: talk.read(5, 1000).write(5, status=None).write(7).read(5, 1000),
    ),
    "group made anew": (
        "SLS401",
        lambda talk: talk.make().read(0, 0).write(7).say("DELETE", GROUP).make().read(0, 0),
    ),
    "a shard that was split has no entry": (
        "SLS421",
        lambda talk: talk.say("GET", SHARDS, returned=[{"shardID": 0, "status": "readonly"}]).say(
            "GET", GROUP, returned=[]
        ),
    ),
    "a shard that was split since has no entry": (
        "SLS421",
        lambda talk: (
            talk.say("GET", SHARDS, returned=[{"shardID": 0, "status": "readwrite"}])
            .say("POST", f"{SHARDS}/0?action=split&key={'8':0<32}")
            .say("GET", GROUP, returned=[])
        ),
    ),
    "shards that were merged since have no entries": (
        "SLS421",
        lambda talk: (
            talk.say("GET", SHARDS, returned=[{"shardID": n, "status": "readwrite"} for n in (0, 1)])
            .say("POST", f"{SHARDS}/0?action=merge", status=None)
            .say("GET", GROUP, returned=[])
        ),
    ),
    "an entry and a shard that cannot be told, which their own clauses say": (
        "SLS421",
        lambda talk: (
            talk.say("GET", SHARDS, returned=[{"shardID": n, "status": "readwrite"} for n in (0, 2**63)])
            .say("GET", GROUP, returned=[{**NEVER, "shard": "0"}])
            .say("GET", GROUP, returned=[NEVER])
        ),
    ),
    "the entry of another shard, which the clause of the filter says": (
        "SLS422",
        lambda talk: talk.say("GET", SHARDS, returned=[{"shardID": n, "status": "readwrite"} for n in (0, 1)]).say(
            "GET", f"{GROUP}?shard=0", returned=[{**NEVER, "shard": 1}]
        ),
    ),
    "a heartbeat that lists no shard's id": (
        "SLS435",
        lambda talk: talk.make().beat("one", [], [0]).beat("one", [-1], [0]).beat("one", [0], [0]),
    ),
    "logstore made anew": (
        "SLS421",
        lambda talk: (
            talk.say("GET", SHARDS, returned=[{"shardID": n, "status": "readwrite"} for n in (0, 1)])
            .say("DELETE", "/logstores/my-logstore")
            .say("GET", GROUP, returned=[NEVER])
        ),
    ),
}


@pytest.mark.parametrize("near", UNUSUAL, ids=list(UNUSUAL))
def test_what_is_unusual_and_correct_is_let_pass(talk, near):
    """Restarts, handovers, failures, requests side by side, writers that nobody saw: nothing is found."""
    UNUSUAL[near][1](talk)
    assert talk.found == []


ALONE = {
    "split, merged, and then made anew": UNUSUAL["split, merged, and then made anew"][1],
    "told as a text, then as a number": lambda talk: talk.list({**LEFT, "createTime": "5"}, RIGHT).list(
        {**LEFT, "createTime": 6}, RIGHT
    ),
    "refused while it holds the shard beside another": lambda talk: (
        talk.make()
        .beat("one", [], [0])
        .beat("two", [], [0])
        .write(5, query=UNFORCED, status=400, returned={"errorCode": "ConsumerNotMatch"})
    ),
    "refused when its timeout was over": lambda talk: (
        talk.make(10)
        .beat("one", [], [0])
        .write(5, query=UNFORCED, status=400, returned={"errorCode": "ConsumerNotExist"}, after=11)
    ),
    "refused for its checkpoint": lambda talk: (
        talk.make()
        .beat("one", [], [0])
        .write(5, query=UNFORCED, status=400, returned={"errorCode": "InvalidShardCheckPoint"})
    ),
}


@pytest.mark.parametrize("near", ALONE)
def test_what_is_unusual_is_let_pass_where_nobody_else_is(alone, near):
    """A logstore or consumer may change for reasons that the exchanges themselves tell."""
    ALONE[near](alone)
    assert alone.found == []


@pytest.mark.parametrize("code", sorted({code for code, _ in BROKEN}))
def test_each_clause_has_its_unusual_sequence(code):
    """Beside each breach stands something near it that is right."""
    assert any(near == code for near, _ in UNUSUAL.values()) or code == "SLS422"


def test_a_write_of_which_nothing_is_seen_is_a_warning_where_the_group_may_be_new():
    """Empty as before, the group may have been made anew; an older write shown as before has no excuse."""
    assert Talk().read(0, 0).write(7).read(0, 0).levels == ["warning"]
    assert Talk().read(5, 1000).write(7).read(5, 1000).levels == ["violation"]


def test_a_finding_names_the_operation_of_its_exchange():
    """Which is the one that shows the breach."""
    assert Talk().read(5, 1000).write(7).read(5, 1000).operations == ["GetCheckPoint"]


def test_without_the_time_of_an_exchange_nothing_that_depends_on_it_is_judged():
    """Recordings that tell no times may hold requests side by side."""
    talk = Talk()
    talk.judge = type("Timeless", (), {"judge": lambda _, exchange, __: Consumption.judge(made, exchange, None)})()
    made = Consumption()
    talk.read(5, 1000).write(7).read(5, 1000).locate("end", 20).locate("end", 15)
    assert talk.found == []


def test_a_timeout_beyond_all_measure_is_one(talk):
    """A group may have any timeout."""
    assert talk.make(10**30).beat("one", [], [0]).beat("two", [], [0]).beat("one", [0], [0]).found == ["SLS437"]


@pytest.mark.slow
def test_many_consumers_are_not_accused(talk):
    """Whoever was forgotten lists the shards that it was assigned; whoever is remembered is still judged."""
    talk.make()
    for number in range(300):
        talk.beat(f"c{number}", [], [number])
    for number in range(300):
        talk.beat(f"c{number}", [number], [number])
    assert talk.found == []
    assert talk.beat("c299", [298, 299], [299]).found == ["SLS435"]


def test_many_consumers_of_deleted_groups_are_not_accused(talk):
    """Each ran in one of the groups that were deleted and made again, and none was told."""
    for start in (0, 200):
        talk.make()
        for number in range(start, start + 200):
            talk.beat(f"c{number}", [], [number])
        talk.say("DELETE", GROUP)
    talk.make()
    for number in range(400):
        talk.beat(f"c{number}", [number], status=400)
    assert talk.found == []


def test_many_cursors_are_remembered_by_where_they_lie(talk):
    """After thousands of pulls an old cursor is let pass, and one beyond all is not; what is kept does not grow."""
    for number in range(3000):
        talk.pull(number * 10, number * 10 + 10, after=1)
    talk.pull(20, 30)
    talk.pull(25, 30)
    assert talk.found == []
    assert talk.pull(40_000, 40_010).found == ["SLS433"]
    (shard,) = talk.judge._shards.values()
    assert len(shard.known.numbers) <= 1024


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(Request("POST", f"{HOST}{GROUP}?type=heartbeat&consumer=one", (), b"\xff{"), Response(200, (), b"[[")),
        Exchange(Request("POST", f"{HOST}{GROUP}?type=checkpoint", (), b'{"shard":true}'), Response(200)),
        Exchange(Request("POST", f"{HOST}{GROUPS}", (), b'{"consumerGroup":7}'), Response(200)),
        Exchange(Request("GET", f"{HOST}{GROUPS}"), Response(200, (), b'[{"name":7},8]')),
        Exchange(Request("GET", f"{HOST}{SHARDS}"), Response(200, (), b'[{"shardID":"0","status":["readwrite"]}]')),
        Exchange(Request("GET", f"{HOST}{SHARDS}/0?type=cursor&from=x"), Response(200, (), b'{"cursor":[]}')),
        Exchange(
            Request("GET", f"{HOST}{SHARDS}/0?type=cursor&from={'9' * 5000}"), Response(200, (), b'{"cursor":"MTI="}')
        ),
        Exchange(Request("GET", f"{HOST}{SHARDS}/x?type=log&cursor=%FF"), Response(200, {"x-log-cursor": "\x00"})),
        Exchange(
            Request("GET", f"{HOST}{GROUP}"), Response(200, (), b'[{"shard":0,"checkpoint":{},"updateTime":"x"}]')
        ),
    ],
)
def test_nonsense_is_passed_over(exchange):
    """Whatever the wire carries, nothing is raised."""
    judge = Consumption()
    assert [judge.judge(exchange, BEGAN).findings, judge.judge(exchange, BEGAN).findings] == [(), ()]
