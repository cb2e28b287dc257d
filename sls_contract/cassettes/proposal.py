"""Record mode ``verify``: a new recording is made beside the old cassette, and each response compared with the old one.

The new recording is a proposal (``<cassette>.proposed``); the old file stays until the proposal is accepted
(`renewal`). A request is sent only to the endpoint of its recording: responses of different endpoints may differ.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sls_contract.cassettes.drift import Change, Class, Pairing, Unmatched, compare_exchange, unmatched_exchange
from sls_contract.cassettes.drift.pairing import Attempts, group_attempts, is_transient
from sls_contract.cassettes.file.recording_file import load, recorded, with_ids
from sls_contract.cassettes.hosts import without_project
from sls_contract.cassettes.matching import DEFAULT, Matching
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, digest_of, weakest
from sls_contract.cassettes.recordings import Listed, Recordings
from sls_contract.errors import CassetteDamaged, CassetteError, EndpointError, UsageError
from sls_contract.exchange import DEFAULT_PORTS, Exchange, Request, masked_url, split_url
from sls_contract.hosts import is_loopback, is_service_host

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from datetime import datetime
    from pathlib import Path


REFERENCE = "reference"
"""The name of the bundled endpoint in the place of a URL."""

SUFFIX = ".proposed"
"""Suffix of a proposal, after its cassette's name. No cassette has it: `check` and ``diff`` ignore proposals."""

_FROM_ENDPOINT = frozenset({Evidence.LIVE, Evidence.REFERENCE})  # only an endpoint can respond again

_ELSEWHERE = (
    "{what} was recorded at {there}, and this run uses {here}: nothing was sent\n"
    "How to fix: verify where it was recorded ({remedy}), or record it again here "
    "(--sls-record=all --sls-endpoint={here})."
)
_UNNAMED = (
    "{path} was recorded at {endpoint} (evidence: {evidence}), and this run names no endpoint: nothing was sent\n"
    "How to fix: name the endpoint where it was recorded (--sls-endpoint={endpoint}), or the bundled endpoint "
    "(--sls-endpoint=reference)."
)
_NO_ENDPOINT = (
    "{what} was not recorded at any endpoint (evidence: {evidence}): there is no endpoint to compare with\n"
    "How to fix: record it (pytest --sls-record=all), or leave the test out of this run."
)
_SERVICE_NAME = (
    "{where} names the endpoint {endpoint}, but another endpoint responded (evidence: reference): nothing is sent\n"
    "How to fix: name the endpoint that responded: --sls-endpoint=reference for the bundled one, or its URL."
)
_NO_CASSETTE = (
    "there is no cassette at {path} to compare the response to {what} with: nothing is sent\n"
    "How to fix: record it (pytest --sls-record=once)."
)
_UNREACHED = (
    "{what} did not reach {endpoint}: {detail}\nNothing was compared, and the cassette stays as it is.\n"
    "How to fix: make {endpoint} reachable from here, and verify again (pytest --sls-record=verify)."
)


def proposed(path: Path) -> Path:
    """Return the path of the proposal for a cassette."""
    return path.with_name(path.name + SUFFIX)


@dataclass(slots=True)
class Compared:
    """The results of one open proposal.

    Attributes:
        changes: every difference, with the position of the old exchange.
        unmatched: new exchanges without a recording, with their position in the order of arrival.
        errors: messages about exchanges that could not be compared.
        validated: the time of an equal or benignly different response, by the id of the old exchange. A state of the
            service (busy, a missing group) is benign, but does not confirm the old response.
        weaker: the evidence of new exchanges that prove less than their recording, by that recording's evidence.
        taken: digests of new exchanges that replace old ones in the proposal, by the ids of the old ones. They differ
            by more than values that change in each run, and not because the service was busy.
        added: digests of new exchanges without a recording, by position.
        paired: positions of the old exchanges that were requested.
        pairs: number of compared exchanges.
        examples: the first change of each kind, with the old and the new exchange.

    """

    changes: list[Change] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    validated: dict[str, datetime] = field(default_factory=dict)
    weaker: dict[Evidence, Evidence] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    added: dict[int, str] = field(default_factory=dict)
    paired: set[int] = field(default_factory=set)
    pairs: int = 0
    examples: dict[tuple[Class, str], tuple[Change, Exchange, Exchange]] = field(default_factory=dict)


