"""vcrpy's cassette and its context, with a look at both sides of each exchange.

vcrpy's own hooks do not suffice: ``before_record_request`` and ``before_record_response`` see one side each, and run
while a cassette is searched and loaded, too.
"""

from __future__ import annotations

import os
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from vcr.cassette import Cassette, CassetteContextDecorator
from vcr.request import Request as VcrRequest

from sls_contract.adapters.vcrpy.forms import exchange_of, recording_kept, request_of, response_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sls_contract.adapters.vcrpy.checks import Checks


class CheckedCassette(Cassette):  # type: ignore[misc]  # vcrpy has no types
    """Scrubs and judges what is recorded, judges what is played."""

    def __init__(self, checks: Checks, **settings: Any) -> None:
        super().__init__(**settings)
        self._checks = checks
        self._is_loaded = False

    @classmethod
    def load(cls, **settings: Any) -> CheckedCassette:
        """Load the file; what is appended from then on is new."""
        cassette: CheckedCassette = super().load(**settings)
        cassette._is_loaded = True
        return cassette

    def append(self, request: Any, response: Any) -> None:
        """Keep an exchange that a client just had; one that the user's filters leave out is not judged."""
        if not self._is_loaded or self.filter_request(request) is None:
            super().append(request, response)
            return
        recording = self._checks.record(exchange_of(request, response))
        if recording is not None:
            super().append(VcrRequest(**request_of(recording.exchange.request)), response_of(recording))
        self._checks.raise_now()

    def play_response(self, request: Any) -> Any:
        """Return the recorded response, judged."""
        response = super().play_response(request)
        recorded = next(stored for stored, played in self.data if played is response)
        self._checks.play(exchange_of(request, None).request, recording_kept(recorded, response))
        self._checks.raise_now()
        return shown(response)


class CheckedContext(CassetteContextDecorator):  # type: ignore[misc]  # as above
    """What ``vcr.use_cassette`` returns; raises findings once the clients are vcrpy's no more."""

    def __enter__(self) -> Any:
        """Open the cassette, and remember where it stands."""
        cassette = super().__enter__()
        self._where = str(cassette._path)  # noqa: SLF001 - `path` is younger than vcrpy 9.0
        return cassette

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the cassette, then raise."""
        super().__exit__(kind, error, at)
        self.cls.checks.raise_at_end(self._where, error)


def checked_use_cassette(vcr: Any, checks: Checks) -> Callable[..., Any]:
    """Return what stands in for ``vcr.use_cassette``, with the same arguments."""
    opener = SimpleNamespace(load=partial(CheckedCassette.load, checks=checks), checks=checks)

    def use_cassette(path: Any = None, with_current_defaults: bool = False, **settings: Any) -> Any:  # noqa: FBT001, FBT002 - vcrpy's signature
        if path is not None and not isinstance(path, str | os.PathLike):
            return use_cassette(**settings)(path)  # the decorator without parentheses
        merged = partial(vcr.get_merged_config, **settings, **({} if path is None else {"path": path}))
        if with_current_defaults:
            merged = partial(dict, merged())
        return CheckedContext(opener, merged)

    return use_cassette
