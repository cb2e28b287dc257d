"""The wrappers and the page's generator stand in folders that are no packages; they are made findable here."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(_ROOT / "tests" / "clients"), str(_ROOT)]
