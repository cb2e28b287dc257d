"""``sls-contract proxy``: record the requests of any client, in any language, through a forward proxy."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from sls_contract.cli.listening import add_address, line_writer, proxy_lines, warn_if_public
from sls_contract.cli.options import add_allow_host, add_contract, add_reports, add_strict
from sls_contract.clock import utc_now

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from sls_contract.cassettes.results import Results
    from sls_contract.cli.listeners import HostFilter, Listener
    from sls_contract.cli.live import Ended
    from sls_contract.cli.terminal import Console

_MODES = ("once", "new_episodes", "all")


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "proxy",
        help="record any client through an HTTP proxy",
        description="Record the requests and responses of a client in any language. Set its HTTP_PROXY to the URL of "
        "this proxy, and let it use plain http; the proxy calls the service over https. Each exchange is checked, "
        "scrubbed and recorded before the client gets the response. Requests to other hosts are refused.",
        epilog="Exit codes, when a signal ends it: 1 a violation was found, 2 an exchange could not be recorded, else "
        "130 interrupted, 143 terminated. Example: sls-contract proxy --cassette reads.sls.yaml",
    )
    add = parser.add_argument
    add("--cassette", required=True, metavar="FILE", type=Path, help="where to record, such as reads.sls.yaml")
    add("--to", metavar="URL", help="send requests to this endpoint instead of the host that the client names")
    add(
        "--record",
        choices=_MODES,
        default="once",
        help="once: record if FILE does not exist or is unfinished, else play it; new_episodes: play what is "
        "recorded, record the rest; all: record everything again (default: %(default)s)",
    )
    add("--plain", action="store_true", help="call the service over plain http when the client does")
    add("--https", action="store_true", help="open https, too; needs mitmproxy: pip install 'sls-contract[proxy]'")
    add(
        "--ca-dir",
        metavar="DIR",
        type=Path,
        help="keep the certificate authority of --https in this folder across runs",
    )
    add_address(parser)
    add_allow_host(parser, "record this host and its subdomains too; repeatable")
    _add_scrubbing(parser)
    add("--timeout", type=float, default=60.0, metavar="SECONDS", help="seconds for an exchange (default: %(default)g)")
    add_strict(parser)
    add_reports(parser, "at the end, also write the findings as JSON; - for standard output")
    add_contract(parser)
    add("--verbose", action="store_true", help="show each request on stderr")
    parser.set_defaults(run=run)


def _add_scrubbing(parser: argparse.ArgumentParser) -> None:
    """Declare the options for names and secrets that are replaced in recordings."""
    add = parser.add_argument
    repeatable = partial(add, action="append", default=[])
    repeatable("--rename", metavar="REAL=PUBLIC", help="write this name in place of the real one; repeatable")
    add(
        "--hide-names",
        choices=("yes", "no"),
        default="yes",
        help="at the live service, replace names that only responses have by other-group-1 and so on (default: yes)",
    )
    repeatable("--scrub", metavar="REGEX", help="also remove all text that matches; repeatable")
    repeatable("--scrub-key", metavar="NAME", help="remove the values of this header or key; repeatable")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Record until a signal ends the run; raises an `SlsContractError` if it cannot start."""
    from sls_contract.cli import live
    from sls_contract.cli.listeners import HostFilter, plain_listener, refuse_loop, tls_listener
    from sls_contract.cli.relaying import forwarding_rule, recording, session_of
    from sls_contract.transport.relay import Relay

    show = line_writer(console.stderr)
    results = live.LiveResults(show=show, place=_place(arguments.cassette), verbose=arguments.verbose)
    relay = Relay(arguments.to, arguments.plain, arguments.timeout)
    with live.Signals() as signals:
        with recording(session_of(arguments, relay, results, console.environ, utc_now), relay) as record:
            admit = HostFilter(record.send, forwarding_rule(arguments))
            listening = tls_listener(admit, arguments, show) if arguments.https else plain_listener(admit, arguments)
            with listening as listener:
                refuse_loop(listener.port)
                warn_if_public(arguments.host, show)
                lines = _start_lines(listener, arguments, recording=record.session.recording)
                console.write(lines, console.text_stream(arguments))
                signalled = signals.wait()
        results.place_in(arguments.cassette)
        report = live.conclude(_ended(arguments, results, admit), results, arguments, console)
    return live.exit_code(report, signalled, strict=arguments.strict)


def _place(cassette: Path) -> Callable[[int | None], Mapping[str, Any]]:
    return lambda position: {"cassette": str(cassette), "exchange": position}


def _ended(arguments: argparse.Namespace, results: Results, admit: HostFilter) -> Ended:
    from sls_contract.cassettes.recording import Evidence, weakest
    from sls_contract.cli.live import Ended
    from sls_contract.reports import Target

    evidence = weakest(map(Evidence, results.evidence)) if results.evidence else None
    return Ended(Target(arguments.to, evidence), tuple(admit.foreign_hosts), tuple(admit.failures))


def _start_lines(listener: Listener, arguments: argparse.Namespace, *, recording: bool) -> list[str]:
    """Return the first lines: the URL, what happens with the file, and how to configure a client."""
    file, target = arguments.cassette, arguments.to or "the hosts that clients name"
    action = (
        f"recording into {file}" if recording else f"playing {file}, which exists; --record new_episodes adds to it"
    )
    trust = [] if listener.certificate is None else _certificate_lines(listener.url, quote(str(listener.certificate)))
    return [f"proxy {listener.url}", f"  {action}", f"  forwarding to {target}", *proxy_lines(listener.url), *trust]


def _certificate_lines(url: str, certificate: str) -> list[str]:
    """Return shell lines that make clients trust the certificate; docs/proxy.md describes other clients."""
    return [
        f"  export HTTPS_PROXY={url} https_proxy={url}",
        f"  export REQUESTS_CA_BUNDLE={certificate}  # aliyun-log-python-sdk, aliyun-log-cli, all that use requests",
        f"  export SSL_CERT_FILE={certificate}  # alibabacloud-sls20201230 async, httpx, Go",
        f"  export NODE_EXTRA_CA_CERTS={certificate}  # Node",
        "  Config(ca=…) with the same path  # alibabacloud-sls20201230 sync, which reads no variable",
    ]
