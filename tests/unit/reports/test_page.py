"""The page: all is on it, what a finding is about is marked, and nothing that a server sent gets out of its place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.checks.contract_map import ContractMap
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.locale.catalogue import chinese
from sls_contract.reports import Report, Target, as_document
from sls_contract.reports.examples import first_example
from sls_contract.reports.page import page
from sls_contract.reports.page.body import marked_body
from sls_contract.reports.page.chart import AREAS
from sls_contract.spec import CLAUSES

TODAY = date(2026, 11, 28)
TIME, NAME = CLAUSES["SLS204"], CLAUSES["SLS103"]
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Tags(HTMLParser):
    """Reads a page as a browser does; ``text`` holds what is read, ``marks`` what is highlighted."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text, self.marks, self.attributes = [], [], "", [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "mark":
            self.marks.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.text += " "

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data
        if "mark" in self.open:
            self.marks[-1] += data


def exchange(body="[]", url="http://p.cn-hangzhou.log.aliyuncs.com/logstores/日志/consumergroups/g?shardId=0"):
    return Exchange(Request("GET", url), Response(200, {"x-log-requestid": "1"}, body.encode("utf-8", "surrogatepass")))


def document(clause=TIME, where="/0/updateTime", text="in seconds", shown=None, **more):
    report = Report("check", Target(None, "reference"), seed=7, exchanges=1, clauses_total=len(CLAUSES))
    finding = clause.finding(where, text, text, text)
    report.add([finding], cassette=text, exchange=0, line=4)
    first_example(report.examples, finding, shown or exchange())
    report.repeat = ["sls-contract check cassettes"]
    return as_document(report, "1.0") | more


def test_it_says_what_was_found_where_and_how_to_repeat_it():
    body = '[{"shard":0,"updateTime":1524224984,"consumer":"消费者"}]'
    read = Tags(page(document(shown=exchange(body)), TODAY))
    for text in ("1 clause violated", "SLS204", TIME.title, "How to fix", "in seconds:4 exchange 0 at /0/updateTime"):
        assert text in read.text
    assert "消费者" in read.text
    assert "sls-contract check cassettes" in read.text
    assert "Seed: 7" in read.text
    assert read.marks == ["1524224984"]


def test_the_value_that_is_shown_is_that_of_the_exchange_below():
    """Also if the first finding belongs to no scenario and a later one does."""
    report = Report("verify", Target(None, "reference"), exchanges=2, clauses_total=len(CLAUSES))
    for text, where in (("17", {"exchange": 2}), ("18", {"exchange": 3, "scenario": "group-fresh"})):
        finding = TIME.finding("/0/updateTime", "microseconds", text, "multiply.")
        report.add([finding], **where)
        first_example(report.examples, finding, exchange(f'[{{"updateTime":{text}}}]'))
    read = Tags(page(as_document(report, "1.0"), TODAY))
    assert read.marks == ["17"]
    assert re.search(r"Actual\s+17\s", read.text)


@pytest.mark.parametrize("heading", AREAS.values())
def test_headings_of_the_map_are_translated(heading):
    """They are single words in a table of the code, which no sentence contains."""
    assert chinese().translated(heading, alone=True) != heading


def test_a_body_that_the_recording_lacks_is_not_empty():
    """A reader of the page, or of the JSON, can tell it from a request that had no body."""
    request = Request("POST", "http://p.cn-hangzhou.log.aliyuncs.com/")
    for sent, body in ((request.replace(wire=False), None), (request, "")):
        made = document(shown=Exchange(sent, exchange().response))
        assert made["examples"][0]["request"]["body"] == body
        assert ("The recording lacks the body." in Tags(page(made, TODAY)).text) is (body is None)


def test_what_a_request_did_wrong_is_marked_in_the_request():
    read = Tags(page(document(NAME, "query shardId"), TODAY))
    assert [mark.startswith("GET http://p.cn-hangzhou") for mark in read.marks] == [True]