class Proposal(Player):
    """Plays nothing; records beside the old cassette, and compares. Safe from any thread.

    Args:
        path: the old cassette; where there is none, the first request raises `CassetteError`.
        began: when the session began, aware; proposals of earlier sessions are replaced.
        route: the endpoint that responds instead of the network: `REFERENCE`, or a URL with an IP address. Empty:
            requests go to their own host.
        repeat: whether the last of identical recordings is played for all later requests.
        matching: how a request matches its recording.

    Raises:
        CassetteDamaged: the old file is damaged.

    """

    def __init__(
        self, path: Path, began: datetime, route: str = "", *, repeat: bool = False, matching: Matching = DEFAULT
    ) -> None:
        super().__init__(_undamaged(proposed(path)), "all", began, repeat=repeat, matching=matching)
        self.cassette = path
        self.old: Recordings = load(path) if recorded(path) else Listed()
        self._route = route
        self._comparing = threading.Lock()
        self._found = Compared()
        self._ids = [name for _, name in with_ids(self.old)]
        self._arrived: list[Recording] = []
        self._compared_until = 0
        self._pairing = Pairing(self.old, matching, repeat=repeat)
        self._first: dict[Hashable, int] = {}
        for position, key in enumerate(self.old.keys(matching)):
            self._first.setdefault(key, position)

    @property
    def records_all(self) -> bool:
        """False: `take` checks the endpoint of each request."""
        return False

    def take(self, request: Request) -> None:
        """Return no recording; raises `EndpointError` for a request to another endpoint than its recording's."""
        what = f"{request.method} {masked_url(request.url)}"
        if not self.old:
            raise CassetteError(_NO_CASSETTE.format(what=what, path=self.cassette))
        provenance = self.old[self._first.get(self._matching.key(request), 0)].provenance
        here = self._route or f"{split_url(request.url)[0]}://{without_project(request.host)}"
        refuse_elsewhere(provenance, here, what)

    def check_endpoint(self, endpoint: str) -> None:
        """Raise `EndpointError` where no exchange of the cassette was recorded at ``endpoint``."""
        if self.old and not any(is_at(recording.provenance, endpoint) for recording in self.old):
            refuse_elsewhere(self.old[0].provenance, endpoint, str(self.cassette))

    def add(self, recording: Recording) -> None:
        """Add an exchange to the proposal; it is compared when results are read, since a retry may follow."""
        super().add(recording)
        self._queue(recording)

    def count_added(self, recording: Recording) -> None:
        """Compare an exchange that a forked child added."""
        super().count_added(recording)
        self._queue(recording)

    def _queue(self, recording: Recording) -> None:
        with self._comparing:
            self._arrived.append(recording)

    @property
    def compared(self) -> Compared:
        """The results so far: each exchange compared with the recording of the same request."""
        with self._comparing:
            arrived = range(self._compared_until, len(self._arrived))
            self._compared_until = len(self._arrived)
            for partner, exchange in self._pairing.arrive((at, self._arrived[at]) for at in arrived):
                self._judge(partner, exchange)
            return self._found

    @property
    def match_groups(self) -> list[int] | None:
        """See `Recordings.match_groups`; for the old exchanges."""
        return self.old.match_groups(self._matching)

    def end(self, *, shared: bool) -> None:
        """Pair leftover old exchanges with retried attempts; in a ``shared`` cassette, other tests may request them."""
        found = self.compared
        for partner, exchange in self._pairing.leftover():
            if shared:
                found.paired.update(partner.all if partner is not None else ())
            else:
                self._judge(partner, exchange)

    def close(self, *, finished: bool, failure: str = "") -> None:  # noqa: ARG002 - a failed proposal is removed
        """Close the proposal; it is removed where it is unfinished, or did not reach the endpoint."""
        super().close(finished=finished and not self.compared.errors)

    def played(self) -> frozenset[int]:
        """Return the positions of the old exchanges that were requested, as `Player.played` does."""
        paired = self.compared.paired
        return self.old.repeats_of(paired, self._matching) if self._repeat else frozenset(paired)

    def _judge(self, partner: Attempts | None, exchange: Attempts) -> None:
        """Compare an exchange with its partner, if it reached the service."""
        found, new = self._found, self._arrived[exchange.last]
        if partner is None:
            if (first := min(exchange.all)) not in found.added:
                found.unmatched.append(unmatched_exchange("new", first, new))
            found.added[first] = digest_of(new)
            return
        found.paired.update(partner.all)
        if new.broken in CONNECT_KINDS and self.old[partner.last].broken not in CONNECT_KINDS:
            found.errors.append(_unreached(new))  # it does not show how the service responds
        else:
            self._compare(partner, exchange)

    def _compare(self, partner: Attempts, exchange: Attempts) -> None:
        found, new, old = self._found, self._arrived[exchange.last], self.old[partner.last]
        attempts = [self._arrived[at] for at in exchange.all]
        changes = compare_exchange([self.old[at] for at in partner.all], attempts, partner.last)
        found.changes += changes
        for change in changes:
            found.examples.setdefault((change.kind, change.slug), (change, old.exchange, new.exchange))
        found.pairs += 1
        before, now = old.provenance.evidence, new.provenance.evidence
        if weaker := weakest((before, now)) is not before:
            found.weaker[before] = weakest((now, found.weaker.get(before, now)))
        benign = all(change.kind is Class.BENIGN for change in changes)
        confirmed = benign and not any(change.of_outcome for change in changes)
        names = [self._ids[at] for at in partner.all]
        if confirmed and new.provenance.recorded_at is not None:
            found.validated |= dict.fromkeys(names, new.provenance.recorded_at)
        if weaker or not (confirmed or (benign and is_transient(new))):
            found.taken[names[-1]] = digest_of(new)


