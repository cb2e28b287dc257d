"""`use_cassette`: record and replay in plain Python, no pytest needed."""

from __future__ import annotations

import functools
import inspect
import os
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import IN_CODE, Matching
from sls_contract.cassettes.opening import is_har
from sls_contract.cassettes.recorder import RECORDED, NetworkGuard
from sls_contract.cassettes.results import Results, failing, message
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.cassettes.texts import texts
from sls_contract.clock import test_now, utc_now
from sls_contract.errors import CassetteError, ContractViolation, UsageError
from sls_contract.files import check_file_name
from sls_contract.signing.environment import credentials_from_environment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    from sls_contract.cassettes.matching import MatchOn
    from sls_contract.cassettes.player import Mode
    from sls_contract.exchange import Exchange, Send
    from sls_contract.signing import Credentials
    from sls_contract.spec import Finding


class OpenCassette:
    """An open cassette: the value of ``with use_cassette(...) as cassette``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self._session.path

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every level so far, in the order in which they were found."""
        return tuple(breach.finding for breach in self._session.results.breaches)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges so far, scrubbed, in the order in which they ended."""
        return tuple(self._session.results.seen)


def use_cassette(  # noqa: PLR0913 - keyword-only, each documented below
    path: os.PathLike[str] | str,
    record: Mode = "none",
    credentials: Credentials | None = None,
    *,
    send: Send | None = None,
    hosts: Iterable[str] = (),
    repeat: str | None = None,
    match_on: MatchOn = None,
    strict: bool = False,
    scrub: Iterable[str] = (),
    scrub_keys: Iterable[str] = (),
    rename: Mapping[str, str] | None = None,
    hide_names: bool = True,
) -> Reopening[OpenCassette]:
    """Record or replay the SLS exchanges of every HTTP client in this process, sync, threads and asyncio.

    Every request and response is checked against the contract. The result is a context manager (``with``, ``async
    with``), which opens the cassette each time that it is entered. It is also a decorator for functions, methods,
    coroutine functions and generators, and opens the cassette for each call.

    Args:
        path: the cassette, such as ``cassettes/reads.sls.yaml``.
        record: ``none`` (default) only replays: no request reaches the service; ``once`` records if the file does
            not exist; ``new_episodes`` records requests without a recording; ``all`` records everything again.
        credentials: the key that signs requests; by default that of the environment (``ALIBABA_CLOUD_…``). It verifies
            and scrubs while recording, and is not needed in replay.
        send: returns the responses while recording, instead of the network: ``ReferenceEndpoint(clock)``, for example.
        hosts: more hosts that count as the service's: their requests are recorded, too.
        repeat: ``"last"`` plays the last of identical recordings repeatedly.
        match_on: how a request matches its recording: names (``method``, ``scheme``, ``host``, ``port``, ``project``,
            ``path``, ``query``, ``body``, ``raw_body``, ``headers``, ``uri``) and callables that compare the client's
            `Request` with a recorded one. Default: method, project, path, query and body, without the parts of a body
            that differ in each request (`moves` in the operation's contract); ``raw_body`` compares every byte.
        strict: warnings raise, too.
        scrub: regular expressions of texts that must not be written; group 1, or the whole match, is replaced.
        scrub_keys: names of headers, query keys and JSON keys whose values must not be written.
        rename: real names, each with the public name that is written; to keep a name, map it to itself.
        hide_names: while the live service is recorded, names that only responses contain (of consumer groups,
            consumers, logstores, projects) are written as ``other-group-1`` and so on, in later requests, too.

    Raises:
        ContractViolation: at exit, if exchanges broke the contract, unless an exception is being raised.
        CassetteDamaged: the file is not as it was recorded; it is not changed.
        UnmatchedRequest: from a request without a recording, if ``record`` does not allow a new one.
        UsageError: an argument is wrong.

    """
    _check_path(path)
    owned, patterns, keys = texts("hosts", hosts), texts("scrub", scrub), texts("scrub_keys", scrub_keys)
    renames = dict(rename or {})

    @contextmanager
    def opened() -> Iterator[OpenCassette]:
        key = credentials if credentials is not None else credentials_from_environment(os.environ)
        opening = Opening(
            path=_yaml_path(path),
            record=record,
            scrubber=Scrubber(
                [key] if key else [], patterns=patterns, keys=keys, renames=renames, hide_names=hide_names
            ),
            owns=host_rule(owned),
            clock=utc_now,
            seen=test_now,
            began=utc_now(),
            credentials=key,
            send=send,
            repeat=_parse_repeat(repeat),
            matching=Matching.on(match_on),
            remedies=IN_CODE,
        )
        session = Session(opening, Results(keep=True))
        with _started(session, opening):
            yield OpenCassette(session)
        if errors := session.results.take_errors():
            raise CassetteError("\n\n".join(errors))
        if broken := failing(session.results.breaches, strict=strict):
            text = message(broken, str(session.path))
            shown = opening.scrubber.masked(text) if session.recording else text
            raise ContractViolation(shown, (breach.finding for breach in broken))

    return Reopening(opened)


def _check_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        msg = (
            f"use_cassette takes a path first, got {path!r}\n"
            'How to fix: name the cassette, also in a decorator: @use_cassette("cassettes/reads.sls.yaml").'
        )
        raise UsageError(msg)
    check_file_name(path)


@contextmanager
def _started(session: Session, opening: Opening) -> Iterator[None]:
    """Open the session, then close it; after an exception, the recorded exchanges are kept as unfinished."""
    message = f"use a client that can be recorded ({RECORDED}), or remove the request."
    guard = NetworkGuard(opening.owns, message) if opening.record == "none" else None
    session.start()
    finished = False
    try:
        if guard is not None:
            guard.activate()
        yield
        finished = True
    finally:
        if guard is not None:
            guard.deactivate()
        session.close(finished=finished)


def _yaml_path(path: os.PathLike[str] | str) -> Path:
    """Refuse a HAR: recordings are written as YAML, and a HAR with YAML in it would count as damaged."""
    if is_har(Path(path)):
        cassette = Path(path).with_suffix(".sls.yaml")
        msg = (
            f"path must name a cassette, such as reads.sls.yaml, got the HAR {path}\n"
            f"How to fix: convert it, and name the result: sls-contract convert {path} {cassette}"
        )
        raise UsageError(msg)
    return Path(path)


def _parse_repeat(repeat: str | None) -> bool:
    if repeat not in (None, "last"):
        msg = f"repeat must be None or 'last', got {repeat!r}"
        raise UsageError(msg)
    return repeat == "last"


Value = TypeVar("Value")
Decorated = TypeVar("Decorated")


class Reopening(Generic[Value]):
    """Context manager and decorator that calls ``opened`` for each entry, and for each call of a decorated function."""

    def __init__(self, opened: Callable[[], AbstractContextManager[Value]]) -> None:
        self._opened = opened
        self._entered: list[AbstractContextManager[Value]] = []

    def __enter__(self) -> Value:
        context = self._opened()
        value = context.__enter__()
        self._entered.append(context)
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        """Close the context that was opened last."""
        return self._entered.pop().__exit__(kind, error, at)

    async def __aenter__(self) -> Value:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        """Close the context that was opened last."""
        return self.__exit__(kind, error, at)

    def __call__(self, function: Decorated) -> Decorated:
        """Decorate a function of any kind; raises `UsageError` for a class, and for an object that cannot be called."""
        decorated: Any
        if isinstance(function, staticmethod | classmethod):
            decorated = type(function)(self(function.__func__))
        elif inspect.isclass(function) or not callable(function):
            msg = (
                f"use_cassette decorates functions, got {function!r}\n"
                "How to fix: decorate the methods that send requests, or open the cassette in a fixture or in setUp "
                "(self.enterContext)."
            )
            raise UsageError(msg)
        else:
            wrap = next((wrap for fits, wrap in _WRAPPERS if fits(function)), _wrap_function)
            decorated = functools.wraps(function)(wrap(self._opened, function))
        return decorated  # type: ignore[no-any-return]  # of the same kind


def _wrap_function(opened: Callable[[], Any], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        with opened():
            result = function(*args, **kwargs)
            if inspect.iscoroutine(result) or inspect.isgenerator(result):
                result.close()
            if inspect.isawaitable(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
                msg = (
                    f"{function!r} returned a {type(result).__name__}, which would run without the cassette\n"
                    "How to fix: decorate the coroutine function or generator itself, or use a with block inside it."
                )
                raise UsageError(msg)
            return result

    return call


def _wrap_coroutine(opened: Callable[[], Any], function: Any) -> Any:
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        with opened():
            return await function(*args, **kwargs)

    return coroutine


def _wrap_generator(opened: Callable[[], Any], function: Any) -> Any:
    def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with opened():
            try:
                return (yield from function(*args, **kwargs))
            except GeneratorExit:  # the caller stopped iterating, which is no failure: judge the exchanges so far
                return None

    return generator


def _wrap_async_generator(opened: Callable[[], Any], function: Any) -> Any:
    async def async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with opened(), suppress(StopAsyncIteration):
            async with aclosing(function(*args, **kwargs)) as inner:
                step = inner.__anext__()
                while True:
                    value = await step
                    try:
                        step = inner.asend((yield value))
                    except GeneratorExit:  # as in _wrap_generator
                        return
                    except BaseException as error:  # noqa: BLE001 - thrown in, and passed on
                        step = inner.athrow(error)

    return async_generator


_WRAPPERS: tuple[tuple[Callable[[Any], bool], Callable[[Callable[[], Any], Any], Any]], ...] = (
    (inspect.iscoroutinefunction, _wrap_coroutine),
    (inspect.isgeneratorfunction, _wrap_generator),
    (inspect.isasyncgenfunction, _wrap_async_generator),
)