def test_both_sides_of_a_change_are_marked():
    sides = [exchange(f'[{{"updateTime":{value}}}]') for value in (1, 2)]
    from sls_contract.reports.examples import plain_exchange

    change = {"code": "SLS204", "slug": "update-time-unit", "exchange": 0, "where": "/0/updateTime"}
    drift = change | {"class": "breaking", "old": "1", "new": "2", "cassette": None}
    example = change | {"kind": "breaking", "old": plain_exchange(sides[0]), "new": plain_exchange(sides[1])}
    made = as_document(Report("diff", exchanges=1), "1.0")
    read = Tags(page(made | {"changes": [drift], "examples": [example], "verdict": "breaking"}, TODAY))
    assert "1 breaking change" in read.text
    assert read.marks == ["1", "2"]


def test_every_link_of_a_page_leads_to_a_part_of_it():
    """Also the first one, for readers of the keyboard: a page of changes has no findings to skip to."""
    change = {"code": "SLS204", "slug": TIME.slug, "exchange": 0, "where": "/0/updateTime", "cassette": "a"}
    changes = [change | {"class": "breaking", "old": "1", "new": "2"}]
    for made in (page(document(), TODAY), page(document(changes=changes, verdict="breaking"), TODAY)):
        linked, parts = (set(re.findall(pattern, made)) for pattern in (r'href="#([^"]+)"', r' id="([^"]+)"'))
        assert "main" in linked
        assert linked <= parts


def test_a_change_that_is_a_finding_is_told_once():
    """With how to fix it, and the line; what else was found stands apart."""
    change = {"code": "SLS204", "slug": TIME.slug, "exchange": 0, "where": "/0/updateTime", "cassette": "a"}
    drift = change | {"class": "breaking", "old": "1", "new": "2"}
    read = Tags(page(document(text="in words", changes=[drift], verdict="breaking"), TODAY))
    assert [read.text.count(text) for text in ("How to fix", "in words:4 exchange 0", TIME.title)] == [1, 1, 1]
    assert "Findings" not in read.text
    other = Tags(page(document(NAME, "query shardId", changes=[drift], verdict="breaking"), TODAY))
    assert ("Findings" in other.text, NAME.title in other.text) == (True, True)


def test_the_map_shows_the_best_evidence_and_its_age_and_what_was_not_judged():
    report = Report("check", Target(None, "live"), exchanges=2)
    for evidence, day in (("reference", 27), ("live", 1), ("live", 18)):
        report.map.add("GetCheckPoint", frozenset({"SLS204"}), evidence, datetime(2026, 11, day, tzinfo=UTC))
    error = Response(404, {}, b'{"errorCode":"ConsumerGroupNotExist","errorMessage":"no"}')
    report.map.add("GetCheckPoint", frozenset(), "document", None, error)
    text = " ".join(Tags(page(as_document(report, "1.0"), TODAY)).text.split())
    assert f"SLS204 {TIME.title} live, 10 days old" in text
    assert "SLS203 shard is an integer from 0 to 2147483647 not judged" in text
    assert "ConsumerGroupNotExist doc" in text
    assert "LogStoreNotExist not seen" in text


def test_ages_of_recordings_are_bars_and_a_table():
    ledger = [
        {"cassette": "a.sls.yaml", "age_days": 3, "exchanges": 5},
        {"cassette": "b.sls.yaml", "age_days": None, "exchanges": 2},
    ]
    read = Tags(page(document(ledger=ledger), TODAY))
    assert read.tags.count("rect") == 7
    assert "a.sls.yaml" in read.text.partition("Ages of recordings")[2]
    assert "Ages of recordings" not in Tags(page(document(), TODAY)).text


HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</pre></details></main>",
        "</style><img src=x onerror=alert(1)>",
        "{{ 7 * 7 }}{% raw %}",
        '" onmouseover="alert(1)',
        "<!--",
        "\x00\ud800",
        "&lt;b&gt;",
        "日志\u202e",
    ]
)


