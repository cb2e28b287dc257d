"""The value of fixture ``sls``: endpoint, names and credentials for a client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sls_contract.signing import Credentials

PUBLIC_REGION = "cn-hangzhou"
PUBLIC_ENDPOINT = "cn-hangzhou.log.aliyuncs.com"
PUBLIC_PROJECT = "my-project"
PUBLIC_LOGSTORE = "my-logstore"
PUBLIC_GROUP = "consumer_group_test"
PUBLIC_SESSION_GROUP = "consumer_group_session"


@dataclass(frozen=True, slots=True)
class Sls:
    """Endpoint, names and credentials for a client.

    Real names while recording at a URL; public names otherwise, so that anyone can replay the recording.

    Attributes:
        endpoint: the bare host, ``cn-hangzhou.log.aliyuncs.com``; clients put ``<project>.`` in front of it.
        url: the same with its scheme, ``https://cn-hangzhou.log.aliyuncs.com``.
        region: the region that a signature of version 4 names.
        project: the project's name.
        logstore: the logstore's name.
        consumer_group: an existing consumer group; while recording at a URL, it was made for this test (or this run).
        credentials: the key to sign with; in replay, the public test key.

    """

    endpoint: str
    url: str
    region: str
    project: str
    logstore: str
    consumer_group: str
    credentials: Credentials = field(repr=False)


def public_names(credentials: Credentials, group: str = PUBLIC_GROUP) -> Sls:
    """Return the names that recordings contain."""
    return Sls(
        endpoint=PUBLIC_ENDPOINT,
        url=f"https://{PUBLIC_ENDPOINT}",
        region=PUBLIC_REGION,
        project=PUBLIC_PROJECT,
        logstore=PUBLIC_LOGSTORE,
        consumer_group=group,
        credentials=credentials,
    )
