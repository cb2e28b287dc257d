"""The labelled pairs are modules beside these tests; tests are no package, so they are made findable here."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
