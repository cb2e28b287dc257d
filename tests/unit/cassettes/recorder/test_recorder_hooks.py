"""Hooks: put once, found on late imports, given back, and clear about a library they cannot serve."""

import subprocess
import sys
import types

import pytest

from sls_contract.cassettes.recorder import install
from sls_contract.cassettes.recorder.hooks import Hook, Hooks
from sls_contract.errors import CassetteError

LATE = """
import sys
from sls_contract.cassettes.recorder import install
from sls_contract.exchange import Response
heavy = ["requests", "urllib3", "httpx", "aiohttp", "http.client", "asyncio", "ssl"]

class Handler:
    def owns(self, host, peer): return host == "p.test"
    def respond(self, request, peer): return Response(200, [("Content-Length", "2")], b"ok")
    def sent(self, request, peer): raise AssertionError
    def received(self, request, outcome, peer): raise AssertionError

remove = install(Handler())
assert not [name for name in heavy if name in sys.modules], [name for name in heavy if name in sys.modules]
import requests, httpx, aiohttp, asyncio
url = "http://p.test/x"
assert requests.get(url).content == b"ok"
assert httpx.get(url).content == b"ok"

async def both():
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        async with httpx.AsyncClient() as client:
            return await response.read() + (await client.get(url)).content

assert asyncio.run(both()) == b"okok"
remove()
remove()
import http.client, urllib3.connection
wrapped = [each for each in (
    http.client.HTTPConnection.connect, http.client.HTTPConnection.getresponse, http.client.HTTPSConnection.connect,
    urllib3.connection.HTTPSConnection.connect, requests.adapters.HTTPAdapter.send, httpx.HTTPTransport.handle_request,
    aiohttp.BaseConnector.connect) if "sls_contract" in each.__code__.co_filename]
assert not wrapped, wrapped
assert not [each for each in sys.meta_path if "recorder" in type(each).__module__]
print("fine")
"""


@pytest.mark.slow
def test_libraries_imported_after_the_install_are_covered_and_given_back():
    """In a fresh process: nothing is imported by us, late imports are wrapped, the end leaves no trace."""
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("fine\n", "")


class Connection:
    def send(self, what):
        return f"sent {what}"


@pytest.fixture
def library(monkeypatch):
    module = types.ModuleType("some_library")
    module.Connection = type("Connection", (Connection,), {"send": Connection.send})
    monkeypatch.setitem(sys.modules, "some_library", module)
    return module


def twice(original, connection, what):
    return original(connection, what) + " twice"


def test_a_method_is_wrapped_on_its_class_and_given_back(library):
    """Objects made before are covered; afterwards the very same function is back."""
    before, connection = library.Connection.send, library.Connection()
    hooks = Hooks([Hook("some_library", "Connection", "send", twice)])
    hooks.apply()
    assert connection.send("x") == "sent x twice"
    hooks.remove()
    hooks.remove()
    assert library.Connection.send is before


def test_a_method_wrapped_again_by_another_tool_is_left_to_it(library):
    """Giving back does not undo what stands on top of ours."""
    hooks = Hooks([Hook("some_library", "Connection", "send", twice)])
    hooks.apply()
    library.Connection.send = theirs = lambda self, what: "theirs"
    hooks.remove()
    assert library.Connection.send is theirs


@pytest.mark.parametrize(("owner", "method"), [("Connection", "gone"), ("Gone", "send")])
def test_a_missing_method_is_an_error_that_names_the_library(library, owner, method):
    """A hook point that a version does not have is said so, and nothing stays half wrapped."""
    before = library.Connection.send
    hooks = Hooks([Hook("some_library", "Connection", "send", twice), Hook("some_library", owner, method, twice)])
    with pytest.raises(
        CassetteError, match=rf"(?s)some_library .* has no method some_library\.{owner}\.{method}.*How to fix"
    ):
        hooks.apply()
    assert library.Connection.send is before
    assert not [finder for finder in sys.meta_path if finder is hooks._finder]


def test_the_version_of_a_library_is_in_the_error(monkeypatch):
    """The reader learns which version to replace."""
    hooks = Hooks([Hook("pytest", "Item", "no_such_method", twice)])
    with pytest.raises(CassetteError, match=rf"pytest {pytest.__version__} has no method"):
        hooks.apply()


def test_an_import_that_fails_is_not_our_affair(tmp_path, monkeypatch):
    """A watched module that does not exist, or breaks, fails as it would; the next import works."""
    hooks = Hooks([Hook("late_library", "Connection", "send", twice)])
    monkeypatch.syspath_prepend(tmp_path)
    hooks.apply()
    try:
        with pytest.raises(ModuleNotFoundError):
            __import__("late_library")
        (tmp_path / "late_library.py").write_text("class Connection:\n    def send(self, what):\n        return what\n")
        sys.path_importer_cache.clear()
        module = __import__("late_library")
        assert module.Connection().send("x") == "x twice"
    finally:
        hooks.remove()
        sys.modules.pop("late_library", None)
    assert module.Connection().send("x") == "x"


def test_a_library_that_is_still_importing_when_the_recorder_leaves_is_not_wrapped(tmp_path, monkeypatch):
    """The end of a recorder is final, also for an import that it saw begin."""
    hooks = Hooks([Hook("slow_library", "Connection", "send", twice)])
    (tmp_path / "slow_library.py").write_text(
        "import builtins\nbuiltins.end_recorder()\nclass Connection:\n    def send(self, what): return what\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.end_recorder", hooks.remove, raising=False)
    hooks.apply()
    module = __import__("slow_library")
    sys.modules.pop("slow_library")
    assert module.Connection().send("x") == "x"


def test_the_innermost_handler_is_asked_first_and_order_of_removal_is_free(wire):
    """Handlers form a stack; whichever is removed, the others stay; one may be installed twice."""
    outer, inner = wire.MemoryHandler(memory=["outer"] * 9), wire.MemoryHandler(memory=["inner"] * 9)
    from sls_contract.cassettes.recorder.handler import owner_of

    removes = [install(outer), install(inner), install(inner)]
    assert owner_of("p.test", "p.test:80").respond(None) == "inner"
    removes[2]()
    assert owner_of("p.test", "p.test:80").respond(None) == "inner"
    removes[0]()
    assert owner_of("p.test", "p.test:80").respond(None) == "inner"
    assert owner_of("elsewhere.example", "x:80") is None
    removes[1]()
    assert owner_of("p.test", "p.test:80") is None