def not_requested(old: Sequence[Recording], played: Collection[int]) -> tuple[Unmatched, ...]:
    """Return the old exchanges whose positions are not in ``played``."""
    remaining = (each.last for each in group_attempts(old) if not set(each.all).intersection(played))
    return tuple(unmatched_exchange("old", at, old[at]) for at in remaining)


def refuse_elsewhere(provenance: Provenance, here: str, what: str) -> None:
    """Raise `EndpointError` with both endpoints where a recording was not made at ``here``."""
    if is_at(provenance, here):
        return
    if provenance.evidence not in _FROM_ENDPOINT:
        raise EndpointError(_NO_ENDPOINT.format(what=what, evidence=provenance.evidence))
    there = f"{provenance.endpoint or 'an unknown endpoint'} (evidence: {provenance.evidence})"
    remedy = f"--sls-endpoint={provenance.endpoint}"
    raise EndpointError(_ELSEWHERE.format(what=what, there=there, here=here, remedy=remedy))


def refuse_unnamed(path: Path) -> None:
    """Raise `UsageError` where a cassette has a recording of another endpoint than the bundled one."""
    for recording in load(path) if recorded(path) else ():
        origin = recording.provenance
        if origin.endpoint and origin.evidence in _FROM_ENDPOINT and not is_at(origin, REFERENCE):
            msg = _UNNAMED.format(path=path, endpoint=origin.endpoint, evidence=origin.evidence)
            raise UsageError(msg)


def endpoint_of(recordings: Sequence[Recording], where: Path) -> str:
    """Return the default endpoint for verification: where the first recording of an endpoint was made.

    `REFERENCE` where there is none. Raises `EndpointError` where another endpoint responded under a host name of the
    service: an endpoint in the process, or a test double, cannot be identified by that name.
    """
    from_endpoint = [one.provenance for one in recordings if one.provenance.evidence in _FROM_ENDPOINT]
    for provenance in from_endpoint:
        if is_under_service_name(provenance):
            raise EndpointError(_SERVICE_NAME.format(where=where, endpoint=provenance.endpoint))
    return (from_endpoint[0].endpoint or "unknown") if from_endpoint else REFERENCE


def is_at(provenance: Provenance, here: str) -> bool:
    """Return whether a recording was made at an endpoint.

    An endpoint on this machine has a different port after each start. A recording of another endpoint, under a host
    name of the service, matches any endpoint that is not the service: the user has chosen it explicitly.
    """
    if provenance.evidence not in _FROM_ENDPOINT:
        return False
    if _authority(provenance.endpoint) == _authority(here):
        return True
    if is_under_service_name(provenance):
        return not is_service_host(_authority(here))
    return all(each != REFERENCE and is_loopback(_authority(each)) for each in (provenance.endpoint, here))


def is_under_service_name(provenance: Provenance) -> bool:
    """Return whether another endpoint than the service responded under a host name of the service."""
    return provenance.evidence is Evidence.REFERENCE and is_service_host(_authority(provenance.endpoint))


def _authority(endpoint: str) -> str:
    """Return host and port in lower case, without a default port."""
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    return parts.netloc.lower().removesuffix(f":{DEFAULT_PORTS.get(parts.scheme, '-')}")


def _undamaged(path: Path) -> Path:
    """Return the path of a proposal; remove a damaged one, since, unlike a cassette, it can be recorded again."""
    try:
        if recorded(path):
            load(path)
    except CassetteDamaged:
        path.unlink(missing_ok=True)
    return path


def _unreached(recording: Recording) -> str:
    request = recording.exchange.request
    what = f"{request.method} {masked_url(request.url)}"
    detail = recording.detail or recording.broken or "no connection"
    return _UNREACHED.format(what=what, endpoint=recording.provenance.endpoint, detail=detail)
