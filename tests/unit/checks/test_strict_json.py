"""JSON read strictly: each fault is named once, and the value that was meant is still read."""

from __future__ import annotations

import json

import pytest

from sls_contract.checks.strict_json import DEEPEST, JsonText, read_json, read_thoroughly


@pytest.mark.parametrize("value", [[], {}, [{}], [{"a": 1}], [[1], [2]], {"a": {"b": [None, True, "x"]}}, "text", 7])
def test_a_correct_text_is_its_value(value):
    """Any JSON value is read as json.loads reads it, without a fault."""
    assert read_json(json.dumps(value).encode()) == JsonText(value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty body"),
        (b" \n", "an empty body"),
        (b"<!DOCTYPE html>", "HTML or XML"),
        (b"[1,]", "no JSON from character 3 on: expected a value"),
        (b"[] []", "no JSON from character 3 on: expected the end"),
        (b"{'a':1}", "character 1 on: expected a key in double quotes or }"),
        (b"[Infinity]", "Infinity is no JSON value"),
        (b'[{"a":-Infinity}]', "-Infinity is no JSON value"),
        (b"[01]", "character 2 on: expected a comma or ]"),
        (b'["\x01"]', "character 1 on: expected a complete string"),
        (b"[" * 100_000, "nested more than"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested more than"),
        (b"\x00", "character 0 on: expected a value"),
        (b"\xff\xfe\xff", "character 0 on: expected a value"),
    ],
)
def test_what_is_no_json_says_why(body, reason):
    """A body that is not one JSON text has a reason and no value."""
    text = read_json(body)
    assert reason in text.syntax
    assert text.value is None


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b'\xef\xbb\xbf[{"a":1}]', "a byte order mark at the beginning"),
        ('[{"a":1}]'.encode("utf-16"), "UTF-16 in place of UTF-8"),
        ('[{"a":1}]'.encode("utf-16-le"), "UTF-16-LE in place of UTF-8"),
        ('[{"a":1}]'.encode("utf-32"), "UTF-32 in place of UTF-8"),
    ],
)
def test_another_charset_is_named_and_read(body, charset):
    """The charset is at fault, the value is not."""
    assert read_json(body) == JsonText([{"a": 1}], charset=charset)


def test_a_byte_that_is_no_utf8_is_counted():
    """The reader says after how many bytes UTF-8 ends."""
    assert read_json('["é"]'.encode() + b" \xff").syntax == "no JSON from character 6 on: expected the end"
    assert (
        read_json('["é\udc80"]'.encode("utf-8", "surrogateescape")).charset == "a byte that is not UTF-8 after 4 bytes"
    )


def test_half_a_surrogate_pair_is_no_character():
    """An escape of half a pair is named, in keys as in values; a whole pair is a character."""
    assert read_json(rb'[{"\ud800":1}]').charset == "a \\u escape of half a surrogate pair"
    assert read_json(rb'["\ud83d\ude00"]') == JsonText(["😀"])


def test_keys_that_come_twice_are_named():
    """Every key that comes again is named, however deep; the last value counts, as in most parsers."""
    assert read_json(b'[{"a":1,"b":2,"a":3}]') == JsonText([{"a": 3, "b": 2}], repeated=("a",))
    assert read_json(b'{"x":{"k":1,"k":1,"k":2}}').repeated == ("k", "k")
    assert read_json(b'[{"a":"b","a":"c"},{"a":""}]').repeated == ("a",)


@pytest.mark.parametrize("number", ["1.0", "1e2", "-0", "-0.0", "1E400"])
def test_numbers_that_are_not_written_as_integers_are_floats(number):
    """A number with a fraction, an exponent or a lone minus is a float."""
    for text in (read_json(f'[{{"a":{number}}}]'.encode()), read_json(f'[{{"a": {number},"b":"\\n"}}]'.encode())):
        assert isinstance(text.value[0]["a"], float)


@pytest.mark.parametrize("digits", ["1" * 401, "-" + "9" * 100_000])
def test_an_integer_of_any_length_is_read(digits):
    """Integers that Python refuses to read become ones of the same sign beyond every bound."""
    text = read_json(f"[{digits}]".encode())
    assert abs(text.value[0]) == 10**400
    assert (text.value[0] < 0) == digits.startswith("-")


def test_the_quick_reader_agrees_on_its_own_ground():
    """On a body that needs no thorough reading both readers say the same."""
    body = b'[{"shard":0,"checkpoint":"","updateTime":0,"consumer":"a-0"}]'
    assert read_json(body) == read_thoroughly(body)
