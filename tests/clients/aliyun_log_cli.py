"""aliyun-log-cli: ``aliyunlog log get_check_point`` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from protocol import Task, finish, task


def command(wanted: Task) -> list[str]:
    """Return the command line; what names the caller goes through the environment."""
    line = [
        str(Path(sysconfig.get_path("scripts")) / "aliyunlog"),
        "log",
        "get_check_point",
        f"--project={wanted.project}",
        f"--logstore={wanted.logstore}",
        f"--consumer_group={wanted.consumer_group}",
    ]
    return line if wanted.shard is None else [*line, f"--shard={wanted.shard}"]


def account(wanted: Task) -> dict[str, str]:
    """Return the variables that the command prefers to anything configured on this machine."""
    return {
        "ALIYUN_LOG_CLI_ENDPOINT": wanted.endpoint,
        "ALIYUN_LOG_CLI_ACCESSID": wanted.access_key_id,
        "ALIYUN_LOG_CLI_ACCESSKEY": wanted.access_key_secret,
        "ALIYUN_LOG_CLI_STS_TOKEN": wanted.security_token or "",
        "ALIYUN_LOG_CLI_SIGN_VERSION": wanted.auth,
        "ALIYUN_LOG_CLI_REGION_ID": wanted.region,
    }


def understood(printed: str) -> object:
    """Return the last line that the command printed, parsed where it is JSON; None where it printed nothing."""
    lines = printed.splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return lines[-1]


def main() -> None:
    """Pass on what the command printed, and whether it failed. It prints no status."""
    wanted = task(os.environ)
    done = subprocess.run(
        command(wanted), env=os.environ | account(wanted), stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    sys.stderr.write(done.stdout)
    printed = understood(done.stdout)
    if done.returncode == 0:
        finish(printed, status=0)
    code = printed.get("errorCode") if isinstance(printed, dict) else None
    finish({"errorCode": code, "status": None}, status=1)


if __name__ == "__main__":
    main()
