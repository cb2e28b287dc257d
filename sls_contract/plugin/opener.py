"""Opens a marked test's cassette: its path, its scrubber, and the endpoint that responds while recording."""

from __future__ import annotations

import os
import re
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sls_contract.cassettes.file.recording_file import load, recorded, remove_recordings
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.errors import UsageError
from sls_contract.hosts import is_loopback
from sls_contract.plugin.case import Case, Cause
from sls_contract.plugin.collected import unclaimed
from sls_contract.plugin.key_masking import without_key
from sls_contract.plugin.located import Located, locate
from sls_contract.plugin.names import PUBLIC_GROUP, PUBLIC_SESSION_GROUP, Sls
from sls_contract.plugin.options import REFERENCE, Settings
from sls_contract.plugin.scrubbed import scrubbed_logs
from sls_contract.plugin.target import Target, target_of
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS
from sls_contract.signing.environment import credentials_from_environment
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.player import Player
    from sls_contract.cassettes.scrub.others import OtherName
    from sls_contract.endpoint import MemoryStore, ReferenceEndpoint
    from sls_contract.exchange import Request, Response, Send
    from sls_contract.plugin.verifying import Verifying


_WORD = re.compile(r"[\w.-]{3,}")


class Endpoints:
    """Creates reference endpoints on first use, and keeps their stores by node of pytest's collection tree."""

    def __init__(self, clock: Callable[[], datetime], environ: Mapping[str, str]) -> None:
        self._clock = clock
        self._environ = environ
        self._stores: dict[pytest.Item | pytest.Collector, MemoryStore] = {}
        self._lock = threading.Lock()

    def of(self, node: pytest.Item | pytest.Collector | None) -> Send:
        """Return an endpoint for a test, or for fixtures of a wider node; it starts from what wider fixtures set up."""
        make = cache(lambda: self._make(node))

        def send(request: Request) -> Response:
            with self._lock:
                endpoint = make()
            return endpoint(request)

        return send

    def _make(self, node: pytest.Item | pytest.Collector | None) -> ReferenceEndpoint:
        from sls_contract.endpoint import MemoryStore
        from sls_contract.plugin.two_clocks import EndpointOfTest

        chain = node.listchain() if node is not None else []
        wider = next((self._stores[each] for each in reversed(chain) if each in self._stores), None)
        is_own = wider is not None and node in self._stores
        store = MemoryStore() if wider is None else wider if is_own else wider.copy()
        key = credentials_from_environment(self._environ)
        known = (*([key] if key else ()), TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        endpoint = EndpointOfTest(self._clock, credentials=known, keep_log=False, store=store)
        if wider is None:
            endpoint.create_consumer_group(PUBLIC_GROUP)
            endpoint.create_consumer_group(PUBLIC_SESSION_GROUP)
        if node is not None and not isinstance(node, pytest.Item):
            self._stores[node] = store
        return endpoint


@dataclass
class Opener:
    """Opens the cassettes of one run.

    ``clock`` is the real time, ``seen`` the time that tests see; ``collected_items`` returns the tests of the run.
    """

    settings: Settings
    started: datetime
    clock: Callable[[], datetime]
    seen: Callable[[], datetime]
    collected_items: Callable[[], Iterable[pytest.Item]] = tuple
    _session_endpoint: str | None = None
    _session_group: str = field(default_factory=lambda: f"sls-contract-{secrets.token_hex(6)}")
    _test_files: dict[Path, Path] = field(default_factory=dict)
    _recorded: dict[str, tuple[Path, str]] = field(default_factory=dict)
    _hidden: list[OtherName] = field(default_factory=list)
    _first_tests: dict[Cause, str] = field(default_factory=dict)

    @cached_property
    def _endpoints(self) -> Endpoints:
        return Endpoints(self.seen, os.environ)

    def open(self, item: pytest.Item, marker: pytest.Mark) -> Case:
        """Open the cassette of a marked test around all of its phases."""
        located = locate(item, marker, self.settings)
        self._check_folder(located.path.parent, item.path)
        self._take_back(item.nodeid)
        name = f"{item.path.name}::{item.nodeid.partition('::')[2]}"  # the same from any working directory
        case = self._case(located, item, item.path, name, allowed_codes(item))
        assert case.session is not None  # just created
        case.resources.enter_context(scrubbed_logs(case.scrubber.shown))
        case.session.start()
        case.collectors.append(case.session.collect)
        case.resources.callback(self._note_recording, item.nodeid, case.session.player)
        return case

    def open_shared(self, path: Path, name: str, node: pytest.Item | pytest.Collector, source: Path) -> Case:
        """Return the case of a fixture that many tests share, in the scope of a node; its session is not started.

        ``source`` is the file that defines the fixture.
        """
        self._take_back(name)
        located = Located(path, repeat=False, shared=False, empty=True)
        case = self._case(located, node, source, name, frozenset(), single=True)
        assert case.session is not None  # just created
        case.resources.callback(self._note_recording, name, case.session.player)
        case.called = True
        return case

    def hide_names_of(self, shared: Case, opened: Iterable[Case]) -> None:
        """Hide the foreign names that a fixture received in other cassettes, too: its tests may send them."""
        known = {name.real for name in self._hidden}
        self._hidden += [name for name in shared.scrubber.hidden if name.real not in known]
        for case in opened:
            if case is not shared:
                case.scrubber.hide(self._hidden)

    @contextmanager
    def session_names(self) -> Iterator[Sls]:
        """Yield the names for clients of the whole run; while recording at a URL, set up a consumer group for them."""
        settings = self.settings
        if settings.record == "verify" and not settings.endpoint_given:
            settings = settings._replace(endpoint=REFERENCE)
        target = target_of(settings, os.environ, self.clock, self._endpoints.of(None), self._session_group)
        self._session_endpoint = target.endpoint
        with target.names(recording=settings.record != "none") as names:
            yield names

    def _case(
        self,
        located: Located,
        node: pytest.Item | pytest.Collector,
        source: Path,
        test: str,
        allowed: frozenset[str],
        *,
        single: bool = False,
    ) -> Case:
        settings = self._settings_for(located.path)
        target = target_of(settings, os.environ, self.clock, self._endpoints.of(node))
        self._check_session_endpoint(located.path, target)
        scrubber = self._scrubber(target, source)
        scrubber.hide(self._hidden)
        case = Case(
            str(located.path), settings.strict, allowed, scrubber, without_key(test, os.environ), self._first_tests
        )
        case.target, case.shared, case.may_be_empty = target, located.shared, located.empty
        case.verifying = self._verifying(located, target, allowed)
        opening = Opening(
            path=located.path,
            record="all" if settings.record == "verify" else settings.record,
            scrubber=scrubber,
            owns=self._owns if settings is self.settings else host_rule(settings.owned_hosts),
            clock=self.clock,
            seen=self.seen,
            began=self.started,
            credentials=target.credentials,
            send=self._sending(located.path, target),
            repeat=located.repeat,
            matching=located.matching,
            endpoint=target.endpoint if target.send is not None else "",
            max_age=settings.max_age,
            mirror=target.send if single and target.endpoint == REFERENCE else None,
            single=single or (not located.shared and settings.record in {"once", "all"}),
            owner=case.test if located.shared else "",
            candidates=partial(unclaimed, self.collected_items, source, settings),
            stored_at=settings.suite.url if settings.suite else "",
        )
        case.session = Session(opening, case.results, case.verifying.proposal if case.verifying else None)
        return case

    def _check_session_endpoint(self, path: Path, target: Target) -> None:
        """Raise `UsageError` if clients of the whole run use another endpoint than this cassette."""
        if self.settings.record == "verify" and self._session_endpoint not in (None, target.endpoint):
            msg = (
                f"{path} was recorded at {target.endpoint}, but fixture sls_session uses another endpoint\n"
                f"How to fix: pass --sls-endpoint={target.endpoint}."
            )
            raise UsageError(msg)

    def open_without_cassette(self, item: pytest.Item) -> Case:
        """Return a case without a cassette, for a test that only serves an endpoint."""
        strict, allowed, test = self.settings.strict, allowed_codes(item), item.nodeid
        case = Case(test, strict, allowed, self.scrubber, test, self._first_tests)
        case.resources.enter_context(scrubbed_logs(case.scrubber.shown))
        return case

    @cached_property
    def scrubber(self) -> Scrubber:
        """Removes the run's key, and what the settings name, from texts that belong to no cassette."""
        key = credentials_from_environment(os.environ)
        return Scrubber([key] if key else (), patterns=self.settings.scrub, keys=self.settings.scrub_keys)

    @contextmanager
    def names(self, case: Case) -> Iterator[Sls]:
        """Yield the names for a test; while recording at a URL, set up a consumer group for it."""
        assert case.session is not None  # the caller checked
        assert case.target is not None  # set together with the session
        if case.verifying is not None:
            case.verifying.proposal.check_endpoint(case.target.endpoint)
        with case.target.names(recording=case.session.recording) as names:
            yield names

    @cached_property
    def _owns(self) -> Callable[[str], bool]:
        return host_rule(self.settings.owned_hosts)

    def _settings_for(self, path: Path) -> Settings:
        """Return the settings for one cassette: it is verified where it was recorded unless an endpoint was given."""
        settings = self.settings
        if settings.record != "verify":
            return settings
        self._refuse_failed(path)
        if settings.endpoint_given:
            return settings
        from sls_contract.cassettes.proposal import endpoint_of

        endpoint = endpoint_of(load(path), path) if recorded(path) else REFERENCE
        if endpoint == REFERENCE:
            return settings
        host = urlsplit(endpoint).netloc
        if not (self._owns(host) or is_loopback(host)):  # the file names it, not the user: send no key there
            msg = (
                f"{path} was recorded at {endpoint}, which is not an endpoint of this project\n"
                f"How to fix: pass --sls-endpoint={endpoint}, or add its host to ini sls_hosts, if you trust it."
            )
            raise UsageError(msg)
        return settings._replace(endpoint=endpoint)

    def _sending(self, path: Path, target: Target) -> Send | None:
        """Return the `Send` that responds while recording; None: the client itself sends each request.

        Without ``--sls-endpoint`` that is the bundled endpoint, but not for a cassette of another endpoint: its
        recordings would be replaced by others that prove less.
        """
        send = target.send
        if send is None or self.settings.endpoint_given or target.endpoint != REFERENCE:
            return send

        def send_if_recorded_here(request: Request) -> Response:
            self._refuse_unnamed(path)
            return send(request)

        return send_if_recorded_here

    @cached_property
    def _refuse_unnamed(self) -> Callable[[Path], None]:
        """Return a check of a cassette, which is made once: what this run adds is of the bundled endpoint."""
        from sls_contract.cassettes.proposal import refuse_unnamed

        return cache(refuse_unnamed)

    @staticmethod
    def _refuse_failed(path: Path) -> None:
        """Raise `UsageError` for a recording of a failed test: it proves nothing to compare with."""
        if recorded(path) and (reasons := load(path).failed):
            msg = (
                f"a test of {path} failed while it was recorded: {next(iter(reasons.values()))}\n"
                "How to fix: fix the test, then record it again (pytest --sls-record=once)."
            )
            raise UsageError(msg)

    def _verifying(self, located: Located, target: Target, allowed: frozenset[str]) -> Verifying | None:
        """Return the comparison of a test's responses with the recorded ones; None unless the mode is ``verify``."""
        if self.settings.record != "verify":
            return None
        from sls_contract.cassettes.proposal import Proposal
        from sls_contract.plugin.verifying import Verifying

        route = target.endpoint if target.send is not None else ""
        proposal = Proposal(located.path, self.started, route, repeat=located.repeat, matching=located.matching)
        return Verifying(proposal, self.settings.strict, allowed, self.settings.accept, located.shared)

    def _note_recording(self, test: str, player: Player) -> None:
        if player.recording and self.settings.record != "new_episodes":  # that mode continues a recording
            self._recorded[test] = player.path, player.recording

    def _take_back(self, test: str) -> None:
        """Remove the recording of a test from earlier in this run: the test runs again because it failed."""
        if test in self._recorded:
            path, recording = self._recorded.pop(test)
            remove_recordings(path, [recording])

    def _check_folder(self, folder: Path, test_file: Path) -> None:
        """Raise `UsageError` for two test files whose cassettes would share a folder."""
        first = self._test_files.setdefault(folder, test_file)
        if first != test_file:
            msg = (
                f"the cassettes of {first} and {test_file} would both be in {folder}\n"
                "How to fix: rename one of the files, or remove ini sls_cassette_dir."
            )
            raise UsageError(msg)

    def _scrubber(self, target: Target, test_file: Path) -> Scrubber:
        live = self.settings.record != "none" and target.endpoint != REFERENCE
        return Scrubber(
            [target.credentials] if target.credentials else [],
            patterns=self.settings.scrub,
            keys=self.settings.scrub_keys,
            renames={**self.settings.rename, **target.renames, self._session_group: PUBLIC_SESSION_GROUP},
            hide_names=self.settings.hide_names,
            own_names=_known_names(test_file, self.settings.rootdir) if live else (),
        )


def _known_names(test_file: Path, rootdir: Path) -> frozenset[str]:
    """Return the words of a test file and of its conftest files, and the values of environment variables.

    The test knows them without a response: it may compare responses with them, and it sends them in replay, too.
    """
    folders = [each for each in test_file.parents if each.is_relative_to(rootdir)] or [test_file.parent]
    files = [test_file, *(file for folder in folders if (file := folder / "conftest.py").is_file())]
    words = (word for file in files for word in _WORD.findall(file.read_text("utf-8", "replace")))
    return frozenset((*words, *os.environ.values()))


def allowed_codes(item: pytest.Item) -> frozenset[str]:
    """Return the codes of the clauses that a test may break; raises `UsageError` for a marker without a code."""
    return frozenset(_allowed_code(marker) for marker in item.iter_markers("sls_allow"))


def _allowed_code(marker: pytest.Mark) -> str:
    reason = marker.kwargs.get("reason")
    if len(marker.args) != 1 or set(marker.kwargs) != {"reason"} or not isinstance(reason, str) or not reason.strip():
        msg = "@pytest.mark.sls_allow takes one code and a reason: sls_allow('SLS204', reason='…')"
        raise UsageError(msg)
    code = clause(str(marker.args[0])).code
    if code != marker.args[0]:
        msg = f"sls_allow takes a code such as {code!r}, got {marker.args[0]!r}"
        raise UsageError(msg)
    return code
