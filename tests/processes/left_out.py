"""A case that another of its kind stands for: left to SLS_FULL=1."""

from functools import partial

import pytest

full = partial(pytest.param, marks=pytest.mark.full)
