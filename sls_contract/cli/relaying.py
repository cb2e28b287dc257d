"""The parts of `proxy`: a recording session, its use from many threads, and the rule of allowed hosts."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import Remedies
from sls_contract.cassettes.outcomes import call_endpoint
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.cli.outcomes import relayed, sender
from sls_contract.errors import CassetteError, UsageError
from sls_contract.hosts import host_name, is_loopback
from sls_contract.reports import plural
from sls_contract.signing.environment import credentials_from_environment
from sls_contract.transport import parse_endpoint
from sls_contract.transport.relay import is_service

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.recorder import Outcome
    from sls_contract.cassettes.results import Results
    from sls_contract.exchange import Request, Response
    from sls_contract.transport.relay import Relay

_PATIENCE = 5.0  # seconds for exchanges in progress at the end
_REMEDIES = Remedies(
    "--record new_episodes",
    "record it again with --record all",
    "--record once",
    "--record all",
    "Pass each of these lines as --rename, then record again (--record all):",
    "--scrub, --scrub-key",
    "leave out --strict",
)


def session_of(
    arguments: argparse.Namespace,
    relay: Relay,
    results: Results,
    environ: Mapping[str, str],
    clock: Callable[[], datetime],
) -> Session:
    """Return the recording session that the options describe; raises `UsageError` for wrong options."""
    key, now = credentials_from_environment(environ), clock()
    other_endpoint = arguments.to is not None and not is_service(parse_endpoint(arguments.to).authority)
    opening = Opening(
        path=_file(arguments.cassette),
        record=arguments.record,
        scrubber=Scrubber(
            [key] if key else [],
            patterns=arguments.scrub,
            keys=arguments.scrub_key,
            renames=dict(map(_pair, arguments.rename)),
            hide_names=arguments.hide_names == "yes",
        ),
        owns=host_rule(),
        clock=clock,
        began=now,
        credentials=key,
        send=(lambda request: relay.send(request, set())) if other_endpoint else None,
        endpoint=arguments.to if other_endpoint else "",
        remedies=_REMEDIES,
    )
    return Session(opening, results)


class Recording:
    """Forwards requests, and records each outcome before the client gets it; safe for many threads."""

    def __init__(self, session: Session, relay: Relay) -> None:
        self.session, self._relay = session, relay
        self._idle = threading.Condition()
        self._in_progress = 0

    def send(self, request: Request) -> Response:
        """Return the endpoint's response, a recorded one, or a refusal that gives the reason."""
        with self._counted():
            return sender(self._outcome, relayed)(request)

    def wait(self, seconds: float) -> int:
        """Wait at most ``seconds`` until no exchange is in progress; return how many still are."""
        with self._idle:
            self._idle.wait_for(lambda: not self._in_progress, seconds)
            return self._in_progress

    def _outcome(self, request: Request) -> Outcome:
        onward = self._relay.forwarded(request)
        outcome = self.session.respond(onward, "")
        if outcome is None:
            reached: set[str] = set()
            outcome = call_endpoint(lambda sent: self._relay.send(sent, reached), onward)
            self.session.received(onward, outcome, next(iter(reached), onward.host))
        return outcome

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._in_progress += 1
        try:
            yield
        finally:
            with self._idle:
                self._in_progress -= 1
                self._idle.notify_all()


@contextmanager
def recording(session: Session, relay: Relay, patience: float = _PATIENCE) -> Iterator[Recording]:
    """Record until the block ends; exchanges in progress then get ``patience`` seconds, and are reported after that."""
    record = Recording(session, relay)
    try:
        yield record
        if unfinished := record.wait(patience):
            exchanges = plural(unfinished, "exchange")
            session.results.fail(f"not recorded: {exchanges} without a response after {patience:g} s more")
    finally:
        try:
            session.close()
        except CassetteError as error:  # such as a full disk: the journal keeps the recordings
            session.results.fail(str(error))
        relay.close()


def forwarding_rule(arguments: argparse.Namespace) -> Callable[[str], bool]:
    """Return the rule that decides by a request's authority whether it is forwarded."""
    allowed = host_rule([pattern for name in arguments.allow_host for pattern in (name, f"*.{name}")])
    if arguments.to is None:
        return allowed
    address = parse_endpoint(arguments.to)
    if address.literal:
        return lambda authority: allowed(authority) or is_loopback(authority)
    return lambda authority: address.owns(host_name(authority))


def _file(path: Path) -> Path:
    if path.suffix not in {".yaml", ".yml"} or path.is_dir():
        msg = f"--cassette must name a YAML file such as reads.sls.yaml, got {str(path)!r}"
        raise UsageError(msg)
    return path


def _pair(text: str) -> tuple[str, str]:
    real, equals, public = (part.strip() for part in text.partition("="))
    if not (equals and real and public):
        msg = f"--rename takes REAL=PUBLIC, got {text!r}"
        raise UsageError(msg)
    return real, public
