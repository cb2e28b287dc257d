"""How an error of ours reaches a test: as the text of a failure."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from sls_contract.errors import SlsContractError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def told() -> Iterator[None]:
    """Turn an error of ours into a failure that shows its text alone: no traceback of ours reaches a user."""
    __tracebackhide__ = True
    try:
        yield
    except SlsContractError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
