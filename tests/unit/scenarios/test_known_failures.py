"""Generated values that failed once are tried first ever after, wherever the database is."""

from __future__ import annotations

import threading

import hypothesis.strategies as st
import pytest
from advice import advised

from sls_contract.errors import UsageError
from sls_contract.scenarios.exploration import database_at, explore


def tried(place, seed, threshold=500_000, examples=200):
    """Explore with a database, and return the values that were tried."""
    values = []

    def passes(value):
        values.append(value)
        return value < threshold

    database = database_at(str(place))
    explore(st.integers(0, 10**6), passes, examples=examples, seed=seed, database=database, name="numbers")
    return values


@pytest.fixture
def redis_url():
    """Serve Redis's protocol on a real socket."""
    pytest.importorskip("redis", reason="the extra redis is not installed")
    fakeredis = pytest.importorskip("fakeredis", reason="fakeredis is not installed")
    server = fakeredis.TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_failure_in_a_folder_is_tried_first(tmp_path):
    """A second run, of another seed, begins with the smallest value that failed."""
    assert 500_000 in tried(tmp_path, seed=1)
    assert tried(tmp_path, seed=2, examples=1)[0] == 500_000


def test_without_a_failure_before_nothing_is_replayed(tmp_path):
    """The first value of an empty database is a generated one."""
    assert tried(tmp_path, seed=2, examples=1)[0] != 500_000


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_failure_in_redis_is_tried_first(redis_url):
    """Machines that share a database share what they found."""
    assert 500_000 in tried(redis_url, seed=1)
    assert tried(redis_url, seed=2, examples=1)[0] == 500_000


def test_a_url_that_is_no_database_is_refused_with_another_place(tmp_path):
    """The advice names what can be one; a password in the URL is not shown."""
    with pytest.raises(UsageError) as error:
        database_at("nope://me:SECRET@x")
    assert "SECRET" not in str(error.value)
    assert advised(str(error.value), "name a folder, or a URL such as redis://")
    database_at(str(tmp_path / "folder"))


@pytest.mark.parametrize("place", ["http://example.com", "redis://127.0.0.1:1/0", "file/below"])
def test_a_database_that_cannot_be_used_is_refused_at_once(place, tmp_path, monkeypatch):
    """Before an endpoint is asked for anything."""
    pytest.importorskip("redis", reason="the extra redis is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"database"):
        database_at(place)
