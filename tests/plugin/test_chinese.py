"""A pytest run for an engineer who reads Chinese."""

TESTS = """
    import pytest
    import requests
    from sls_contract.cassettes import use_cassette

    @pytest.mark.sls_cassette
    def test_asks_nothing(sls):
        pass

    def test_a_wrong_argument():
        use_cassette(3)

    def test_of_its_own():
        assert "the file is empty" == "1 exchange"
"""


def test_failures_and_the_summary_are_chinese(pytester, monkeypatch):
    """What this plugin says is translated; what the test says itself stays as it is."""
    monkeypatch.setenv("SLS_CONTRACT_LANG", "zh_CN")
    pytester.makepyfile(TESTS)
    shown = pytester.runpytest_subprocess("--sls-record=once").stdout.str()
    assert "UsageError: use_cassette 的第一个参数是路径，实际为 3" in shown
    assert "SLS614 no-request（违规）" in shown
    assert "检验了" in shown
    assert "'the file is empty' == '1 exchange'" in shown


def test_a_wrong_option_and_the_help_are_chinese(pytester, monkeypatch):
    """Pytest shows them before any test runs."""
    monkeypatch.setenv("SLS_CONTRACT_LANG", "zh_CN")
    assert "--sls-accept 需要 --sls-record=verify" in (
        pytester.runpytest_subprocess("--sls-accept=benign").stderr.str()
    )
    assert "SLS GetCheckPoint 的录制契约测试" in pytester.runpytest_subprocess("--help").stdout.str()
    assert "sls_allow(code, *, reason)：接受对此条款的违反" in pytester.runpytest_subprocess("--markers").stdout.str()
    pytester.makepyfile("import pytest\npytestmark = pytest.mark.sls_cassette(empty=True)\ndef test_it(): pass")
    pytester.runpytest_subprocess("--strict-markers").assert_outcomes(passed=1)


def test_wrong_arguments_of_the_marker_are_named_in_chinese(project, monkeypatch):
    """What the marker takes, and what it got."""
    monkeypatch.setenv("SLS_CONTRACT_LANG", "zh_CN")
    result = project.test("""
        @pytest.mark.sls_cassette("first", nmae="x")
        def test_asks(sls): pass
    """).run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["@pytest.mark.sls_cassette 只接受这些参数：*实际为 'first', nmae"])
