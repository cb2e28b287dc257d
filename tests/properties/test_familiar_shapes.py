"""What was judged before is judged alike: a familiar shape hides no breach, whatever is changed about the exchange."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sls_contract.checks import judge, judge_request, judge_response
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, http_date, sign

AT = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/{}"
ENTRY = {"shard": 0, "checkpoint": "MTUyNDE1NTM3OTM0MzYwODEzNw==", "updateTime": 1524224984800922, "consumer": "c"}
GOOD = json.dumps([ENTRY]).encode()
USUAL_TARGETS = st.sampled_from(["g", "g?shard=0"])
THOROUGH = ("no such code",)  # with a clause switched off, nothing is taken as known

nudges = st.sampled_from([0, 1, 899, 900, 901, -901, 10**6]).map(lambda seconds: timedelta(seconds=seconds))
targets = st.sampled_from(
    [
        "g",
        "g?shard=0",
        "g?shard=1",
        "g?shard=",
        "g?shard=01",
        "g?shard=2147483648",
        "g?shard=0&shard=0",
        "g?x=1",
        "",
        "g/",
        "g%2f?shard=0",
        "日志?shard=0",
        "g?shard=0#f",
        "g?Shard=0",
    ]
)
request_fields = st.lists(
    st.sampled_from(
        [
            ("Accept-Encoding", "gzip"),
            ("x-log-apiversion", "0.7.0"),
            ("x-log-date", "now"),
            ("Date", "yesterday"),
            ("Host", "other.cn-hangzhou.log.aliyuncs.com"),
            ("Authorization", "LOG a:b"),
            ("x-log-bodyrawsize", "no"),
        ]
    ),
    max_size=2,
)
entries = st.lists(
    st.sampled_from(
        [
            ENTRY,
            ENTRY | {"shard": 1},
            ENTRY | {"checkpoint": ""},
            ENTRY | {"checkpoint": "YQ=="},
            ENTRY | {"more": 1},
            ENTRY | {"updateTime": 1524224984},
            ENTRY | {"updateTime": 1.5},
            {"shard": 0},
            ENTRY | {"consumer": None},
            1,
        ]
    ),
    max_size=2,
)
bodies = st.one_of(
    entries.map(lambda listed: json.dumps(listed).encode()),
    st.sampled_from(
        [
            b'[{"shard":0,"shard":0,"checkpoint":"MQ==","updateTime":0,"consumer":""}]',
            b"[",
            b"\xef\xbb\xbf[]",
            b'[{"shard":0,"checkpoint":"MQ==","updateTime":0,"consumer":"\xff"}]',
            b'[{"shard":-0}]',
            b"{}",
        ]
    ),
)
answer_fields = st.lists(
    st.sampled_from(
        [
            ("Content-Type", "text/html"),
            ("Date", "never"),
            ("x-log-requestid", "ab"),
            ("Content-Length", "1"),
            ("Content-MD5", "0" * 32),
            ("x-log-compresstype", "gzip"),
            ("x-log-bodyrawsize", "7"),
            ("Server", "s"),
            ("Content-Encoding", "gzip"),
            ("Transfer-Encoding", "chunked"),
        ]
    ),
    max_size=2,
)


def asked(target="g?shard=0", fields=(), sent=AT, key=TEST_CREDENTIALS, scheme="v1"):
    return sign(Request("GET", URL.format(target), fields), key, at=sent, scheme=scheme)


def answered(body=GOOD, fields=(), dated=AT, status=200):
    usual = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Date", http_date(dated)),
        ("x-log-requestid", f"{int(AT.timestamp()):08X}0123456789ABCDEF"),
    ]
    named = {name.lower() for name, _ in fields}
    return Response(status, [*(pair for pair in usual if pair[0].lower() not in named), *fields], body)


def familiarise():
    """Have the shapes of good exchanges known."""
    for target in ("g", "g?shard=0"):
        for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS):
            for at in (AT, None):
                judge(Exchange(asked(target, key=key), answered()), at=at)


@given(
    USUAL_TARGETS | targets,
    st.just([]) | request_fields,
    st.just(timedelta()) | nudges,
    st.tuples(st.sampled_from([TEST_CREDENTIALS, TEST_STS_CREDENTIALS]), st.sampled_from(["v1", "v1-sha256", "v4"])),
    st.sampled_from([None, TEST_CREDENTIALS, ()]),
    st.sampled_from([AT, None]),
    st.booleans(),
)
def test_a_request_is_judged_alike_once_its_shape_is_known(target, fields, nudge, signer, credentials, at, spoilt):
    """Target, date, key, scheme, stray and spoilt fields: the second judgement is that of all checks."""
    familiarise()
    request = asked(target, fields, AT + nudge, *signer)
    if spoilt:
        request = request.replace(url=request.url.replace("my-logstore", "your-logstore"))
    for _ in range(2):
        thorough = judge(Exchange(request, None), credentials=credentials, at=at, without=THOROUGH)
        assert judge_request(request, credentials=credentials, at=at) == thorough


@given(
    USUAL_TARGETS | targets,
    st.just(GOOD) | bodies,
    st.just([]) | answer_fields,
    st.just(timedelta()) | nudges,
    st.sampled_from([200, 200, 200, 404, 500]),
    st.sampled_from([AT, None]),
)
def test_an_answer_is_judged_alike_once_its_shape_is_known(target, body, fields, nudge, status, at):
    """Entries, bytes, fields, dates and status: the second judgement is that of all checks."""
    familiarise()
    exchange = Exchange(asked(target), answered(body, fields, AT + nudge, status))
    for _ in range(2):
        thorough = judge(exchange, at=at, without=THOROUGH)
        assert judge(exchange, at=at) == thorough
        alone = judge_response(exchange, at=at, credentials=None)
        assert alone.findings == tuple(one for one in thorough.findings if one.code[3] == "2")
