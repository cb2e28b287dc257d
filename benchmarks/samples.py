"""Write the sample pages of the documentation: a good run, an endpoint with two bugs, and a drift.

    python -m benchmarks.samples [FOLDER]

Writes good.html, broken.html and drift.html to the folder (default: docs/samples).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract import cli
from sls_contract.cassettes import load_cassette
from sls_contract.cassettes.file.recording_file import write
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.exchange import Exchange
from sls_contract.signing import TEST_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sls_contract.exchange import Request, Response

    Change = Callable[[dict[str, object]], dict[str, object]]

_CASSETTES = Path(__file__).parents[1] / "cassettes" / "test_aliyun_log_python_sdk"
_FOLDER = Path(__file__).parents[1] / "docs" / "samples"
_KEY = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": TEST_CREDENTIALS.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": TEST_CREDENTIALS.access_key_secret,
}
_NAMES = ("--project", "my-project", "--logstore", "my-logstore")
_FEW = ("--examples", "5")
_MICROSECONDS = 1_000_000


def run(*argv: str) -> int:
    """Run a command without output, and return its exit code."""
    quiet = io.StringIO()
    return cli.run(argv, environ={**os.environ, **_KEY}, stdin=io.StringIO(), stdout=quiet, stderr=quiet)


@contextmanager
def endpoint(change: Change) -> Iterator[str]:
    """Serve the reference endpoint with changed checkpoints; yield its URL."""
    reference = ReferenceEndpoint(lambda: datetime.now(UTC), logstores={("my-project", "my-logstore"): 4})

    def respond(request: Request) -> Response:
        return changed(request, reference(request), change)

    with serve(respond) as server:
        yield server.url


def changed(request: Request, response: Response, change: Change) -> Response:
    """Return the response with each of its checkpoints changed; other responses stay as they are."""
    if request.method != "GET" or "/consumergroups/" not in request.path or response.status != 200:
        return response
    body = json.dumps([change(entry) for entry in json.loads(response.body)], ensure_ascii=False).encode()
    headers = [
        (name, str(len(body)) if name.lower() == "content-length" else value) for name, value in response.headers.pairs
    ]
    return response.replace(headers=headers, body=body)


def drift_apart(cassettes: Path, before: Path, after: Path) -> None:
    """Write the cassettes to ``before``, and to ``after`` as if they were recorded at an endpoint that changed."""
    for path in cassettes.glob("*.sls.yaml"):
        recordings = [*load_cassette(path).recordings]
        later = []
        for recording in recordings:
            request, response = recording.exchange.request, recording.exchange.response
            assert response is not None
            later.append(replace(recording, exchange=Exchange(request, changed(request, response, drifted))))
        for folder, written in ((before, recordings), (after, later)):
            folder.mkdir(exist_ok=True)
            write(folder / path.name, written)


def seconds(entry: dict[str, object]) -> dict[str, object]:
    """Return the entry with its time in seconds, which a client takes for microseconds in 1970."""
    return entry | {"updateTime": int(str(entry["updateTime"])) // _MICROSECONDS}


def two_bugs(entry: dict[str, object]) -> dict[str, object]:
    """Return the entry with its time in seconds, and its shard as text."""
    return seconds(entry) | {"shard": str(entry["shard"])}


def drifted(entry: dict[str, object]) -> dict[str, object]:
    """Return the entry with its time in seconds, and an additional member."""
    return seconds(entry) | {"lag": 0}


def main(folder: Path) -> int:
    """Write the three pages; return 0 if each run had the expected exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    good = run("verify", *_FEW, "--report", str(folder / "good.html"))
    with endpoint(two_bugs) as url:
        broken = run("verify", "--endpoint", url, *_NAMES, *_FEW, "--report", str(folder / "broken.html"))
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        drift_apart(_CASSETTES, Path("before"), Path("after"))
        drift = run("diff", "before", "after", "--report", str(folder.resolve() / "drift.html"))
        os.chdir(here)
    print(f"exit codes: good {good}, broken {broken}, drift {drift}")
    return (good, broken, drift) != (0, 1, 1)


if __name__ == "__main__":
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.samples", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("folder", nargs="?", type=Path, default=_FOLDER, help="where the pages are written")
    sys.exit(main(command.parse_args().folder))
