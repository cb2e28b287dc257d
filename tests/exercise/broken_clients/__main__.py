"""``python tests/exercise/broken_clients [NAME]``: a client by name; without one the correct one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from broken_clients.correct import Client, main
from broken_clients.every import BUGS, UNUSUAL

KINDS = {"correct": Client} | UNUSUAL | {name: bug.kind for name, bug in BUGS.items()}

if __name__ == "__main__":
    sys.exit(main(KINDS[sys.argv[1] if len(sys.argv) > 1 else "correct"]))
