"""Where a test's requests go while recording: nowhere, the embedded reference endpoint, or a URL."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from sls_contract.errors import EndpointError, UsageError
from sls_contract.exchange import Request
from sls_contract.plugin.names import PUBLIC_GROUP, PUBLIC_LOGSTORE, PUBLIC_PROJECT, Sls, public_names
from sls_contract.plugin.options import REFERENCE
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, region_of, sign
from sls_contract.signing.environment import ID, SECRET, credentials_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sls_contract.exchange import Send
    from sls_contract.plugin.options import Settings
    from sls_contract.signing import Credentials

GROUP_TIMEOUT = 60
"""Seconds; how long a consumer of a group made for a test may stay silent."""


@dataclass(slots=True)
class Target:
    """What answers a test's requests, and the names and keys to use with it.

    Attributes:
        credentials: the run's own key, if the environment has one.
        send: what answers instead of the network while recording; None: the client's own stack does.
        endpoint: what was asked for: `REFERENCE` or a URL.
        renames: real names to public ones.
        prepare: makes what fixture ``sls`` promises, and takes it away again.

    """

    credentials: Credentials | None = None
    send: Send | None = None
    endpoint: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], Iterator[Sls]] | None = None

    @contextmanager
    def names(self, *, recording: bool) -> Iterator[Sls]:
        """Give the names that a test shall use: real ones only while recording at a URL."""
        if recording and self.prepare is not None:
            yield from self.prepare()
        else:
            yield public_names(TEST_CREDENTIALS)


def target_of(
    settings: Settings, environ: Mapping[str, str], clock: Callable[[], datetime], seen: Callable[[], datetime]
) -> Target:
    """Return where the requests of one test go; a reference endpoint is new for each test, and goes by its clock."""
    own = credentials_from_environment(environ)
    if settings.record == "none":
        return Target(own, endpoint=settings.endpoint)
    if settings.endpoint == REFERENCE:
        from sls_contract.endpoint import ReferenceEndpoint

        known = (*([own] if own else ()), TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        endpoint = ReferenceEndpoint(seen, credentials=known, keep_log=False)
        endpoint.create_consumer_group(PUBLIC_GROUP)
        return Target(own, endpoint, REFERENCE)
    return _at_url(settings, own, clock)


def _at_url(settings: Settings, own: Credentials | None, clock: Callable[[], datetime]) -> Target:
    from sls_contract.transport import open_transport, parse_endpoint

    address = parse_endpoint(settings.endpoint)
    group = f"sls-contract-{secrets.token_hex(6)}"
    renames = {group: PUBLIC_GROUP}
    if settings.project:
        renames[settings.project] = PUBLIC_PROJECT
    if settings.logstore:
        renames[settings.logstore] = PUBLIC_LOGSTORE
    carry = open_transport(settings.endpoint)

    def prepare() -> Iterator[Sls]:
        names = _real_names(settings, own, group, literal=address.literal, host=address.authority)
        with _group(names, carry, clock):
            yield names

    return Target(own, carry if address.literal else None, settings.endpoint, renames, prepare)


def _real_names(settings: Settings, own: Credentials | None, group: str, *, literal: bool, host: str) -> Sls:
    """Return the names of the run; a literal address is reached by routing, so clients keep the public endpoint."""
    missing = [
        option
        for option, value in (("--sls-project", settings.project), ("--sls-logstore", settings.logstore))
        if not value
    ] + ([] if own else [f"{ID} and {SECRET}"])
    if missing or own is None or settings.project is None or settings.logstore is None:
        msg = f"recording at {settings.endpoint} needs {', '.join(missing)}"
        raise UsageError(msg)
    public = public_names(own)
    return Sls(
        endpoint=public.endpoint if literal else host,
        url=public.url if literal else settings.endpoint,
        region=settings.region or region_of(host) or public.region,
        project=settings.project,
        logstore=settings.logstore,
        consumer_group=group,
        credentials=own,
    )


@contextmanager
def _group(names: Sls, carry: Send, clock: Callable[[], datetime]) -> Iterator[None]:
    """Make the test's consumer group outside the cassette, and delete it whatever happens."""
    groups = f"/logstores/{quote(names.logstore, safe='')}/consumergroups"
    made = {"consumerGroup": names.consumer_group, "timeout": GROUP_TIMEOUT, "order": False}
    _do(names, carry, clock, Request("POST", _url(names, groups), {"Content-Type": "application/json"}, _json(made)))
    try:
        yield
    finally:
        _do(names, carry, clock, Request("DELETE", _url(names, f"{groups}/{names.consumer_group}")))


def _do(names: Sls, carry: Send, clock: Callable[[], datetime], request: Request) -> None:
    signed = sign(request, names.credentials, region=names.region, at=clock())
    response = carry(signed)
    if response.status != 200:  # noqa: PLR2004 - the one status of success
        told = response.body[:200].decode("utf-8", "replace")
        msg = (
            f"{request.method} of consumer group {names.consumer_group} at {names.url} was answered {response.status}: "
            f"{told}\nHow to fix: check --sls-project, --sls-logstore and the key's permissions."
        )
        raise EndpointError(msg)


def _url(names: Sls, path: str) -> str:
    scheme, _, host = names.url.partition("://")
    return f"{scheme}://{names.project}.{host}{path}"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
