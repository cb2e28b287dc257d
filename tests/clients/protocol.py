"""What a Python client needs to be run by ``sls-contract exercise``: its task from the environment, its last line.

The wrappers beside this file pass on what a client gave, and repair nothing: what they print is judged as the client's.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOT_SUPPORTED = 77


class Task(NamedTuple):
    """What one run asks of the client."""

    endpoint: str
    region: str
    project: str
    logstore: str
    consumer_group: str
    shard: int | None  # None: leave the parameter out
    auth: str  # v1 or v4
    access_key_id: str
    access_key_secret: str
    security_token: str | None


class Failure(NamedTuple):
    """An error as far as the client knows it; None where it does not say."""

    code: object
    status: object


def task(environ: Mapping[str, str]) -> Task:
    """Read the environment that the command sets."""
    shard = environ["SLS_SHARD"]
    return Task(
        endpoint=environ["SLS_ENDPOINT"],
        region=environ["SLS_REGION"],
        project=environ["SLS_PROJECT"],
        logstore=environ["SLS_LOGSTORE"],
        consumer_group=environ["SLS_CONSUMER_GROUP"],
        shard=int(shard) if shard else None,
        auth=environ["SLS_AUTH"],
        access_key_id=environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        security_token=environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
    )


def run(ask: Callable[[Task], Any], explain: Callable[[Exception], Failure]) -> None:
    """Ask once, print what the client returned or how it failed, and exit accordingly."""
    try:
        result = ask(task(os.environ))
    except Exception as error:  # noqa: BLE001 - whatever a client raises is its way to say that it failed
        traceback.print_exc()
        failure = explain(error)
        finish({"errorCode": failure.code, "status": failure.status}, status=1)
    finish(result, status=0)


def finish(last_line: object, *, status: int) -> None:
    """Print the line that is judged, and exit."""
    sys.stdout.write(json.dumps(last_line) + "\n")
    sys.exit(status)
