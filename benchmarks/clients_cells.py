"""The cells of the tables in docs/clients.md: what a client returned for a response, in a few words. Pure functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sls_contract.exercise.situations import SITUATIONS

if TYPE_CHECKING:
    from behaviours import Seen
    from bench import Run

_WIDEST = 48  # characters of a printed value that are shown
_FIELDS = {
    "checkpoint-missing": "checkpoint",
    "consumer-in-gbk": "consumer",
    "consumer-missing": "consumer",
    "consumer-null": "consumer",
    "entry-new-key": "lag",
    "shard-as-text": "shard",
    "shard-missing": "shard",
    "update-time-as-text": "updateTime",
    "update-time-beyond-doubles": "updateTime",
    "update-time-missing": "updateTime",
}
"""Scenarios about one field of the entry: the cell shows that field."""
_COUNTED = ("filter-ignored", "shard-twice")


def cell(run: Run | None) -> str:
    """Return the cell of a run: bold if it broke a clause, with the number of requests if there were several."""
    if run is None:
        return "not run"
    if not run.supported:
        return "not supported"
    text = f"**{made_of(run)}**" if run.codes else made_of(run)
    return f"{text} ×{run.seen.requests}" if run.seen.requests > 1 and run.seen.exit is not None else text


def made_of(run: Run) -> str:
    """Describe what the client returned for the response."""
    seen = run.seen
    if seen.exit is None:
        # Tens of seconds, and no count: both depend on how busy the machine is.
        return f"{'still retrying' if seen.requests > 1 else 'still waiting'} after {run.seconds // 10 * 10:.0f} s"
    if seen.exit == 0:
        return _passed_on(run)
    return _error(seen, SITUATIONS[run.scenario].response)


def _passed_on(run: Run) -> str:
    printed, field = run.seen.printed, _FIELDS.get(run.scenario)
    if isinstance(printed, list) and printed and run.scenario in _COUNTED:
        return "1 entry" if len(printed) == 1 else f"{len(printed)} entries"
    if field and isinstance(printed, list) and printed and isinstance(printed[0], dict):
        return f"{field} `{short(printed[0][field])}`" if field in printed[0] else f"no {field}"
    return f"`{short(printed)}`" if run.codes else "as sent"


def _error(seen: Seen, response: str) -> str:
    """Describe an error: its code and status, or only their names if they equal those of the response."""
    known = seen.printed if isinstance(seen.printed, dict) else {}
    code, status = known.get("errorCode"), known.get("status")
    if code and response == f"{status} {code}":
        return "error: code, status"
    if code and response.endswith(f" {code}"):
        return "error: code"
    return " ".join(str(each) for each in ("error", code, status) if each is not None)


def short(printed: Any) -> str:
    """Return a value as JSON, cut to the width of a cell."""
    text = json.dumps(printed, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
