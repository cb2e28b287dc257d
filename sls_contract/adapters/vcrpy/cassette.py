"""vcrpy's cassette and its context, with access to both sides of each exchange.

vcrpy's own hooks do not suffice: ``before_record_request`` and ``before_record_response`` see one side each, and also
run while a cassette is searched and loaded.
"""

from __future__ import annotations

import os
from functools import partial
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any

from vcr.cassette import Cassette, CassetteContextDecorator
from vcr.request import Request as VcrRequest

from sls_contract.adapters.vcrpy.forms import exchange_of, request_of, response_of, to_recording, without_recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.adapters.vcrpy.checks import Checks


class CheckedCassette(Cassette):  # type: ignore[misc]  # vcrpy has no types
    """A cassette that scrubs and judges recorded exchanges, and judges played ones."""

    def __init__(self, checks: Checks, **settings: Any) -> None:
        super().__init__(**settings)
        self._checks = checks
        self._is_loaded = False

    @classmethod
    def load(cls, **settings: Any) -> CheckedCassette:
        """Load the file; exchanges appended after that are new."""
        cassette: CheckedCassette = super().load(**settings)
        cassette._is_loaded = True
        return cassette

    def append(self, request: Any, response: Any) -> None:
        """Add a new exchange; if the user's filters drop its request, it is not judged."""
        if not self._is_loaded or self.filter_request(request) is None:
            super().append(request, response)
            return
        recording = self._checks.record(exchange_of(request, response))
        if recording is not None:
            super().append(VcrRequest(**request_of(recording.exchange.request)), response_of(recording))
        self._checks.raise_now()

    def play_response(self, request: Any) -> Any:
        """Judge the recorded response and return it."""
        response = super().play_response(request)
        recorded = next(stored for stored, played in self.data if played is response)
        self._checks.play(exchange_of(request, None).request, to_recording(recorded, response))
        self._checks.raise_now()
        return without_recording(response)


class CheckedContext(CassetteContextDecorator):  # type: ignore[misc]  # as above
    """The result of ``vcr.use_cassette``; raises findings after vcrpy has restored the clients."""

    def __enter__(self) -> Any:
        """Open the cassette and keep its path."""
        cassette = super().__enter__()
        self._opened_path = str(cassette._path)  # noqa: SLF001 - vcrpy 9.0 has no public `path`
        return cassette

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the cassette, then raise."""
        super().__exit__(kind, error, at)
        self.cls.checks.raise_at_end(self._opened_path, error)


def checked_use_cassette(vcr: Any, checks: Checks) -> Callable[..., Any]:
    """Return a replacement for ``vcr.use_cassette`` with the same arguments."""
    opener = SimpleNamespace(load=partial(CheckedCassette.load, checks=checks), checks=checks)

    def use_cassette(path: Any = None, with_current_defaults: bool = False, **settings: Any) -> Any:  # noqa: FBT001, FBT002 - vcrpy's signature
        if path is not None and not isinstance(path, str | os.PathLike):
            return use_cassette(**settings)(path)  # used as a decorator without parentheses
        merged = partial(vcr.get_merged_config, **settings, **({} if path is None else {"path": path}))
        if with_current_defaults:
            merged = partial(dict, merged())
        return CheckedContext(opener, merged)

    return use_cassette
