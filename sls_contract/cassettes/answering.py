"""Recordings as a `Send`: what `SendAdapter` mounts and `endpoint.server.serve` serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cassettes.cassette_set import CassetteSet
from sls_contract.cassettes.outcomes import outcome_of
from sls_contract.cassettes.recorder import Broken
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.clock import utc_now
from sls_contract.errors import EndpointError, UnmatchedRequest

if TYPE_CHECKING:
    import os

    from sls_contract.exchange import Request, Response, Send


class RecordedFailure(EndpointError):
    """The recorded attempt got no whole answer; ``kind`` and ``partial`` say what came, as in a `Broken`."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.detail or f"recorded without a whole answer: {broken.kind}")
        self.kind = broken.kind
        self.partial = broken.partial


def send_from(path: os.PathLike[str] | str, *, repeat: bool = False) -> Send:
    """Return a `Send` that answers from the recordings at a path: a cassette, a HAR, or a folder of them.

    Each answers one request, in recorded order; with ``repeat`` the last of identical ones answers again and again.
    Nothing is judged: `use_cassette` does that.

    Raises:
        CassetteDamaged: a file is not what was recorded.
        UsageError: nothing is recorded there.
        UnmatchedRequest: from a call, where no recording is left that answers.
        RecordedFailure: from a call, where the recorded attempt got no whole answer.

    """
    recordings, scrubber = CassetteSet([Path(path)], utc_now(), repeat=repeat), Scrubber()

    def send(request: Request) -> Response:
        asked = scrubber.asked(request)
        found = recordings.take(asked)
        if found is None:
            raise UnmatchedRequest(str(recordings.explain_miss(scrubber.marked(asked))))
        outcome = outcome_of(found[1])
        if isinstance(outcome, Broken):
            raise RecordedFailure(outcome)
        return outcome

    return send
