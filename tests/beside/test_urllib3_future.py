"""urllib3-future in the place of urllib3: refused in plain words, not by an error from inside."""

from __future__ import annotations

import pytest

from sls_contract import use_cassette
from sls_contract.errors import CassetteError

pytest.importorskip("urllib3.backend", reason="needs urllib3-future in an environment of its own: pip install niquests")
URL = "http://p.cn-hangzhou.log.aliyuncs.com/logstores/x"


@pytest.mark.parametrize("library", ["niquests", "requests", "urllib3"])
@pytest.mark.parametrize("record", ["none", "once"])
def test_it_says_what_to_install_or_to_use(tmp_path, library, record):
    """Sync, through whatever stands on it, recording and replaying."""
    client = pytest.importorskip(library)
    ask = client.request if library == "urllib3" else client.get
    refused = pytest.raises(CassetteError, match="urllib3-future, which niquests installs")
    with refused as caught, use_cassette(tmp_path / "c.sls.yaml", record=record):
        ask("GET", URL) if library == "urllib3" else ask(URL)
    assert "How to fix: " in str(caught.value)
