"""Log groups of every kind, encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sls_contract.scenarios.log_messages import LOGS, SOURCE, TAGS, TOPIC, log, message, pair

if TYPE_CHECKING:
    from datetime import datetime

LOG_GROUP, LOG_GROUP_LIST = "LogGroup", "LogGroupList"

_MOST = 3
_KEYS = ("a", "level", "__topic__", "数据", "é\U0001f600", 'a "b"', "%+/", "k" * 99)
_TEXTS = st.sampled_from(("", *_KEYS, "\n", "0", "{}", "v" * 999))  # each costs one choice: logs hold many
_PAIRS = st.tuples(st.sampled_from(_KEYS), _TEXTS)


@st.composite
def log_groups(draw: st.DrawFn, at: datetime) -> bytes:
    """Return encoded ``LogGroup`` messages of one to three logs, each at most a minute old."""
    count = draw(st.integers(1, _MOST))
    group = b"".join(message(LOGS, draw(_logs(at))) for _ in range(count))
    for number in (TOPIC, SOURCE):
        if draw(st.booleans()):
            group += message(number, draw(_TEXTS).encode())
    return group + b"".join(message(TAGS, pair(*each)) for each in draw(st.lists(_PAIRS, max_size=2)))


def log_group_lists(at: datetime) -> st.SearchStrategy[list[bytes]]:
    """Return lists of encoded log groups, also empty ones; `encoded_list` makes them one ``LogGroupList``."""
    return st.lists(log_groups(at), max_size=_MOST)


@st.composite
def _logs(draw: st.DrawFn, at: datetime) -> bytes:
    return log(int(at.timestamp()) - draw(st.integers(0, 60)), draw(st.lists(_PAIRS, max_size=_MOST)))
