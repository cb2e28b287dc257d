"""Where a test's requests go while recording: nowhere, the bundled reference endpoint, or a URL."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.cassettes.recorder.guard import let_through
from sls_contract.cassettes.recorder.handler import live
from sls_contract.errors import EndpointError, UsageError
from sls_contract.plugin.names import (
    PUBLIC_GROUP,
    PUBLIC_LOGSTORE,
    PUBLIC_PROJECT,
    PUBLIC_SESSION_GROUP,
    Sls,
    public_names,
)
from sls_contract.plugin.options import REFERENCE, Settings
from sls_contract.signing import TEST_CREDENTIALS, Credentials, region_of
from sls_contract.signing.environment import ID, SECRET, credentials_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sls_contract.exchange import Request, Response, Send
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import Step

GROUP_TIMEOUT = 60
"""Seconds without a heartbeat after which the service removes a consumer from a group made for a test."""
_LATER = "run the tests again later"
_ALLOWED = (
    "name an existing project and logstore (--sls-project, --sls-logstore), and set a key that may create and delete "
    "consumer groups there"
)
_PAUSES = (0.2, 0.5, 1, 2)  # seconds between requests to a service that is busy or fails
_NOT_SENT = frozenset({"refused", "unreachable", "dns", "tls"})  # failures before the request left


@dataclass(slots=True)
class Target:
    """The endpoint that a test's requests go to, and the names and keys to use with it.

    Attributes:
        credentials: the run's own key, if the environment has one.
        send: returns the responses while recording, instead of the network; None: requests use the client's own
            network stack.
        endpoint: the endpoint of the settings: `REFERENCE` or a URL.
        renames: real names to public ones.
        prepare: sets up what fixture ``sls`` promises, and removes it again.
        group: the public name of its consumer group.

    """

    credentials: Credentials | None = None
    send: Send | None = None
    endpoint: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], Iterator[Sls]] | None = None
    group: str = PUBLIC_GROUP

    @contextmanager
    def names(self, *, recording: bool) -> Iterator[Sls]:
        """Yield the names that a test must use: real names only while recording at a URL."""
        if recording and self.prepare is not None:
            yield from self.prepare()
        else:
            yield public_names(TEST_CREDENTIALS, self.group)


def target_of(
    settings: Settings, environ: Mapping[str, str], clock: Callable[[], datetime], reference: Send, group: str = ""
) -> Target:
    """Return where the requests of one test, or of fixtures of wider scope, go.

    ``reference`` is the bundled endpoint; ``group`` names the consumer group of a whole run.
    """
    credentials = credentials_from_environment(environ)
    public = PUBLIC_SESSION_GROUP if group else PUBLIC_GROUP
    if settings.record == "none":
        return Target(credentials, endpoint=settings.endpoint, group=public)
    if settings.endpoint == REFERENCE:
        return Target(credentials, reference, REFERENCE, group=public)
    return _at_url(settings, credentials, clock, group or f"sls-contract-{secrets.token_hex(6)}", public)


def _at_url(
    settings: Settings, credentials: Credentials | None, clock: Callable[[], datetime], group: str, public: str
) -> Target:
    from sls_contract.transport import open_transport, parse_endpoint

    address = parse_endpoint(settings.endpoint)
    renames = {group: public}
    if settings.project:
        renames[settings.project] = PUBLIC_PROJECT
    if settings.logstore:
        renames[settings.logstore] = PUBLIC_LOGSTORE
    send_request = _past_the_guard(open_transport(settings.endpoint), address.authority)

    def prepare() -> Iterator[Sls]:
        names = _real_names(settings, credentials, group, literal=address.literal, host=address.authority)
        with consumer_group_at(names, Service(settings.endpoint, send_request, clock)):
            yield names

    return Target(credentials, send_request if address.literal else None, settings.endpoint, renames, prepare, public)


def _past_the_guard(send_request: Send, peer: str) -> Send:
    """Return a `Send` past the guard, which sees the Host of a request and, of an IP address, the ``peer``."""

    def send(request: Request) -> Response:
        with live(), let_through(request.host), let_through(peer):
            return send_request(request)

    return send


def _real_names(settings: Settings, credentials: Credentials | None, group: str, *, literal: bool, host: str) -> Sls:
    """Return the names of the run; a literal address is reached by routing, so clients keep the public endpoint."""
    missing = [
        option
        for option, value in (("--sls-project", settings.project), ("--sls-logstore", settings.logstore))
        if not value
    ] + ([] if credentials else [f"{ID} and {SECRET}"])
    if missing or credentials is None or settings.project is None or settings.logstore is None:
        msg = f"recording at {settings.endpoint} needs {', '.join(missing)}"
        raise UsageError(msg)
    public = public_names(credentials)
    return Sls(
        endpoint=public.endpoint if literal else host,
        url=public.url if literal else settings.endpoint,
        region=settings.region or region_of(host) or public.region,
        project=settings.project,
        logstore=settings.logstore,
        consumer_group=group,
        credentials=credentials,
    )


class Service(NamedTuple):
    """The service that contains the test's consumer group: its URL, how to send requests to it, and the clock."""

    url: str
    send_request: Send
    clock: Callable[[], datetime]

    def send(self, bench: Bench, step: Step, action: str, done: str, left: str = "") -> None:
        """Send the request of a step; retry while the service is busy or fails.

        Args:
            bench: the names and the key.
            step: the request.
            action: what the request does, for an error.
            done: the error code if an earlier attempt took effect, though its response was lost.
            left: how to remove what the request was to remove; then ``done`` is success at the first attempt, too.

        Raises:
            EndpointError: the service refused the request, or failed at the last retry, too.
            Unknown: the same, and an attempt may have taken effect.

        """
        from sls_contract.checks.sequence_outcomes import error_code, is_overloaded
        from sls_contract.transport import TransportError

        unsure = bool(left)
        for pause in (*_PAUSES, None):
            try:
                response = self.send_request(bench.request(step, self.clock()))
            except TransportError as error:
                if error.kind in _NOT_SENT and not unsure:
                    raise
                unsure, fix = True, _LATER
                reason = f"{action} at {self.url} failed: {error.reason}"
            else:
                if response.is_ok or (unsure and error_code(response) == done):
                    return
                unsure |= response.is_server_error
                body = response.body[:200].decode("utf-8", "replace")
                reason = f"{action} at {self.url} returned {response.status}: {body}"
                again = response.is_server_error or is_overloaded(response)
                fix = _LATER if again else _ALLOWED
                if not again:
                    break
            if pause is not None:
                time.sleep(pause)
        msg = f"{reason}\nHow to fix: {left or fix}."
        raise (Unknown if unsure else EndpointError)(msg)


