"""What `serve`, `replay` and `proxy` have in common: the address to listen on, and the lines for clients."""

from __future__ import annotations

from contextlib import suppress
from shlex import quote
from typing import IO, TYPE_CHECKING

from sls_contract.cli.options import read_host, read_port
from sls_contract.hosts import is_loopback

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

_PORT = 8080
SIGNAL_POLL = 1.0
"""Seconds between checks for a signal: a signal that arrives just before a sleep starts does not interrupt it."""


def add_address(parser: argparse.ArgumentParser) -> None:
    """Declare ``--host`` and ``--port``."""
    parser.add_argument(
        "--host", type=read_host, default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=read_port, default=_PORT, help="port to listen on; 0 takes a free one (default: %(default)s)"
    )


def line_writer(stderr: IO[str]) -> Callable[[Iterable[str]], None]:
    """Return a function that writes lines in one call; a closed stream does not raise, so that no request fails."""

    def show(lines: Iterable[str]) -> None:
        with suppress(OSError, ValueError):
            stderr.write("".join(f"{line}\n" for line in lines))
            stderr.flush()

    return show


def warn_if_public(host: str, show: Callable[[Iterable[str]], None]) -> None:
    """Print a warning if other machines can reach the address."""
    if not is_loopback(host):
        show([f"warning: {host} is not a loopback address; other machines can reach this"])


def proxy_lines(url: str) -> list[str]:
    """Return shell lines that send the requests of clients to a server: proxy variables, and the options for Node."""
    from sls_contract.endpoint.node import node_options

    preload, address = quote(node_options()), quote(url.partition("://")[2])
    return [
        f"  export HTTP_PROXY={url} http_proxy={url}  # then any real endpoint name, over plain http",
        f"  export SLS_LOOPBACK={address} NODE_OPTIONS={preload}  # the same for Node, which reads no proxy variable",
    ]


def key_line() -> str:
    """Return a shell line that sets the public test key for clients."""
    from sls_contract.signing import TEST_CREDENTIALS as KEY
    from sls_contract.signing.environment import ID, SECRET

    return f"  export {ID}={KEY.access_key_id} {SECRET}={KEY.access_key_secret}  # the public test key"
