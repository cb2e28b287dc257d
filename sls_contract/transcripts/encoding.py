"""Decode pasted text: UTF-8, UTF-16 or GBK, with or without a byte order mark; other bytes are kept."""

from __future__ import annotations

import codecs

from sls_contract.exchange import wire_text

_BOM = "\ufeff"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_EMPTY_LINES = (b"\r\n\r\n", b"\n\n")


def text_of(data: bytes) -> str:
    """Return the text; bytes that are neither UTF-16 nor have a head in GBK are decoded as those of a message."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if len(data) > 1 and data[1:20:2].count(0) == len(data[1:20:2]):
        return data.decode("utf-16-le", "replace")
    if len(data) > 1 and data[:20:2].count(0) == len(data[:20:2]):
        return data.decode("utf-16-be", "replace")
    return (_gbk(data) or wire_text(data)).removeprefix(_BOM)


def _gbk(data: bytes) -> str | None:
    """Decode text whose head is GBK, not UTF-8; the body may be any bytes, and is decoded as those of a message."""
    ends = [at for line in _EMPTY_LINES if (at := data.find(line)) >= 0]
    head, body = data[: min(ends, default=len(data))], data[min(ends, default=len(data)) :]
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return head.decode("gb18030") + wire_text(body)
        except UnicodeDecodeError:
            return None
    return None
