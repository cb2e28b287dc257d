"""A plugin for record mode ``all``: notes every test of a file, also those that ids and ``--last-failed`` leave out.

A second collection may find other tests: of a generator nothing is left, and the hooks of a conftest may count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_CHILDREN: pytest.StashKey[list[pytest.Item | pytest.Collector]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Note what was collected before another plugin removes some of it."""
    report = yield
    collector.stash[_CHILDREN] = [*report.result]
    return report


def tests_below(node: pytest.Collector) -> Iterator[pytest.Item]:
    """Yield all tests of a file or class; a class that was not selected is collected now.

    Raises `pytest.Collector.CollectError` if that fails.
    """
    if _CHILDREN not in node.stash and not node.ihook.pytest_make_collect_report(collector=node).passed:
        raise pytest.Collector.CollectError
    for each in node.stash[_CHILDREN]:
        if isinstance(each, pytest.Item):
            yield each
        elif isinstance(each, pytest.Collector):
            yield from tests_below(each)
