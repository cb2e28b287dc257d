"""aliyun-log-python-sdk: ``LogClient.get_check_point``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aliyun.log import LogClient, LogException
from protocol import Failure, run

if TYPE_CHECKING:
    from protocol import Task


def ask(task: Task) -> object:
    """Return what the SDK takes for the checkpoints."""
    client = LogClient(
        task.endpoint,
        task.access_key_id,
        task.access_key_secret,
        securityToken=task.security_token,
        source="bench",  # else the constructor asks DNS for this machine's name
        auth_version=task.auth,
        region=task.region,
    )
    shard = -1 if task.shard is None else task.shard
    response = client.get_check_point(task.project, task.logstore, task.consumer_group, shard)
    return response.get_consumer_group_check_points()


def explain(error: Exception) -> Failure:
    """Return what the SDK's own exception says; another exception says nothing."""
    if isinstance(error, LogException):
        return Failure(error.get_error_code(), error.get_resp_status())
    return Failure(None, None)


if __name__ == "__main__":
    run(ask, explain)
