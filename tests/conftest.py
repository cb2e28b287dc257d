"""What all tests share: pytester, and a run that knows no real credentials, no proxy and no ignored signals."""

from __future__ import annotations

import signal

import pytest

pytest_plugins = ["pytester"]

_FOREIGN = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup and behind an & of a script
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the programs that tests start and interrupt inherit it


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """A developer's own credentials and proxies must not change what a test sees."""
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
