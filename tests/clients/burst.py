"""8 threads with 5 calls each, all under way together; exits with 0 where each call understood the same."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from aliyun_log_python_sdk import ask
from protocol import task

THREADS, CALLS = 8, 5


def main() -> bool:
    """Tell whether any two calls disagree."""
    with ThreadPoolExecutor(THREADS) as pool:
        responses = list(pool.map(lambda _: str(ask(task(os.environ))), range(THREADS * CALLS)))
    return len(responses) != THREADS * CALLS or len(set(responses)) != 1


if __name__ == "__main__":
    sys.exit(main())
