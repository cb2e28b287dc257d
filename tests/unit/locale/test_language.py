"""Which language is chosen, and what a text of several parts becomes in it."""

import io
from datetime import date

import pytest

from sls_contract.locale import for_programs, is_chinese, language_of, translated, translating
from sls_contract.reports.markdown import markdown
from sls_contract.reports.page import page
from sls_contract.reports.text import table, width, wrapped

CHINESE = {"SLS_CONTRACT_LANG": "zh_CN"}
DRIFT = "cassettes/读取.yaml: SLS204 update-time-unit (violation)"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"SLS_CONTRACT_LANG": "zh_CN"}, True),
        ({"SLS_CONTRACT_LANG": "zh"}, True),
        ({"SLS_CONTRACT_LANG": "zh-CN"}, True),
        ({"SLS_CONTRACT_LANG": "en", "LANG": "zh_CN.UTF-8"}, False),
        ({"SLS_CONTRACT_LANG": "zh_CN", "LC_ALL": "C"}, True),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.GB18030"}, True),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, True),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh_CN"}, False),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, False),
        ({"LANG": "zh_TW.UTF-8"}, False),
        ({"LANG": "zh_Hans_CN.UTF-8"}, True),
        ({"LANG": ""}, False),
    ],
)
def test_the_environment_chooses_the_language(environ, expected):
    """SLS_CONTRACT_LANG wins; else the locale counts as gettext reads it."""
    assert is_chinese(environ) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the file is empty", "文件为空"),
        ("  the file is empty\n", "  文件为空\n"),
        ("expected UTF-8, got a.md, in which byte 7 is not UTF-8", "期望 UTF-8，实际 a.md 的字节 7 不是"),
        (DRIFT, "cassettes/读取.yaml: SLS204 update-time-unit（违规）"),
        ("x.yaml: the file is cut off", "x.yaml: 文件被截断"),
        ("3 exchanges", "3 次交互"),
        ("  How to fix: save it as UTF-8.", "  修复方法：保存为 UTF-8。"),
        ("  expected: true or false", "  期望：true 或 false"),
        ("  actual:   nothing", "  实际：没有"),
        ("3 exchanges, 2 scenarios: no violation, 0 warnings", "3 次交互，2 个场景：没有违规，0 处警告"),
        (
            "  also in: exchange 4, exchange 5 at /1/shard, a exchange 4 at /1/shard and 9 more",
            "  另见：第 4 次交互，第 5 次交互的 /1/shard，a 第 4 次交互的 /1/shard 及另外 9 个",
        ),
        ("  error-empty-500  500 without a body", "  error-empty-500  500，没有响应体"),
        (
            (
                "use a client that can be recorded (httpx); if the test is meant to send no request, remove its "
                "marker, or write a(b)"
            ),
            "使用可以录制的客户端（httpx）；如果测试本来就不发送请求，去掉其标记，或写 a(b)",
        ),
        ("a.yaml: exchanges 1, 2, 3 and 4 more", "a.yaml: 第 1, 2, 3 次及另外 4 次交互"),
        ("1 benign; 2 validated again, 1 not written", "1 个无害；2 个已重新验证，1 个未写入"),
        (
            "sls-contract: verified 3 cassettes: 1 benign, 1 unmatched, 1 none; 3 not written",
            "sls-contract：已验证 3 个录制文件：1 个无害，1 个未配对，1 个无变化；3 个未写入",
        ),
        (
            "sls-contract: verified 1 cassette: 1 breaking (allowed); 1 replaced by the proposal",
            "sls-contract：已验证 1 个录制文件：1 个破坏性（已允许）；1 个已由新录制替换",
        ),
        (
            (
                "  proposal a.yaml.proposed: sls-contract diff a.yaml a.yaml.proposed; to accept it: fix or allow "
                "(@pytest.mark.sls_allow) the findings of its tests, then run this again with --sls-accept=benign"
            ),
            (
                "  新录制 a.yaml.proposed：sls-contract diff a.yaml a.yaml.proposed；要接受：先修复或允许"
                "（@pytest.mark.sls_allow）其测试的问题，然后再次运行并加上 --sls-accept=benign"
            ),
        ),
        (
            "1 warning SLS610 recording-unplayed (--sls-strict); 2 requests blocked between tests (--sls-strict)",
            "1 处警告 SLS610 recording-unplayed（--sls-strict）；测试之间拦截了 2 个请求（--sls-strict）",
        ),
        ("  p.log.aliyuncs.com in between tests: 1 time", "  测试之间，发往 p.log.aliyuncs.com：1 次"),
        ("breaking (allowed) (2)", "破坏性（已允许）：2 处"),
        (
            "  exchange 0: SLS205 update-time-type at /0/updateTime",
            "  第 0 次交互：SLS205 update-time-type，位置 /0/updateTime",
        ),
        (
            'SLS205 update-time-type (violation) at /0/updateTime of GetCheckPoint: "17" (in full: t.py::test_a)',
            'SLS205 update-time-type（违规），位置 /0/updateTime（GetCheckPoint）："17"（完整内容见 t.py::test_a）',
        ),
        ("  the client signed:", "  客户端签名的内容："),
        ("  actual:   an empty line (The DATE line was left empty.)", "  实际：空行（DATE 行为空。）"),
        (
            "3 characters (The digest is not that of the request, and no known mistake explains it.)",
            "3 个字符（摘要不是该请求的，也没有已知的错误能解释它。）",
        ),
        ("1 exchange checked (evidence: none), 1 finding", "检验 1 次交互（证据：无），1 个问题"),
        ("a text that is not ours (nor is this, ever)", "a text that is not ours (nor is this, ever)"),
        ("  in shard-given (v1) at standard output", "  位于 shard-given (v1)，位置 标准输出"),
        ("4 exchanges, 4 runs judged: 8 violations, 0 warnings", "4 次交互，校验 4 次运行：8 处违规，0 处警告"),
        ("failed: documented successes 4, faults 2", "失败：文档所述的成功 4，故障 2"),
        ("failed: missing 3, GetCursor 1 and 6 more areas", "失败：missing 3, GetCursor 1 及另外 6 类"),
        (
            "not recorded: requests of 4 programs that tests started (a, b and 2 more), first in t.py::a",
            "未录制：测试启动的 4 个程序（a, b 及另外 2 个）的请求，首次在 t.py::a",
        ),
        ('a failure: the response was 401 with \'{"a": "b c"}\'', '失败：响应为 401，带 \'{"a": "b c"}\''),
        (
            "expected a URL, or a suite in a.lock. How to fix: name the URL of ini sls_cassette_dir.",
            "期望 URL，或 a.lock 中的套件。修复方法：指定 ini 设置 sls_cassette_dir 中的 URL。",
        ),
        (
            "  expected: within 15 minutes of Mon, 30 Nov 2026 05:09:02 GMT, the request's own time",
            "  期望：与 Mon, 30 Nov 2026 05:09:02 GMT 相差 15 分钟以内，请求自身的时间",
        ),
        (
            "  expected: within 15 minutes of Mon, 30 Nov 2026 05:09:02 GMT",
            "  期望：与 Mon, 30 Nov 2026 05:09:02 GMT 相差 15 分钟以内",
        ),
        (
            "SLS103 query-shard-key (violation) at query shardId of GetCheckPoint",
            "SLS103 query-shard-key（违规），位置 查询参数 shardId（GetCheckPoint）",
        ),
        ("  expected: no signature", "  期望：没有签名"),
        ("1547470682, which makes sense in seconds only", "1547470682，按秒解释才合理"),
        (
            "sls-contract serve: error: argument --port: must be a number from 0 to 65535, got '99999'",
            "sls-contract serve: error: 参数 --port：必须是 0 到 65535 的数字，实际为 '99999'",
        ),
    ],
)
def test_a_text_is_shown_in_chinese(text, expected):
    """A text, a text with values, and one that is put together of several."""
    with language_of(CHINESE):
        assert translated(text) == expected
    assert translated(text) == text


