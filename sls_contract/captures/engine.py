"""Run one function on many chunks: in this process, on its cores, or on a Dask or Ray cluster.

Results are in the order of the chunks on every engine. A task is one chunk; on a cluster, where each task costs some
milliseconds, it is 2 MiB of chunks. At most three tasks per worker are pending at a time, so memory does not grow with
the capture. If a worker dies, its task is retried; a task that kills three workers ends the run with an error that
names it.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from socket import socket, socketpair
from threading import Thread, main_thread
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, get_args

from sls_contract.errors import SlsContractError, UsageError
from sls_contract.reports.group_lines import first_few

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import ProcessPoolExecutor
    from types import FrameType

Engine: TypeAlias = Literal["local", "dask", "ray"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

_PENDING = 3  # tasks per worker
_DASK = {
    "distributed.admin.low-level-log-length": 10,  # each connection keeps its last messages, with their chunks
    # By default each process of a cluster samples its stack every 10 ms, its event loop every 20 ms, its memory every
    # 100 ms and the whole machine every 500 ms. That takes 3 % of a core per process.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.gil.enabled": False,
    # Anyone who finds the port could read the pages about the cluster: they need no key.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
_ENVIRON = "distributed.nanny.pre-spawn-environ"
_ATTEMPTS = 3  # workers that one task may kill
_COLLECTIONS = (20_000, 20, 20)  # `gc.set_threshold`; the memory at the peak is the same as with Python's own
_TERM_INTERVAL = 0.05  # seconds; a result is usually sent within
LARGE = 2 * 1024 * 1024  # bytes of a task on a cluster
_SMALL = 8 * 1024 * 1024  # bytes that one process judges about as fast as workers start
_LOST = {"KilledWorker", "WorkerCrashedError", "OutOfMemoryError", "FutureCancelledError", "NodeDiedError"}
_T = TypeVar("_T")
_R = TypeVar("_R")


class WorkerLost(SlsContractError):
    """Three workers died in succession on the same item."""


class _Future(Protocol):
    def result(self) -> Any: ...


class _Workers(Protocol):
    """A pool of workers on some engine.

    Attributes:
        size: the number of workers.
        task_size: bytes from which a task is large enough.

    """

    size: int
    task_size: int

    def submit(self, work: Callable[[Any], Any], item: Any) -> _Future: ...
    def restart(self) -> None: ...
    def stop(self) -> None: ...


def cores() -> int:
    """Return the number of cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    work: Callable[[_T], _R], items: Iterable[_T], engine: Engine, jobs: int, size_of: Callable[[_T], int]
) -> Generator[_R]:
    """Yield the result of each item, in order; ``work`` and items must be picklable.

    Small inputs (in total, by ``size_of`` in bytes) run in this process: starting workers would take longer. On a
    cluster, small items share a task; an item of `LARGE` bytes is a task of its own. Raises `WorkerLost`, and
    `UsageError` if the engine is not installed or its cluster cannot be reached.
    """
    waiting = iter(items)
    with _rare_collections():
        if engine == "local":
            first: list[_T] = []
            left = _SMALL if jobs > 1 else 0
            while left > 0 and (item := next(waiting, None)) is not None:
                first.append(item)
                left -= size_of(item)
            waiting = chain(first, waiting)
            if left > 0 or jobs == 1:
                yield from map(work, waiting)
                return
        with _workers(engine, jobs) as workers:
            for results in _window(workers, work, _batches(waiting, size_of, workers.task_size)):
                yield from map(pickle.loads, results)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Have Python look for garbage in cycles less often: judging leaves little of it, but allocates much."""
    if (before := gc.get_threshold()) == _COLLECTIONS:  # another thread, or a caller, sets it back
        yield
        return
    gc.set_threshold(*_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _batches(items: Iterator[_T], size_of: Callable[[_T], int], least: int) -> Iterator[list[_T]]:
    """Yield the items in lists of at least a size, except the last list."""
    batch, size = list[_T](), 0
    for item in items:
        batch.append(item)
        size += size_of(item)
        if size >= least:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _run_all(work: Callable[[_T], object], items: list[_T]) -> list[bytes]:
    """Return the pickled results: bytes cost the engine, which pickles what a task returns, next to nothing."""
    with _rare_collections():
        return [pickle.dumps(work(item)) for item in items]


def _window(workers: _Workers, work: Callable[[_T], object], batches: Iterator[list[_T]]) -> Iterator[list[bytes]]:
    """Keep a limited number of tasks pending; if the pool breaks, resubmit those without a result."""
    from concurrent.futures.process import BrokenProcessPool

    pending: deque[_Task] = deque()
    lost = 0
    while True:
        try:
            pending.extend(map(_Task, islice(batches, workers.size * _PENDING - len(pending))))
            for each in pending:
                each.future = each.future or workers.submit(partial(_run_all, work), each.items)
            if not pending:
                return
            result = pending[0].result()
        except BrokenProcessPool:
            lost += 1
            if lost == _ATTEMPTS:
                raise _lost(pending[0].items) from None
            workers.restart()
            for each in pending:
                each.future = None
            continue
        pending.popleft()
        lost = 0
        yield result


@dataclass(slots=True)
class _Task:
    """Some items and, once submitted, the future of their results."""

    items: list[Any]
    future: _Future | None = None

    def result(self) -> Any:
        assert self.future is not None
        try:
            return self.future.result()
        except Exception as error:  # the classes belong to libraries that may not be installed
            if type(error).__name__ in _LOST:
                raise _lost(self.items) from error
            raise


def _lost(items: Iterable[object]) -> WorkerLost:
    names = first_few([*dict.fromkeys(str(getattr(item, "source", item)) for item in items)])
    msg = (
        f"{_ATTEMPTS} workers died, one after the other, while they worked on {names}. How to fix: run it with "
        "--jobs 1, which works in one process and shows its error; free memory, if that ran out."
    )
    return WorkerLost(msg)


@contextmanager
def _workers(engine: Engine, jobs: int) -> Iterator[_Workers]:
    kinds: dict[Engine, Callable[[int], _Workers]] = {"local": _Local, "dask": _Dask, "ray": _Ray}
    workers = kinds[engine](jobs)
    try:
        yield workers
    finally:
        workers.stop()


class _Local:
    """Processes of this machine."""

    def __init__(self, jobs: int) -> None:
        self.size, self.task_size = jobs, 0
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # Spawned: forked ones would inherit the locks of threads.
        return ProcessPoolExecutor(self.size, get_context("spawn"), _start_worker)

    def submit(self, work: Callable[[Any], Any], item: Any) -> _Future:
        return self._pool.submit(_run_item, work, item)

    def restart(self) -> None:
        self.stop()
        self._pool = self._start()

    def stop(self) -> None:
        for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 - the pool has no public list
            process.terminate()  # see `_on_term`: it abandons its item and exits
        self._pool.shutdown(cancel_futures=True)


class _GivenUp(BaseException):
    """Raised in a worker to abandon an item whose result is no longer needed."""


class _Worker:
    """The state of this worker process. TERM never interrupts the sending of a result, which the parent awaits."""

    working = False
    over = False


def _run_item(work: Callable[[Any], Any], item: Any) -> Any:
    _Worker.working = True
    try:
        if _Worker.over:
            raise _GivenUp
        return work(item)
    finally:
        _Worker.working = False


def _on_term(_signal: int, frame: FrameType | None) -> None:
    """Handle TERM: abandon the item, or exit if there is none. While a result is being sent, wait for the next TERM."""
    from multiprocessing.queues import Queue

    _Worker.over = True
    if _Worker.working:
        raise _GivenUp
    while frame is not None:
        if frame.f_code is Queue.get.__code__:
            raise SystemExit
        frame = frame.f_back


def _start_worker() -> None:
    """Ignore Ctrl-C, which the terminal sends to all processes (the parent handles it); exit with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(signal, "pthread_kill"):  # not on Windows, where terminate() ends a process at once
        reader, writer = socketpair()
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, _on_term)
        Thread(target=_repeat_term, args=(reader, writer), daemon=True).start()


