"""``sls-contract serve``: run the reference endpoint on a socket until a signal ends it."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from sls_contract.cli.listening import SIGNAL_POLL, add_address, key_line, line_writer, proxy_lines, warn_if_public
from sls_contract.cli.options import add_allow_host, add_contract
from sls_contract.clock import utc_now
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

    from sls_contract.cli.terminal import Console
    from sls_contract.endpoint import ReferenceEndpoint, Served
    from sls_contract.endpoint.faults import Fault
    from sls_contract.exchange import Response
    from sls_contract.signing import Credentials

_MOST_SHOWN = 20  # hosts or targets of refused requests


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "serve",
        help="run a GetCheckPoint endpoint on this machine",
        description="Run the reference endpoint. It is also an HTTP proxy: a client with HTTP_PROXY set to its URL "
        "reaches it under any real endpoint name, over plain http. --fault and --faults may be repeated; the faults "
        "happen in their order.",
        epilog="Exit codes, when it ends: 130 interrupted, 143 terminated, 2 it could not start. "
        "Example: sls-contract serve --port 8080 --fault 'error=ServerBusy times=3'",
    )
    add = parser.add_argument
    add_address(parser)
    add("--project", default="my-project", help="project to create if it is missing (default: %(default)s)")
    add("--logstore", default="my-logstore", help="logstore to create if it is missing (default: %(default)s)")
    groups = partial(add, action="append", dest="groups", default=[])
    groups("--consumer-group", metavar="NAME", help="consumer group to create if it is missing; repeatable")
    add("--shards", type=int, metavar="N", help="how many shards the logstore has (default: 2, or as it was)")
    add("--fill", type=int, default=0, metavar="N", help="write N more records to each shard, for a consumer")
    add("--state", metavar="FILE", help="keep the state in FILE (SQLite) across restarts")
    add_allow_host(parser, "serve this host and its subdomains too; repeatable")
    add("--credentials-from-env", action="store_true", help="also accept the key of the environment")
    faults = partial(add, action="append", dest="faults", default=[])
    faults("--fault", metavar="SPEC", type=_spec, help="fault of the next responses, such as 'status=503 times=3'")
    faults("--faults", metavar="FILE", type=_file, help="faults from a file, one per line")
    add_contract(parser, "faults may name the operations of the contracts in this folder, too")
    add("--verbose", action="store_true", help="show each request on stderr, and which responses were scripted")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Serve until a signal ends the run; raises `UsageError` or `EndpointError` if it cannot start."""
    from sls_contract.endpoint.server import avoid_pauses, serve

    faults = [fault for read in arguments.faults for fault in read()]
    with reference_endpoint(arguments, console.environ) as endpoint:
        _fill(endpoint, arguments)
        for fault in faults:
            endpoint.respond_next(fault.scripted())
        show = line_writer(console.stderr)
        refused = _Refused(show, verbose=arguments.verbose)
        if arguments.verbose:
            endpoint.watch(partial(_show, show))
        address = {"host": arguments.host, "port": arguments.port}
        with refused, serve(endpoint, **address, hosts=arguments.allow_host, refused=refused) as server:
            warn_if_public(arguments.host, show)
            if arguments.credentials_from_env:
                show(["warning: requests signed with the key in the environment are accepted"])
            avoid_pauses()
            console.write([f"serving {server.url}", *proxy_lines(server.url), key_line()])
            while True:
                time.sleep(SIGNAL_POLL)


class _Refused:
    """Counts the requests that the server itself refuses: prints each with ``--verbose``, and a list at the end."""

    def __init__(self, show: Callable[[Iterable[str]], None], *, verbose: bool) -> None:
        self._show, self._verbose = show, verbose
        self._counts: Counter[str] = Counter()

    def __call__(self, method: str, wanted: str, response: Response) -> None:
        from sls_contract.reports.text import on_one_line

        self._counts[wanted] += 1
        if self._verbose:
            self._show([on_one_line(f"{method} {wanted} {response.status} (refused)")])

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        from sls_contract.reports.text import on_one_line

        for wanted, times in self._counts.most_common(_MOST_SHOWN):
            line = f"refused {times} times: {wanted}" if times > 1 else f"refused: {wanted}"
            self._show([on_one_line(line)])


def reference_endpoint(arguments: argparse.Namespace, environ: Mapping[str, str]) -> ReferenceEndpoint:
    """Return the endpoint that the options describe."""
    from sls_contract.endpoint import MemoryStore, ReferenceEndpoint, SqliteStore
    from sls_contract.endpoint.state.store import GroupKey
    from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

    keys = [TEST_CREDENTIALS, TEST_STS_CREDENTIALS]
    if arguments.credentials_from_env:
        keys.append(_key(environ))
    place = (arguments.project, arguments.logstore)
    store = SqliteStore(arguments.state) if arguments.state else MemoryStore()
    endpoint = ReferenceEndpoint(
        utc_now,
        credentials=keys,
        store=store,
        logstores={place: 2 if arguments.shards is None else arguments.shards},
        seed=time.time_ns(),
        keep_log=False,
    )
    if arguments.shards is not None:
        endpoint.add_logstore(*place, shards=arguments.shards)
    for name in arguments.groups:
        if store.group(GroupKey(*place, name)) is None:
            endpoint.create_consumer_group(name, project=arguments.project, logstore=arguments.logstore)
    return endpoint


def _fill(endpoint: ReferenceEndpoint, arguments: argparse.Namespace) -> None:
    """Write logs to each shard; their keys are ``shard``, and ``index`` from 0."""
    if arguments.fill < 0:
        msg = f"--fill expects how many records each shard gets, 0 or more, got {arguments.fill}"
        raise UsageError(msg)
    names = {"project": arguments.project, "logstore": arguments.logstore}
    for shard in endpoint.shards(**names, readonly=False):
        for index in range(arguments.fill):
            endpoint.put_logs(shard, [{"shard": str(shard), "index": str(index)}], **names)


def _key(environ: Mapping[str, str]) -> Credentials:
    from sls_contract.signing.environment import ID, SECRET, credentials_from_environment

    key = credentials_from_environment(environ)
    if key is None:
        msg = f"--credentials-from-env expects a key in the environment. How to fix: set {ID} and {SECRET}."
        raise UsageError(msg)
    return key


def _spec(text: str) -> Callable[[], tuple[Fault, ...]]:
    """Return a function that parses a fault; `run` calls it, where a `UsageError` is printed in full."""
    from sls_contract.endpoint.faults import parse_fault

    return lambda: (parse_fault(text),)


def _file(path: str) -> Callable[[], tuple[Fault, ...]]:
    """Return a function that reads the faults of a file, as `_spec` does."""
    from sls_contract.endpoint.faults import read_faults

    return lambda: read_faults(path)


def _show(show: Callable[[Iterable[str]], None], served: Served) -> None:
    """Print an exchange on one line; secrets in its query are masked."""
    from sls_contract.exchange import masked_url
    from sls_contract.reports.text import printable

    request, response = served.exchange.request, served.exchange.response
    status = f"{'(no response)' if response is None else response.status}{' (scripted)' if served.scripted else ''}"
    show([printable(f"{request.method} {masked_url(request.url)} {status}")])