class Unknown(EndpointError):
    """A request failed, but may have taken effect."""


@contextmanager
def consumer_group_at(names: Sls, service: Service) -> Iterator[None]:
    """Create the test's consumer group outside the cassette, and always delete it afterwards."""
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import Create, Delete, Place

    scheme, _, host = names.url.partition("://")
    bench = Bench(
        authority=host,
        project=names.project,
        logstores={"main": names.logstore},
        keys={"own": names.credentials},
        scheme=scheme,
        region=names.region,
        prefix="",
    )
    place = Place(names.consumer_group)
    call = f'delete_consumer_group("{names.project}", "{names.logstore}", "{names.consumer_group}")'
    left = f"if the group still exists, delete it with LogClient of aliyun-log-python-sdk: {call}"

    def delete() -> None:
        action = f"deleting consumer group {names.consumer_group}"
        service.send(bench, Delete(place), action, "ConsumerGroupNotExist", left)

    action = f"creating consumer group {names.consumer_group}"
    try:
        service.send(bench, Create(place, timeout=GROUP_TIMEOUT), action, "ConsumerGroupAlreadyExist")
    except (Unknown, KeyboardInterrupt) as first:
        try:
            delete()
        except EndpointError as error:  # an interrupt stays one, and the first cause stands first
            raise type(first)("\n".join(filter(None, (str(first), str(error))))) from None
        raise
    try:
        yield
    finally:
        delete()
