"""Logs as PutLogs sends and PullLogs answers them: protobuf messages.

Source: ``log_logs.proto`` of the official SDKs, for the numbers of the fields. It shares no code with the reference
endpoint, so that each can find the other's mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sls_contract.checks.protobuf import BYTES, VARINT, Field, encode_field

if TYPE_CHECKING:
    from datetime import datetime

CODINGS = ("lz4", "zstd", "deflate")
"""What a body may be compressed with, as ``x-log-compresstype`` and Accept-Encoding name it."""

LOG_GROUP, LOG_GROUP_LIST = "LogGroup", "LogGroupList"

_LOGS, _TOPIC, _SOURCE, _TAGS = 1, 3, 4, 6
_MOST = 3
_KEYS = ("a", "level", "__topic__", "数据", "é\U0001f600", 'a "b"', "%+/", "k" * 99)
_TEXTS = st.sampled_from(("", *_KEYS, "\n", "0", "{}", "v" * 999))  # each costs one choice: logs hold many
_PAIRS = st.tuples(st.sampled_from(_KEYS), _TEXTS)


@st.composite
def log_groups(draw: st.DrawFn, at: datetime) -> bytes:
    """Return encoded ``LogGroup`` messages of one to three logs, each at most a minute old."""
    count = draw(st.integers(1, _MOST))
    group = b"".join(_message(_LOGS, draw(_logs(at))) for _ in range(count))
    for number in (_TOPIC, _SOURCE):
        if draw(st.booleans()):
            group += _message(number, draw(_TEXTS).encode())
    return group + b"".join(_message(_TAGS, _pair(*each)) for each in draw(st.lists(_PAIRS, max_size=2)))


def log_group_lists(at: datetime) -> st.SearchStrategy[list[bytes]]:
    """Return lists of encoded log groups, also empty ones; `encoded_list` makes them one ``LogGroupList``."""
    return st.lists(log_groups(at), max_size=_MOST)


def encoded_list(groups: list[bytes]) -> bytes:
    """Return the ``LogGroupList`` of encoded log groups."""
    return b"".join(_message(1, group) for group in groups)


@st.composite
def _logs(draw: st.DrawFn, at: datetime) -> bytes:
    time = encode_field(Field(1, VARINT, int(at.timestamp()) - draw(st.integers(0, 60))))
    return time + b"".join(_message(2, _pair(*each)) for each in draw(st.lists(_PAIRS, max_size=_MOST)))


def _pair(key: str, value: str) -> bytes:
    return _message(1, key.encode()) + _message(2, value.encode())


def _message(number: int, data: bytes) -> bytes:
    return encode_field(Field(number, BYTES, data))
