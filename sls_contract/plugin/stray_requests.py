"""Findings about requests outside a cassette: none at all, requests to hosts not owned, and blocked requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder import RECORDED
from sls_contract.hosts import is_address, is_loopback
from sls_contract.plugin.blocking import (
    REMEDY,
    REMEDY_IN_CHILD,
    REMEDY_IN_REPLAY,
    REMEDY_WITH_CASSETTE,
    REMEDY_WITH_OTHER_HOSTS,
    REMEDY_WITHOUT_MARKER,
)
from sls_contract.plugin.located import used_by
from sls_contract.reports.group_lines import first_few
from sls_contract.spec import Level, clause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from sls_contract.plugin.blocking import BlockedRequest
    from sls_contract.spec import Finding

FIXTURES = frozenset({"sls", "sls_session", "sls_endpoint"})
"""Tests that use these fixtures are expected to send requests."""

_TAKES_A_MARKER = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once), or remove the "
    "request. If the test expects the error, use pytest.raises(sls_contract.errors.NetworkBlocked) or "
    "@pytest.mark.sls_allow('SLS616', reason='…')"
)
_TAKES_NO_MARKER = (
    "move the request to a test function with @pytest.mark.sls_cassette, open a cassette around it "
    "(sls_contract.use_cassette), or remove the request"
)
_FOR_PROGRAMS = (
    "set its http_proxy to the url of fixture sls_endpoint, or record it with sls-contract proxy --cassette FILE"
)
_MOST_PROGRAMS = 3
_MARKED = "@pytest.mark.sls_cassette(empty=True)"


def no_request(item: pytest.Item, marker: pytest.Mark, foreign: Iterable[str], programs: Iterable[str] = ()) -> Finding:
    """Return the finding about a marked test that passed without an exchange.

    ``foreign`` are the hosts that it called, ``programs`` those that it started: their requests are not recorded.

    A marker on a class or module may be meant for its other tests: then the finding is a warning. It stays a violation
    if the test called another machine, or uses a fixture of this plugin. Autouse fixtures do not count.
    """
    named, started = tuple(foreign), first_few(sorted({*programs}), _MOST_PROGRAMS)
    hosts = ", ".join(named)
    if hosts:
        actual = f"no request; the test called {hosts}, which is not a host of the service"
        how = f"if {hosts.partition(',')[0]} is the service, add it to ini sls_hosts and record the test; "
    elif started:
        actual = f"no request; the test started {started}, whose requests are not recorded"
        how = f"if {started} sends the requests, remove the marker and {_FOR_PROGRAMS}; "
    else:
        actual = "no request"
        how = f"use a client that can be recorded ({RECORDED}); "
    how += f"if the test is meant to send no request, remove its marker, or write {_MARKED}"
    found = clause("no-request").finding("test", "a request to the service", actual, how)
    wide = not _is_on_test(item, marker)
    elsewhere = any(not (is_address(host) and is_loopback(host)) for host in named)
    aside = wide and not elsewhere and FIXTURES.isdisjoint(_named_fixtures(item))
    return replace(found, level=Level.WARNING) if aside else found


def _is_on_test(item: pytest.Item, marker: pytest.Mark) -> bool:
    """Return whether the marker is on the test itself or on its parameters."""
    function, call = getattr(item, "obj", None), getattr(item, "callspec", None)
    return marker in (*getattr(function, "pytestmark", ()), *getattr(call, "marks", ()))


def _named_fixtures(item: pytest.Item) -> set[str]:
    """Return the fixtures that the test itself names, and those that these use."""
    marks = getattr(getattr(item, "obj", None), "pytestmark", ())
    arguments = getattr(getattr(item, "_fixtureinfo", None), "argnames", ())
    return used_by(item, [*arguments, *(name for mark in marks if mark.name == "usefixtures" for name in mark.args)])


def foreign_requests(foreign: dict[str, bool]) -> Iterator[Finding]:
    """Yield a finding for each host on another machine that was called while a cassette was open."""
    for host, remote in foreign.items():
        if remote:
            yield clause("foreign-host-called").finding(
                "request",
                "a host that cassettes own",
                host,
                "if the host is the service, add it to ini sls_hosts; otherwise nothing needs fixing",
            )


_IN_CHILD = (
    "mark the test with @pytest.mark.sls_cassette, start the process inside the test, and record it "
    "(pytest --sls-record=once), or remove the request. If the test expects the error, use "
    "@pytest.mark.sls_allow('SLS616', reason='…')"
)
_WITH_CASSETTE = (
    f"use a client that can be recorded ({RECORDED}), or remove the request. If the test expects the error, use "
    "pytest.raises(sls_contract.errors.NetworkBlocked) or @pytest.mark.sls_allow('SLS616', reason='…')"
)
_WITH_OTHER_HOSTS = (
    "pass the host to use_cassette, too (hosts=[…]), or remove the request. If the test expects the error, use "
    "pytest.raises(sls_contract.errors.NetworkBlocked) or @pytest.mark.sls_allow('SLS616', reason='…')"
)
_IN_REPLAY = "record it in a run that may send requests (pytest --sls-record=once), or pass send=… to use_cassette"
_EXPECTED_AND_FIX = {
    REMEDY: ("an open cassette", _TAKES_A_MARKER),
    REMEDY_WITHOUT_MARKER: ("an open cassette", _TAKES_NO_MARKER),
    REMEDY_IN_CHILD: ("an open cassette", _IN_CHILD),
    REMEDY_WITH_CASSETTE: ("a client that can be recorded", _WITH_CASSETTE),
    REMEDY_WITH_OTHER_HOSTS: ("a cassette that records the host", _WITH_OTHER_HOSTS),
    REMEDY_IN_REPLAY: ("a run that may send requests", _IN_REPLAY),
}


def swallowed_errors(blocked: Iterable[BlockedRequest]) -> Iterator[Finding]:
    """Yield a finding for each blocked host whose error was caught by code that does not name it."""
    for host, remedy in dict.fromkeys((each.host, each.remedy) for each in blocked if not each.is_expected):
        expected, fix = _EXPECTED_AND_FIX[remedy]
        actual = f"a request to {host} was blocked, and the test caught the error"
        yield clause("request-blocked").finding("request", expected, actual, fix)


def plain_blocked(blocked: Iterable[BlockedRequest]) -> list[dict[str, Any]]:
    """Return plain values of the blocked requests with their remedies, for the controller of the run."""
    counted = Counter((each.test, each.host, each.remedy) for each in blocked)
    return [
        {"test": test, "host": host, "times": times, "remedy": remedy}
        for (test, host, remedy), times in counted.items()
    ]
