"""``match_on``: the parts that vcrpy's users know by name, callables, and what is said of anything else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.matching import DEFAULT, Key, Matching, explain_miss
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.recording import Recording
from sls_contract.cassettes.recordings import Listed
from sls_contract.errors import UsageError
from sls_contract.signing import TEST_CREDENTIALS, sign

URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard=0"
BASE = Request("POST", URL, {"X-Tenant": "a"}, b"[0]")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("method", BASE.replace(method="PUT")),
        ("scheme", BASE.replace(url=URL.replace("https", "http"))),
        ("host", BASE.replace(url=URL.replace("hangzhou", "shanghai"))),
        ("port", BASE.replace(url=URL.replace(".com/", ".com:8443/"))),
        ("project", BASE.replace(url=URL.replace("my-project", "other"))),
        ("path", BASE.replace(url=URL.replace("/g?", "/h?"))),
        ("query", BASE.replace(url=URL.replace("shard=0", "shard=1"))),
        ("body", BASE.replace(body=b"[1]")),
        ("raw_body", BASE.replace(body=b"[ 0]")),
        ("headers", BASE.replace(headers={"X-Tenant": "b"})),
        ("uri", BASE.replace(url=URL.replace("shard=0", "shard=00"))),
    ],
)
def test_each_name_compares_its_part(name, other):
    """And no other part: what differs elsewhere matches all the same."""
    matching = Matching.on([name])
    assert matching.key(BASE) != matching.key(other)
    unlike = Request("GET", "http://p.x.example:99/y?z=1", {"Y": "z"}, b"other")
    for rest in {"method", "path", "query", "body", "headers"} - {name}:
        assert Matching.on(rest).key(BASE) != Matching.on(rest).key(unlike)
    assert Matching.on(name).key(BASE) == matching.key(BASE.replace())


def test_spellings_that_mean_the_same_match():
    """Default ports, casing of hosts, order of the query, percent-encoding of the path, casing of header names."""
    other = Request(
        "POST",
        "https://MY-project.cn-hangzhou.log.aliyuncs.com:443/logstores/%6C/consumergroups/g?shard=0",
        {"x-tenant": "a"},
        b"[0]",
    )
    matching = Matching.on(["method", "scheme", "host", "port", "path", "query", "body", "raw_body", "headers"])
    assert matching.key(BASE) == matching.key(other)


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_headers_match_however_often_a_request_is_signed(scheme):
    """Dates, signatures and what is counted from the body are made anew each time."""
    from datetime import UTC, datetime, timedelta

    at = datetime(2026, 11, 28, tzinfo=UTC)
    one, other = (
        sign(BASE, TEST_CREDENTIALS, scheme=scheme, region="cn-hangzhou", at=at + timedelta(hours=late))
        for late in (0, 1)
    )
    assert one != other
    assert Matching.on("headers").key(one) == Matching.on("headers").key(other)


def test_the_default_is_the_default():
    """None, and the same parts in any order, are the index that is always used."""
    assert Matching.on(None) is DEFAULT
    assert Matching.on(["body", "query", "project", "path", "method"]).key(BASE) == Key.of(BASE)


@pytest.mark.parametrize("wrong", ["boddy", [], ["method", "uri2"], 5, ["method", None], b"body"])
def test_what_cannot_be_matched_on_is_refused(wrong):
    """With every name that there is, and what came."""
    with pytest.raises(UsageError, match=r"match_on takes callables and the names method, .* uri, got"):
        Matching.on(wrong)


def recorded(*bodies):
    return Listed([Recording(Exchange(BASE.replace(body=body), Response(200, (), body))) for body in bodies])


def test_a_callable_is_asked_of_those_with_the_same_key_in_recorded_order(tmp_path):
    """True and None match; False, 0 and a failed assertion do not; each recording plays once."""

    def longer(live, kept):
        assert len(kept.body) >= len(live.body)
        return None if len(kept.body) == len(live.body) else len(kept.body) - 2

    matching = Matching.on(["method", "path", longer])
    player = Player(tmp_path / "x", "none", datetime.now(UTC), before=recorded(b"1", b"22", b"333"), matching=matching)
    found = [
        player.take(BASE.replace(body=body, url=URL.replace("shard=0", "q"))) for body in (b"--", b"--", b"-", b"--")
    ]
    assert [each and each[0] for each in found] == [1, 2, 0, None]
    assert player.played() == {0, 1, 2}


def test_a_callable_alone_and_with_repeat(tmp_path):
    """Every recording is asked; the last that fits is played for whatever comes after it."""
    matching = Matching.on(lambda live, kept: live.body[:1] == kept.body[:1])
    before = recorded(b"a1", b"b1", b"a2")
    player = Player(tmp_path / "x", "none", datetime.now(UTC), repeat=True, before=before, matching=matching)
    assert [player.take(BASE.replace(body=each))[0] for each in (b"a", b"a", b"a", b"b", b"b")] == [0, 2, 2, 1, 1]


def test_a_miss_speaks_of_what_is_matched(tmp_path):
    """The named parts only, headers of a file as well; and that a matcher said no, where all of them are equal."""
    other = BASE.replace(url=URL.replace("my-project", "other"))
    miss = explain_miss(other, [BASE], frozenset(), "x", matching=Matching.on(["host", "path"]))
    assert [line.strip().partition(":")[0] for line in miss.details[1:]] == ["host"]
    no = explain_miss(BASE, [BASE], frozenset(), "x", matching=Matching.on(["path", lambda *_: False]))
    assert no.details[-1].strip() == "a match_on matcher returned False"
    one, two = (Request("GET", URL, {"Host": other.host, "X-Tenant": tenant}) for tenant in "ab")
    write(tmp_path / "x", [Recording(Exchange(one, Response(200, {"Server": "x"})))])
    player = Player(tmp_path / "x", "none", datetime.now(UTC), matching=Matching.on("headers"))
    assert "'a'" in player.explain_miss(two).details[1].partition(" here, ")[2]
    secret = BASE.replace(url=URL + "&security-token=abc")
    assert "abc" not in str(explain_miss(secret, [BASE], frozenset(), "x", matching=Matching.on("uri")))