@cache
def plain_tags(where):
    """Return the tags of the same page with texts that are harmless."""
    plain = page(document(TIME, where, "x", exchange("x"), leftovers=["x"], facts=[{"fact": "x"}]), TODAY)
    return [tag for tag in Tags(plain).tags if tag != "mark"]


@pytest.mark.slow
@given(HOSTILE, HOSTILE, st.sampled_from(["/0/a", "body", "header X", "query a", "status", "", "/"]))
def test_no_text_gets_out_of_its_place(text, body, where):
    """Whatever a server sends, the page has the same elements, loads nothing, and runs nothing."""
    shown = exchange(body, "http://h/" + "".join(char for char in text if "!" <= char <= "~"))
    made = document(TIME, where, text, shown, leftovers=[text], facts=[{"fact": text}])
    read = Tags(page(made, TODAY))
    assert [tag for tag in read.tags if tag != "mark"] == plain_tags(where)
    assert not any(name.startswith("on") or name in {"src", "srcdoc", "formaction"} for name, _ in read.attributes)
    assert all(value.startswith("#") for name, value in read.attributes if name == "href")


@pytest.mark.parametrize(
    ("body", "where", "marked"),
    [
        ('{"a":[1,{"b":2.50}]}', "/a/1/b", "2.50"),
        ('{"a/b":{"~":true}}', "/a~1b/~0", "true"),
        ('{"a":{"b":1}}', "/a/gone", '{\n    "b": 1\n  }'),
        ("not JSON", "/a", None),
        ("not JSON", "body", "not JSON"),
        ('{"a":1}', "status", None),
        ("[" * 200 + "]" * 200, "/0", None),
    ],
)
def test_the_value_of_a_pointer_is_marked(body, where, marked):
    """Numbers stay as they were spelled; a missing member marks what should hold it."""
    found = [each.text for each in marked_body(body, where) if each.marked]
    assert found == ([] if marked is None else [marked])


def test_what_stands_far_from_the_marked_value_is_left_out():
    text = "".join(each.text for each in marked_body(str([*range(1000)]), "/500"))
    assert "500" in text
    assert "lines …" in text
    assert len(text.split("\n")) < 50


def test_a_map_is_the_same_after_a_trip_through_another_process():
    first, second = ContractMap(), ContractMap()
    first.add("GetCheckPoint", frozenset({"SLS204"}), "live", datetime(2026, 11, 1, tzinfo=UTC))
    second.merge(first.as_plain())
    assert [*first.rows()] == [*second.rows()]


def test_of_each_kind_of_change_the_first_is_kept_across_workers():
    from sls_contract.plugin.totals import Totals

    change = {"code": None, "slug": "new-key", "kind": "additive", "where": "/0/lag"}
    totals = Totals(examples=[change])
    totals.merge(Totals(examples=[change | {"where": "/1/lag"}, change | {"slug": "gone-key"}]).as_plain())
    assert [(each["slug"], each["where"]) for each in totals.examples] == [
        ("new-key", "/0/lag"),
        ("gone-key", "/0/lag"),
    ]


def test_a_group_shows_an_exchange_of_its_own_operation():
    """One clause, broken by two operations: each group has the first exchange of its operation, in any order."""
    report = Report("check", Target(None, "reference"), exchanges=2)
    for operation in ("GetCheckPoint", "HeartBeat"):
        found = replace(TIME.finding("/0/updateTime", "a", "b", "c"), operation=operation)
        report.add([found], exchange=0)
        first_example(report.examples, found, exchange(f'["{operation} came"]'))
    text = page(as_document(report, "1.0"), TODAY)
    shown = [part.partition("</details>")[0] for part in text.split('<details class="finding ')[1:]]
    assert len(shown) == 2
    assert ["GetCheckPoint came" in each for each in shown] == [True, False]
    assert ["HeartBeat came" in each for each in shown] == [False, True]
