"""``sls-contract replay``: serve recordings to any client, in any language, until a signal ends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.cli.listening import add_address, key_line, line_writer, proxy_lines, warn_if_public
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
        description="Serve recordings on this machine to a client in any language. The signature of each "
        "request is verified (the public test key, and the key of the environment), each request and each response is "
        "checked. It is also an HTTP proxy: a client with HTTP_PROXY set to its URL reaches it under any real endpoint "
        "name, over plain http. A request without a recording gets 421 and errorCode RequestNotRecorded.",
        epilog="Exit codes, when a signal ends it: 1 a violation was found or a request had no recording, else 130 "
        "interrupted, 143 terminated; 2 it could not start, or could not play a recording. "
        "Example: sls-contract replay cassettes/ --port 8080",
    )
    add = parser.add_argument
    add("paths", nargs="+", metavar="CASSETTE", type=Path, help="a cassette, a HAR, or a folder of them")
    add_address(parser)
    add(
        "--repeat",
        choices=("never", "last"),
        default="never",
        help="never: each recording is played once; last: the last of identical ones again and again "
        "(default: %(default)s)",
    )
    add_allow_host(parser, "serve this host and its subdomains too; repeatable")
    add_strict(parser)
    add_reports(parser, "at the end, also write the findings as JSON; - for standard output")
    add_contract(parser)
    add("--verbose", action="store_true", help="show each request, and which recording was played, on stderr")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Replay until a signal ends the run; raises an `SlsContractError` if it cannot start."""
    from sls_contract.cassettes.cassette_set import CassetteSet
    from sls_contract.cli import live
    from sls_contract.cli.outcomes import replayed, sender
    from sls_contract.endpoint.server import avoid_pauses, serve
    from sls_contract.reports import Target

    cassette_set = CassetteSet(arguments.paths, utc_now(), repeat=arguments.repeat == "last")
    results = live.LiveResults(show=line_writer(console.stderr), place=_place(cassette_set), verbose=arguments.verbose)
    send = sender(player_of(session_of(cassette_set, results, console)), replayed)
    with live.Signals() as signals:
        with serve(send, host=arguments.host, port=arguments.port, hosts=arguments.allow_host) as server:
            warn_if_public(arguments.host, results.show)
            avoid_pauses()
            console.write(_start_lines(server.url, cassette_set), console.text_stream(arguments))
            signalled = signals.wait()
        ended = live.Ended(Target(server.url, cassette_set.evidence), server.foreign_hosts, server.failures)
        report = live.conclude(ended, results, arguments, console)
    return live.exit_code(report, signalled, strict=arguments.strict)


def session_of(cassette_set: CassetteSet, results: Results, console: Console) -> Session:
    """Return a session that plays a cassette set, and judges each request and response."""
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


def player_of(session: Session) -> Callable[[Request], Outcome]:
    """Return a function that plays recordings; it raises `UnmatchedRequest` if there is none."""

    def play(request: Request) -> Outcome:
        outcome = session.respond(request, "")
        assert outcome is not None  # None asks the caller to send the request, which only recording sessions do
        return outcome

    return play


def _place(cassette_set: CassetteSet) -> Callable[[int | None], Mapping[str, Any]]:
    def place(position: int | None) -> Mapping[str, Any]:
        if position is None:
            return {}
        path, exchange, line = cassette_set.place(position)
        return {"cassette": str(path), "exchange": exchange, "line": line}

    return place


def _start_lines(url: str, cassette_set: CassetteSet) -> list[str]:
    """Return the first lines: the URL, what is played, and how to configure a client."""
    from sls_contract.reports import plural

    exchanges = plural(sum(map(len, cassette_set.files)), "exchange")
    files = plural(len(cassette_set.files), "cassette")
    return [
        f"replaying {url}",
        f"  {exchanges} of {files} (evidence: {cassette_set.evidence})",
        *proxy_lines(url),
        key_line(),
    ]
