"""What `proxy` is made of: a session that records, a relay that carries, and a filter that lets in what may pass."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import Remedies
from sls_contract.cassettes.outcomes import call_endpoint
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.cli.outcomes import answering, relayed
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

_PATIENCE = 5.0  # seconds that exchanges under way get to come to their end
_REMEDIES = Remedies("--record new_episodes", "record it again with --record all")


def session_of(
    arguments: argparse.Namespace,
    relay: Relay,
    results: Results,
    environ: Mapping[str, str],
    clock: Callable[[], datetime],
) -> Session:
    """Return the session that records what the options describe; raises `UsageError` where they are wrong."""
    key, now = credentials_from_environment(environ), clock()
    another = arguments.to is not None and not is_service(parse_endpoint(arguments.to).authority)
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
        send=(lambda request: relay.carry(request, set())) if another else None,
        endpoint=arguments.to if another else "",
    )
    return Session(opening, results, Player(opening.path, opening.record, now, remedies=_REMEDIES))


class Recording:
    """Carries requests upstream and records what came, before anybody sees it; called from many threads."""

    def __init__(self, session: Session, relay: Relay) -> None:
        self.session, self._relay = session, relay
        self._idle = threading.Condition()
        self._under_way = 0

    def send(self, request: Request) -> Response:
        """Answer one request: with what came, with a recording, or with why there is neither."""
        with self._counted():
            return answering(self._ask, relayed)(request)

    def wait(self, seconds: float) -> int:
        """Wait until no exchange is under way, so long at most; return how many still are."""
        with self._idle:
            self._idle.wait_for(lambda: not self._under_way, seconds)
            return self._under_way

    def _ask(self, request: Request) -> Outcome:
        onward = self._relay.onward(request)
        outcome = self.session.answer(onward, "")
        if outcome is None:
            reached: set[str] = set()
            outcome = call_endpoint(lambda asked: self._relay.carry(asked, reached), onward)
            self.session.received(onward, outcome, next(iter(reached), onward.host))
        return outcome

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()


@contextmanager
def recording(session: Session, relay: Relay, patience: float = _PATIENCE) -> Iterator[Recording]:
    """Record until the block ends; what is under way then gets ``patience`` seconds, and is told if it needs more."""
    record = Recording(session, relay)
    try:
        yield record
        if left := record.wait(patience):
            exchanges = plural(left, "exchange")
            session.results.fail(f"{exchanges} had no answer after {patience:g} s more and was not recorded")
    finally:
        try:
            session.close()
        except CassetteError as error:  # the disk is full: the journal keeps what was recorded
            session.results.fail(str(error))
        relay.close()


def reach(arguments: argparse.Namespace) -> Callable[[str], bool]:
    """Return the rule that tells whether a request to an authority is carried on."""
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
