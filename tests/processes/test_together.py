"""Cases that are joined into one test lose nothing: all run, and each that fails is named."""

import pytest
from together import joined

NUMBERS = pytest.mark.parametrize("number", [1, pytest.param(2, id="two"), 3])
WORDS = pytest.mark.parametrize(("word", "length"), [("a", 1), ("bc", 2)], ids=["one", "two"])


def test_each_case_that_fails_is_named():
    """Also behind one that failed, and where nothing was raised that should have been."""

    @NUMBERS
    def odd(number):
        with pytest.raises(ZeroDivisionError):
            assert 1 / (number % 2 - 1)

    with pytest.raises(BaseExceptionGroup) as failed:
        joined(odd, [])()
    assert [each.__notes__ for each in failed.value.exceptions] == [["in the case {'number': 2}"]]

    @NUMBERS
    def none(number):
        assert not number

    with pytest.raises(BaseExceptionGroup) as failed:
        joined(none, [])()
    assert len(failed.value.exceptions) == 3


def test_every_case_of_every_table_runs():
    """Those of the function, of its class, and what both make together."""
    seen = []

    @NUMBERS
    def take(self, make, number, word, length):
        seen.append((make, number, len(word) == length))

    joined(take, [WORDS.mark])(None, make="m")
    assert sorted(seen) == [("m", number, True) for number in (1, 1, 2, 2, 3, 3)]


def test_cases_that_need_an_item_each_keep_it():
    """A fixture with a state, a mark of the test or of one case, a test without cases: all stay as they are."""

    @NUMBERS
    def writes(number, tmp_path): ...

    @pytest.mark.full
    @NUMBERS
    def marked(number): ...

    @pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.full)])
    def in_part(number): ...

    def bare(): ...

    assert [joined(each, []) for each in (writes, marked, in_part, bare)] == [None] * 4


def test_cases_of_a_slow_function_are_slow_together():
    """Else SLS_SLOW=1 would cost an item for each."""

    @pytest.mark.slow
    @NUMBERS
    def checks(number):
        assert number

    test = joined(checks, [])
    assert [mark.name for mark in test.pytestmark] == ["slow"]
    test()
