"""``sls-contract replay``: recordings served to any client, in any language, until it is interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.cli.listening import add_address, key_line, proxy_lines, shown_on, warn_beyond_loopback
from sls_contract.cli.options import add_allow_host, add_contract, add_reports, add_strict
from sls_contract.clock import utc_now

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from sls_contract.cassettes.cassette_set import CassetteSet
    from sls_contract.cassettes.recorder import Outcome
    from sls_contract.cassettes.results import Results
    from sls_contract.cassettes.session import Session
    from sls_contract.cli.terminal import Console
    from sls_contract.exchange import Request


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "replay",
        help="serve recordings to any client",
        description="Serve what cassettes hold, on this machine, to a client in any language. The signature of each "
        "request is verified (the public test key, and the key of the environment), each request and each answer is "
        "checked. It is also an HTTP proxy: a client with HTTP_PROXY set to its URL reaches it under any real endpoint "
        "name, over plain http. A request that no recording answers gets 421 and errorCode RequestNotRecorded.",
        epilog="Exit codes, when a signal ends it: 1 a violation was found or a request had no recording, else 130 "
        "interrupted, 143 terminated; 2 it could not start, or could not play what it holds. "
        "Example: sls-contract replay cassettes/ --port 8080",
    )
    add = parser.add_argument
    add("paths", nargs="+", metavar="CASSETTE", type=Path, help="a cassette, a HAR, or a folder of them")
    add_address(parser)
    add(
        "--repeat",
        choices=("never", "last"),
        default="never",
        help="never: each recording answers once; last: the last of identical ones again and again "
        "(default: %(default)s)",
    )
    add_allow_host(parser, "answer for")
    add_strict(parser)
    add_reports(parser, "at the end, also write the findings as JSON")
    add_contract(parser)
    add("--verbose", action="store_true", help="show each request, and which recording answered it, on stderr")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Play until a signal ends it; raises an `SlsContractError` where it cannot start."""
    from sls_contract.cassettes.cassette_set import CassetteSet
    from sls_contract.cli import live
    from sls_contract.cli.outcomes import answering, delivered
    from sls_contract.endpoint.server import avoid_pauses, serve
    from sls_contract.reports import Target

    cassette_set = CassetteSet(arguments.paths, utc_now(), repeat=arguments.repeat == "last")
    results = live.LiveResults(show=shown_on(console.stderr), place=_place(cassette_set), verbose=arguments.verbose)
    send = answering(asking(session_of(cassette_set, results, console)), delivered)
    with live.Signals() as signals:
        with serve(send, host=arguments.host, port=arguments.port, hosts=arguments.allow_host) as server:
            warn_beyond_loopback(arguments.host, results.show)
            avoid_pauses()
            console.tell(_invitation(server.url, cassette_set), console.people(arguments))
            signalled = signals.wait()
        ended = live.Ended(Target(server.url, cassette_set.evidence), server.foreign_hosts, server.failures)
        report = live.concluded(ended, results, arguments, console)
    return live.exit_code(report, signalled, strict=arguments.strict)


def session_of(cassette_set: CassetteSet, results: Results, console: Console) -> Session:
    """Return the session that plays a cassette set, and judges whatever it is asked."""
    from sls_contract.cassettes.hosts import host_rule
    from sls_contract.cassettes.session import Session
    from sls_contract.cassettes.session_settings import Opening

    opening = Opening(
        path=cassette_set.path,
        record="none",
        scrubber=console.scrubber(),
        owns=host_rule(),
        clock=utc_now,
        began=utc_now(),
        credentials=next(iter(console.keys()), None),
    )
    return Session(opening, results, cassette_set)


def asking(session: Session) -> Callable[[Request], Outcome]:
    """Return what answers a request from recordings alone; raises `UnmatchedRequest` where none does."""

    def ask(request: Request) -> Outcome:
        outcome = session.answer(request, "")
        assert outcome is not None  # nothing is recorded here, so nothing passes
        return outcome

    return ask


def _place(cassette_set: CassetteSet) -> Callable[[int | None], Mapping[str, Any]]:
    def place(position: int | None) -> Mapping[str, Any]:
        if position is None:
            return {}
        path, exchange, line = cassette_set.place(position)
        return {"cassette": str(path), "exchange": exchange, "line": line}

    return place


def _invitation(url: str, cassette_set: CassetteSet) -> list[str]:
    """Say where it is, what it plays, and how to point a client at it."""
    from sls_contract.reports import plural

    exchanges = plural(sum(map(len, cassette_set.files)), "exchange")
    files = plural(len(cassette_set.files), "cassette")
    return [
        f"replaying {url}",
        f"  {exchanges} of {files} (evidence: {cassette_set.evidence})",
        *proxy_lines(url),
        key_line(),
    ]
