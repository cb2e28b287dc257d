"""Run six real clients through all scenarios of GetCheckPoint, and write the results to docs/clients.md.

    python -m benchmarks.clients [--out FILE] [--reports DIR] [--jobs N]

Needs the clients in the versions that tests/clients names. With ``--reports`` each client's report is kept in DIR, and
read from there if it exists. Exit code 1 if a known behaviour of a client was not seen.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sls_contract import __version__

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests" / "clients"))  # tests are no package

from behaviours import BEHAVIOURS  # noqa: E402 - found by the line above
from bench import Result, exercise  # noqa: E402
from roster import CLIENTS, Client  # noqa: E402

from benchmarks.clients_page import OTHERWISE, page  # noqa: E402


def result_of(client: Client, jobs: int, reports: Path | None) -> Result:
    """Return the result of a client, from a kept report if there is one."""
    kept = reports / f"{Path(client.script).stem}.json" if reports else None
    if kept and kept.exists():
        return Result(client, json.loads(kept.read_text(encoding="utf-8")))
    result = exercise(client, jobs=jobs)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(result.document, ensure_ascii=False, indent=1), encoding="utf-8")
    return result


def made() -> str:
    """Return the line that states when and with which versions the page was made."""
    node = subprocess.run(["node", "--version"], capture_output=True, encoding="utf-8", check=True).stdout.strip()
    versions = f"sls-contract {__version__}, Python {platform.python_version()}, Node {node.removeprefix('v')}"
    return f"Made on {datetime.now(UTC):%Y-%m-%d} with {versions}."


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.clients", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=_ROOT / "docs" / "clients.md", help="the page (default: docs/clients.md)"
    )
    parser.add_argument(
        "--reports", type=Path, metavar="DIR", help="keep each client's report here, and read it if it exists"
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs of a client at a time (default: %(default)s)")
    arguments = parser.parse_args()
    if missing := [reason for client in CLIENTS if (reason := client.missing())]:
        print(*missing, sep="\n", file=sys.stderr)
        return 2
    results = []
    for client in CLIENTS:
        print(f"{client.name} …", file=sys.stderr)
        results.append(result_of(client, arguments.jobs, arguments.reports))
    text = page(results, BEHAVIOURS, made())
    arguments.out.write_text(text, encoding="utf-8")
    return int(OTHERWISE in text)


if __name__ == "__main__":
    sys.exit(main())