def _repeat_term(reader: socket, _writer: socket) -> None:
    """Repeat TERM until the process exits: a signal just before a blocking read would otherwise be lost."""
    reader.recv(1)
    while True:
        time.sleep(_TERM_INTERVAL)
        signal.pthread_kill(main_thread().ident or 0, signal.SIGTERM)


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


class _Dask:
    """Workers of the Dask cluster at DASK_SCHEDULER_ADDRESS, or else of one started on this machine."""

    def __init__(self, jobs: int) -> None:
        try:
            from dask import config
            from distributed import Client
        except ImportError as error:
            raise _not_installed(error) from error
        address = os.environ.get("DASK_SCHEDULER_ADDRESS")
        with ExitStack() as started:
            started.enter_context(config.set(_DASK))
            # With it, a worker returns freed memory to the system at once, to take it again for the next exchange.
            environ = {**config.get(_ENVIRON, {})}
            environ.pop("MALLOC_TRIM_THRESHOLD_", None)
            started.enter_context(config.set({_ENVIRON: environ}))
            # Its ports are on loopback (":0" is on all interfaces). Logs of workers, such as warnings on shutdown, must
            # not reach the terminal.
            pages = {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
            local = {"n_workers": jobs, "threads_per_worker": 1, "silence_logs": logging.CRITICAL, **pages}
            where = {"address": address, "timeout": "10s"} if address else local
            try:
                self._client = started.enter_context(Client(**where))
            except (OSError, RuntimeError) as error:  # RuntimeError: a worker did not start
                raise _unreachable(address, error) from error
            self._started = started.pop_all()
        self.size, self.task_size = max(jobs, sum(self._client.nthreads().values())), LARGE

    def submit(self, work: Callable[[Any], Any], item: Any) -> _Future:
        future: _Future = self._client.submit(work, item, pure=False, retries=_ATTEMPTS)
        return future

    def restart(self) -> None:
        """Do nothing: the scheduler reassigns the items of a dead worker."""

    def stop(self) -> None:
        self._started.close()


def _call(work: Callable[[Any], Any], item: Any) -> Any:
    return work(item)


class _Ray:
    """Workers of the Ray cluster at RAY_ADDRESS, or else of one started on this machine."""

    def __init__(self, jobs: int) -> None:
        try:
            import ray
        except ImportError as error:
            raise _not_installed(error) from error
        self._ray = ray
        self._call = ray.remote(max_retries=_ATTEMPTS)(_call)  # a function: Ray refuses other callables
        address = os.environ.get("RAY_ADDRESS")
        try:
            self._ray.init(num_cpus=None if address else jobs, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # Ray raises bare exceptions if a node does not start
            raise _unreachable(address, error) from error
        self.size, self.task_size = max(jobs, int(self._ray.cluster_resources().get("CPU", 1))), LARGE

    def submit(self, work: Callable[[Any], Any], item: Any) -> _Future:
        future: _Future = self._call.remote(work, item).future()
        return future

    def restart(self) -> None:
        """Do nothing: Ray reassigns the items of a dead worker."""

    def stop(self) -> None:
        self._ray.shutdown()


def _not_installed(error: ImportError) -> UsageError:
    extra = "ray" if error.name == "ray" else "dask"
    return UsageError(f"--engine {extra} cannot be used: {error}. How to fix: pip install 'sls-contract[{extra}]'.")


def _unreachable(address: str | None, error: Exception) -> UsageError:
    if address:
        return UsageError(
            f"the cluster at {address} cannot be used: {error}. How to fix: start it, or correct the address."
        )
    return UsageError(
        f"a cluster cannot be started on this machine: {error}. How to fix: run it again, or without --engine."
    )
