"""Limits and defaults that a page's words state, and what becomes of them."""

import json
from urllib.parse import quote

import pytest

from sls_contract.checks import judge_request
from sls_contract.exchange import Request
from sls_contract.spec.export.values import schema_of, text_schema_of
from sls_contract.spec.merge import Source, merge
from sls_contract.spec.merge.layers import Layers
from sls_contract.spec.pages import derive, prose
from sls_contract.spec.registry import contracts_in


@pytest.mark.parametrize(
    ("words", "limits", "default"),
    [
        ("最大500", (None, 500), ""),
        ("最大 500。", (None, 500), ""),
        ("最大500行", (None, None), ""),
        ("最大1,000", (None, 1000), ""),
        ("64-16384, default 2048", (64, 16384), "2048"),
        ("1-100 MB", (None, None), ""),
        ("2020-12-01", (None, None), ""),
        ("20 lines, default 2.5", (None, None), ""),
        ("By default 100 lines.", (None, None), ""),
        ("每頁行數。預設值為 500,最大值為 1,000。", (None, 1000), "500"),
        ("取值範圍為1~200,默認值為 20。", (1, 200), "20"),
    ],
)
def test_short_cells_state_limits_and_defaults(words, limits, default):
    """A number with a unit, and a part of a date or of a longer number, is none."""
    assert (prose.limits(words, "integer"), prose.default(words, "integer")) == (limits, default)


@pytest.mark.parametrize(
    ("words", "kind", "limits"),
    [
        ("取值范围为1~3650。如果配置为3650，表示永久保存。", "integer", (1, 3650)),
        ("日志条数，取值范围为(0,100]。", "integer", (1, 100)),
        ("取值范围：1～64", "integer", (1, 64)),
        ("Unit: days. Valid values: 1 to 3650.", "integer", (1, 3650)),
        ("The value must be an integer from 1 to 256.", "integer", (1, 256)),
        ("The value range is 0–100 and the default value is 100.", "integer", (0, 100)),
        ("默认值为100，最大值为500。", "integer", (None, 500)),
        ("每页返回最大条目，默认 500（最大值）", "integer", (None, 500)),
        ("Default value: 100. Maximum value: 500.", "integer", (None, 500)),
        ("最小值为 0，最大值为 100，默认值为 100。", "integer", (0, 100)),
        ("长度为 3~63 个字符。", "string", (3, 63)),
        ("The name must be 2 to 64 characters in length.", "string", (2, 64)),
        ("不超过 64 个字符", "string", (None, 64)),
        ("Minimum value: 7. Valid values: 30 to 3000.", "integer", (None, 3000)),
        ("Valid values: 0, 1, and 2.", "integer", (None, None)),
        ("表示从1970-1-1 00:00:00 UTC计算起的秒数。", "integer", (None, None)),
        ("In this example, logs from 2022-03-01 to 2022-03-02.", "integer", (None, None)),
        ("Valid values: 1 to 64.", "string", (None, None)),
        ("The retention in days, with the value range of 1-3600.", "integer", (1, 3600)),
        ("The number of shards, which is in the range of 1 to 64.", "integer", (1, 64)),
        ("Default: 100. Max: 500", "integer", (None, 500)),
        ("How many; the default value is 500 (maximum).", "integer", (None, 500)),
        ("返回的数目，范围为 0~1000。", "integer", (0, 1000)),
        ("保存时间，单位为天，范围1~3600。", "integer", (1, 3600)),
        ("时间范围1~5天。", "integer", (None, None)),
        ("从范围内选1到5个。", "integer", (None, None)),
        ("最大值为 10 MB，最小值：1万", "integer", (None, None)),
        ("Valid values: 1 to 100 MB.", "integer", (None, None)),
        ("取值范围：1~3,000", "integer", (1, 3000)),
        ("Valid values: [1,100]. The maximum value is 100.", "integer", (1, 100)),
        ("The maximum value is 1,000,000.", "integer", (None, 1000000)),
        ("最大值：1024 * 1024", "integer", (None, None)),
        (f"最大值为 1{',000' * 5000}", "integer", (None, None)),
    ],
)
def test_limits_are_read_where_words_state_them_plainly(words, kind, limits):
    """Of numbers the lowest and highest, of texts how many characters; what is said in two ways is not taken."""
    assert prose.limits(words, kind) == limits


@pytest.mark.parametrize(
    ("words", "kind", "default"),
    [
        ("查询开始行，默认值为0。", "integer", "0"),
        ("默认 500（最大值）", "integer", "500"),
        ("默认为 false。", "boolean", "false"),
        ("Default value: XML.", "string", "XML"),
        ("The default value is utf8.", "string", "utf8"),
        ("The group type, which is empty by default.", "string", ""),
        ("The default value is the name of the project.", "string", ""),
        ("是否开启增强 sql，默认关闭。", "boolean", ""),
        ("Default value: 5. In other regions, default value: 7.", "integer", ""),
        ("The type. Default value: null.", "string", ""),
        ("default 1, 2 or 3", "integer", ""),
        ("Default: 1, 2 or 3.", "integer", ""),
        ("默认为1或2。", "integer", ""),
        ("默认值：1、2", "integer", ""),
        ("默认 true/false", "boolean", ""),
        ("Default: asc, desc, or none.", "string", ""),
        ("Default value: asc, which is the order of their names.", "string", "asc"),
        ("The default value is 100 and the maximum value is 500.", "integer", "100"),
        ("默认值为 100，最大 500", "integer", "100"),
        ("Default value: 1,000.", "integer", "1000"),
        ("Default value: 10 MB.", "integer", ""),
        ("Default value: 2.5, in meters.", "number", "2.5"),
        ("默认值：-1", "integer", "-1"),
    ],
)
def test_a_default_is_read_where_it_is_a_value(words, kind, default):
    """A word that is no value of the type, or one of two, is none."""
    assert prose.default(words, kind) == default


