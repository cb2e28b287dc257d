"""``sls-contract cassettes``: status, download and upload of cassettes in object storage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.captures.remote.checkout import Checkout, Result
    from sls_contract.captures.remote.suite import Suite
    from sls_contract.cli.terminal import Console


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "cassettes",
        help="download and upload cassettes in object storage",
        description="Download and upload the cassettes of suites with ini sls_cassette_dir = oss://… (or s3://…). "
        "sls-cassettes.lock in the repository names the revision of each suite; pytest follows it and writes it. "
        "status: list recordings that were not uploaded, and revisions that the lock does not name. pull: download the "
        "locked revision, for a run without network. push: upload new recordings, and write the lock; if a merge left "
        "a conflict in the lock, merge the recordings of both branches.",
        epilog="Exit codes: 0 done; 1 a conflict is left, or status found a difference; 2 failed. "
        "Example: sls-contract cassettes push",
    )
    command.add_argument("action", choices=("status", "pull", "push"), help="what to do")
    command.add_argument("urls", nargs="*", metavar="URL", help="the suites (default: all of the lock)")
    command.add_argument("--lock", type=Path, metavar="PATH", help="the lock (default: the nearest in this repository)")
    command.add_argument(
        "--latest", action="store_true", help="pull: also merge the revisions that others uploaded, and lock the result"
    )
    command.add_argument(
        "--delete", action="store_true", help="push: also remove the cassettes whose files you deleted"
    )
    command.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="DIR",
        help="push: first copy the cassettes of this folder into the suite",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action for each suite; return the exit code."""
    from sls_contract.captures.remote.checkout import Checkout

    clean = True
    for suite in _suites(arguments, console.environ):
        result = _result(arguments, Checkout(suite, console.keys()))
        console.write(result.lines)
        clean &= result.clean
        if result.clean or arguments.action != "status":
            _require_revision(suite)
    return 0 if clean else 1


def _require_revision(suite: Suite) -> None:
    """Require a locked revision: without one, nothing was downloaded, uploaded or compared."""
    from sls_contract.captures.remote.lockfile import revisions_in

    if not revisions_in(suite.lock, suite.url):
        msg = (
            f"expected a suite in {suite.lock.name}, or recordings to upload, got {suite.url}. "
            "How to fix: correct the URL, or record first: pytest --sls-record=once"
        )
        raise UsageError(msg)


def _suites(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Suite]:
    from sls_contract.captures.remote.lockfile import lock_near, read_lock
    from sls_contract.captures.remote.suite import suite_of
    from sls_contract.captures.storage import is_url

    lock = arguments.lock or lock_near(Path.cwd())
    urls = arguments.urls or list(dict.fromkeys(line.url for line in read_lock(lock)))
    if not urls or (arguments.folder is not None and len(urls) > 1):
        msg = (
            f"expected {'one URL' if urls else f'a URL, or a suite in {lock}'}. "
            "How to fix: name the URL of ini sls_cassette_dir."
        )
        raise UsageError(msg)
    for url in urls:
        if not is_url(url):
            msg = (
                f"expected a URL such as s3://bucket/folder, got {url!r}. "
                "How to fix: name the URL of ini sls_cassette_dir."
            )
            raise UsageError(msg)
        yield suite_of(url, lock, environ)


def _result(arguments: argparse.Namespace, checkout: Checkout) -> Result:
    if arguments.action == "status":
        return checkout.status()
    if arguments.action == "pull":
        return checkout.pull(latest=arguments.latest)
    if arguments.folder is not None:
        checkout.adopt(arguments.folder)
    return checkout.push(delete=arguments.delete)
