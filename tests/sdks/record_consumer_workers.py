"""Record workers of the official SDK's consumer library through `sls-contract proxy`, each in a process of its own.

Two workers share the shards; one is killed and comes back under its name, one ends as it should. Run it from the
checkout: ``python tests/sdks/record_consumer_workers.py cassettes/test_consumer_workers/workers.sls.yaml``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.signing import TEST_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARDS, GROUPS = 3, 12  # log groups of each shard
TOOL = (sys.executable, "-m", "sls_contract")
WORKER = """
import sys, time
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, CursorPosition, LogHubConfig

name, key, secret, compression = sys.argv[1:]


class Saves(ConsumerProcessorBase):
    def process(self, log_groups, tracker):
        self.save_checkpoint(tracker, force=True)


config = LogHubConfig(
    "cn-hangzhou.log.aliyuncs.com", key, secret, "my-project", "my-logstore", "readers", name,
    cursor_position=CursorPosition.BEGIN_CURSOR, heartbeat_interval=3, data_fetch_interval=1,
    max_fetch_log_group_size=5, accept_compress_type=compression,
)
worker = ConsumerWorker(Saves, config)
worker.start()
sys.stdin.read()  # until it is closed
worker.shutdown()
worker.join()
"""


def main(path: str) -> None:
    """Record into a new file."""
    Path(path).unlink(missing_ok=True)
    serve = ("serve", "--port", "0", "--shards", str(SHARDS), "--fill", str(GROUPS))
    with _started(*serve) as endpoint, _started("proxy", "--port", "0", "--cassette", path, "--to", endpoint) as url:
        _work(url)


def _work(url: str) -> None:
    first = _worker("worker_1", url, "lz4")
    time.sleep(7)
    second = _worker("worker_2", url, "zstd")
    time.sleep(13)
    first.kill()
    time.sleep(10)
    again = _worker("worker_1", url, "lz4")
    time.sleep(13)
    second.communicate()
    time.sleep(5)
    again.communicate()


def _worker(name: str, url: str, compression: str) -> subprocess.Popen[bytes]:
    key = TEST_CREDENTIALS
    words = [sys.executable, "-c", WORKER, name, key.access_key_id, key.access_key_secret, compression]
    return subprocess.Popen(words, env={**os.environ, "http_proxy": url}, stdin=subprocess.PIPE)


@contextmanager
def _started(*words: str) -> Iterator[str]:
    """Start a command that listens; give its URL, and end it."""
    with subprocess.Popen([*TOOL, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://[0-9.:]+", process.stdout.readline())[0]
        finally:
            process.terminate()


if __name__ == "__main__":
    main(sys.argv[1])