@pytest.mark.parametrize(
    ("words", "fixed"),
    [
        ("The type. Set the value to cursor.", "cursor"),
        ("Must be set to asc, in lower case.", "asc"),
        ("This parameter must be log in the GetLogs operation.", "log"),
        ('Must be "asc".', "asc"),
        ('Must be "asc" or "desc".', None),
        ("固定取值为asc。", "asc"),
        ("必须为 asc", "asc"),
        ("Must be asc, desc or mixed.", None),
        ("Set the value to asc or desc.", None),
        ("Set the value to asc if size is given, and desc otherwise.", None),
        ("Valid value: asc, desc", None),
        ("必须为asc或desc。", None),
        ("固定为asc、desc中的一个。", None),
        ("Must be unique.", None),
        ("The name must be unique in the project.", None),
        ("Must be URL-encoded.", None),
        ("必须为UTF-8编码。", None),
        ("必须为 JSON。", None),
    ],
)
def test_a_value_is_fixed_where_it_is_the_only_one(words, fixed):
    """One of several, one for some requests, and a word for what values are like, is none."""
    assert prose.fixed_value(words) == fixed


PAGE = """# ListSheep

## Request syntax

```
GET /farms/farmName/sheep?size=size&mark=mark HTTP/1.1
Host: ProjectName.Endpoint
```

## Request parameters

|Parameter|Type|Required|Description|
|---------|----|--------|-----------|
|farmName|String|Yes|The farm.|
|size|Integer|No|How many. Valid values: 1 to 500. Default value: 100.|
|mark|String|No|On the back, 2 to 4 characters.|
"""


def test_limits_and_defaults_are_claimed():
    """They stand by the place of what they limit."""
    assert derive(PAGE).as_plain()["limits"] == {
        "query size": {"minimum": 1, "maximum": 500, "default": "100"},
        "query mark": {"minimum": 2, "maximum": 4},
    }


@pytest.mark.parametrize(
    "listed",
    [
        "- `size` (integer, optional): How many.\n\n  Default: 5\n\n  Maximum: 9\n",
        "- `size` (integer, optional): How many.\n  - Default value: 5\n  - Maximum: 9\n",
        "### size\n\n- Type: integer\n- Required: No\n- 默认值：5\n- 最大值：9\n",
        "|Parameter|Type|Default|Maximum|\n|---|---|---|---|\n|size|Integer|5|9|\n|mark|String|None|-|\n",
    ],
)
def test_limits_have_a_line_or_a_column_of_their_own(listed):
    """An empty cell and the word None state none."""
    page = derive(PAGE[: PAGE.index("|Parameter")] + listed).as_plain()
    assert (page["query"]["size"]["type"], page["limits"]) == (
        "integer",
        {"query size": {"maximum": 9, "default": "5"}},
    )


@pytest.fixture(scope="module")
def contract():
    """Return the contract that the page gives."""
    page = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (made,) = merge(Layers(((page, derive(PAGE)),))).contracts
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("size=1&mark=abcd", []),
        ("size=500", []),
        ("size=501", [("warning", "from 1 to 500")]),
        ("size=0", [("warning", "from 1 to 500")]),
        ("size=many", [("violation", "an integer in decimal digits")]),
        ("mark=a", [("warning", "from 2 to 4 characters")]),
        ("mark=绵羊", []),
    ],
)
def test_beyond_the_limits_of_a_page_is_a_warning(contract, query, found, tmp_path):
    """A page's limits are often older than the service; another type stays a violation, and the limits fit."""
    (tmp_path / "ListSheep.json").write_text(json.dumps(contract.as_plain()), encoding="utf-8")
    request = Request("GET", f"https://my.cn-hangzhou.log.aliyuncs.com/farms/red/sheep?{quote(query, '=&')}", {}, b"")
    with contracts_in(tmp_path):
        told = judge_request(request).findings
    assert [(each.level, each.expected) for each in told if each.where.startswith("query ")] == found


def test_limits_are_exported(contract):
    """As what is not enforced, since a breach is a warning; the default as JSON Schema has it."""
    size, mark = contract.query["size"], contract.query["mark"]
    assert schema_of(size)["default"] == 100
    assert schema_of(size)["x-sls-not-enforced"] == {"level": "warning", "minimum": 1, "maximum": 500}
    assert text_schema_of(mark)["x-sls-not-enforced"] == {"level": "warning", "minLength": 2, "maxLength": 4}
