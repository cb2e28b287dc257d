"""alibabacloud-sls20201230: what its blocking and its asyncio method have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from protocol import Failure

if TYPE_CHECKING:
    from protocol import Task


def client(task: Task) -> Client:
    """Return a client that asks over plain http; https is its default."""
    return Client(
        Config(
            access_key_id=task.access_key_id,
            access_key_secret=task.access_key_secret,
            security_token=task.security_token,
            endpoint=task.endpoint,
            region_id=task.region,
            protocol="HTTP",
            signature_version=task.auth,
        )
    )


def arguments(task: Task) -> tuple[str, str, str, models.GetCheckPointRequest]:
    """Return the arguments that both methods take."""
    return task.project, task.logstore, task.consumer_group, models.GetCheckPointRequest(shard=task.shard)


def checkpoints(response: models.GetCheckPointResponse) -> object:
    """Return the models as the SDK filled them."""
    return [
        {"shard": each.shard, "checkpoint": each.checkpoint, "updateTime": each.update_time, "consumer": each.consumer}
        for each in response.body
    ]


def explain(error: Exception) -> Failure:
    """Return the code and status that the SDK's exception carries."""
    data = getattr(error, "data", None) or {}
    return Failure(getattr(error, "code", None), data.get("statusCode"))
