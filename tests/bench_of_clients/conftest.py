"""The wrappers and the page's generator stand in folders that are no packages; they are made findable here."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(_ROOT / "tests" / "clients"))
sys.path.append(str(_ROOT))  # last: the installed sls_contract is the one that is tested
