"""alibabacloud-sls20201230: ``Client.get_check_point_async``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from protocol import run
from sls20201230 import arguments, checkpoints, client, explain

if TYPE_CHECKING:
    from protocol import Task


def ask(task: Task) -> object:
    """Ask on an event loop of its own."""
    return checkpoints(asyncio.run(client(task).get_check_point_async(*arguments(task))))


if __name__ == "__main__":
    run(ask, explain)