@pytest.mark.parametrize(
    "data",
    [
        '{"level": "passed"}',
        "['the file is empty']",
        '"the file is empty"',
        "passed",
        "http://a/b",
        "没有",
        "",
        "< a: the file is empty",
        "| the file is empty",
        "body: object: displayName, description, schedule",
        'x "a; the file is empty"',
    ],
)
def test_data_stays_as_it_is(data):
    """What a client or the service sent is no text of ours, even where it reads like one."""
    with language_of(CHINESE):
        assert translated(data) == data


def test_a_stream_for_people_is_translated_and_the_same_one_for_programs_is_not():
    """What stands in JSON stays English; in English the stream is used as it is."""
    stream = io.StringIO()
    assert translating(stream) is stream
    with language_of(CHINESE):
        shown = translating(stream)
        print("the file is empty", file=shown)
        print("the file is empty", file=for_programs(shown))
        assert for_programs(stream) is stream
    assert stream.getvalue() == "文件为空\nthe file is empty\n"


def test_columns_of_a_table_stay_in_line():
    """A Chinese character takes two cells of a terminal; headings are translated before they are measured."""
    with language_of(CHINESE):
        lines = [*table(("area", "operation"), [("passed", "a"), ("x", "b")])]
    assert lines[0] == "类别  接口"
    assert lines[2].startswith("通过  a")
    assert lines[3].startswith("x     b")


def test_chinese_is_wrapped_at_the_width_of_the_terminal():
    """A line is no wider than asked, ends between any two characters, and no mark that closes begins one."""
    text = "把服务端置于文档所述的各种状态，像客户端一样调用它（verify），判定每个应答。"
    lines = wrapped(text, 20, "- ", "  ")
    assert all(width(line) <= 22 for line in lines)
    assert "".join(line[2:] for line in lines) == text
    assert not [line for line in lines if line[2] in "，。）"]


def test_a_report_in_markdown_is_translated(finished_report):
    """Headings, cells, places and texts; codes and what was sent stay."""
    english = markdown(finished_report)
    with language_of(CHINESE):
        chinese = markdown(finished_report)
    assert "| 交互 | 违规 | 警告 | 未规定 | 已检验条款 | 证据 |" in chinese
    assert "SLS204" in chinese
    assert "updateTime 以微秒计" in chinese
    assert "`cassettes/reads.sls.yaml:7 第 3 次交互的 /0/updateTime`" in chinese
    with language_of(CHINESE):
        assert "<code>cassettes/reads.sls.yaml:7 第 3 次交互的 /0/updateTime</code>" in page(
            finished_report, date(2026, 11, 30)
        )
    assert english == markdown(finished_report)


@pytest.fixture
def finished_report():
    from sls_contract.reports import Report, Target, as_document
    from sls_contract.spec import CLAUSES

    report = Report("check", Target("", None))
    report.add(
        [CLAUSES["SLS204"].finding("/0/updateTime", "microseconds since 1970 UTC, or 0", "1524224984", "x")],
        cassette="cassettes/reads.sls.yaml",
        line=7,
        exchange=3,
    )
    return as_document(report, "0.1.0")
