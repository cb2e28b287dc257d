"""alibabacloud-sls20201230: ``Client.get_check_point``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import run
from sls20201230 import arguments, checkpoints, client, explain

if TYPE_CHECKING:
    from protocol import Task


def ask(task: Task) -> object:
    """Ask, blocking."""
    return checkpoints(client(task).get_check_point(*arguments(task)))


if __name__ == "__main__":
    run(ask, explain)
