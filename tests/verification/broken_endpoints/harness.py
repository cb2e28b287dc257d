"""Endpoints with one realistic bug each: the reference endpoint, and what a tired engineer made of it.

Each is a `Send` made by a factory; the code beside it is the clause that should notice.
``python -m benchmarks.strength`` runs them all; the tests run each with few scenarios. Here is what the bugs are made
with; `registry` knows all of them. Some requests are sent in parallel: what they change is copied (``tuple``) to be
read in a loop.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Condition, get_ident
from typing import TYPE_CHECKING, Any

from sls_contract.clock import SettableClock
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.exchange import Request, Response, decode_path
from sls_contract.signing import (
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    access_key_id,
    request_time,
    sign,
    verifies,
)
from sls_contract.spec import operation_of
from sls_contract.verification import Plan, Run, Runner, Target, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

ABROAD = "my-project-2"
PROJECT, LOGSTORE, OTHER, WIDE = "my-project", "my-logstore", "my-logstore-other", "my-logstore-wide"
EXPIRED = Credentials(TEST_STS_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_secret, "testExpiredToken")
KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS, EXPIRED)


now = SettableClock(lambda: datetime.now(UTC))
"""The time of every endpoint and of the bench."""


def correct() -> ReferenceEndpoint:
    """Make the endpoint that every bug is put into."""
    endpoint = ReferenceEndpoint(
        now,
        credentials=KEYS,
        logstores={(PROJECT, LOGSTORE): 4, (PROJECT, OTHER): 2, (PROJECT, WIDE): 256, (ABROAD, LOGSTORE): 3},
        keep_log=False,
    )
    endpoint.expire_token("testExpiredToken")
    return endpoint


def target() -> Target:
    """Name what `correct` serves, for the bench of endpoints."""
    return Target(
        "in-process",
        "127.0.0.1:1",
        PROJECT,
        LOGSTORE,
        TEST_CREDENTIALS,
        other_logstore=OTHER,
        other_project=ABROAD,
        wide_logstore=WIDE,
        sts=TEST_STS_CREDENTIALS,
        expired_token=EXPIRED.security_token,
        writes_logs=True,
        changes_shards=True,
    )


class Line:
    """A connection in this process, kept alive: an endpoint that knows connections gives a `Send` for each."""

    resent = 0

    def __init__(self, send: Callable[[Request], Response]) -> None:
        self.carry, self.requests = getattr(send, "connect", lambda: send)(), 0

    @property
    def reused(self) -> int:
        return max(0, self.requests - 1)

    def __call__(self, request: Request) -> Response:
        self.requests += 1
        return self.carry(request)

    def close(self) -> None:
        pass


def verify(
    send: Callable[[Request], Response],
    *scenarios: str,
    examples: int = 0,
    seed: int = 0,
    sleep: Callable[[float], None] = time.sleep,
    loopback: bool = True,
) -> Run:
    """Verify a `Send` in this process, without sockets; no scenario named: all. ``sleep`` may move `now` instead."""
    place = replace(target(), loopback=loopback)
    keys = tuple(place.keys().values())
    wire = Wire(send, now, keys, sleep=sleep, keep=lambda: Line(send), advance=now.advance)
    return Runner(place, wire, Plan(scenarios, examples, seed))()


@dataclass(frozen=True)
class Broken:
    """A bug: its name, the clause that should notice it, and how to make the endpoint."""

    name: str
    code: str
    make: Callable[[], Callable[[Request], Response]]


BROKEN: dict[str, Broken] = {}
"""By name, in words joined by underscores."""


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def bug(code: str) -> Callable[[Any], Any]:
    """Register a class as an endpoint."""

    def register(made: Any) -> Any:
        assert snake(made.__name__) not in BROKEN
        BROKEN[snake(made.__name__)] = Broken(snake(made.__name__), code, made)
        return made

    return register


def on_response(code: str) -> Callable[[Any], Any]:
    """Register a function that changes responses: request and response in, response out."""

    def register(change: Callable[[Request, Response], Response]) -> Any:
        def make() -> Callable[[Request], Response]:
            real = correct()
            return lambda request: change(request, real(request))

        assert change.__name__ not in BROKEN
        BROKEN[change.__name__] = Broken(change.__name__, code, make)
        return change

    return register


def on_list(code: str) -> Callable[[Any], Any]:
    """Register a function that changes the list of a successful GetCheckPoint: request and list in, document out."""

    def register(change: Callable[[Request, list[Any]], Any]) -> Any:
        def changed(request: Request, response: Response) -> Response:
            if not is_read(request) or response.status != 200:
                return response
            return with_document(response, change(request, json.loads(response.body)))

        changed.__name__ = change.__name__
        on_response(code)(changed)
        return change

    return register


def on_entry(code: str) -> Callable[[Any], Any]:
    """Register a function that changes each entry in place."""

    def register(change: Callable[[dict[str, Any]], None]) -> Any:
        def changed(request: Request, document: list[Any]) -> Any:
            for entry in document:
                change(entry)
            return document

        changed.__name__ = change.__name__
        on_list(code)(changed)
        return change

    return register


def on_error(code: str, *codes: str) -> Callable[[Any], Any]:
    """Register a function that changes error responses with one of some errorCodes."""

    def register(change: Callable[[Request, Response], Response]) -> Any:
        def changed(request: Request, response: Response) -> Response:
            return change(request, response) if error_of(response) in codes else response

        changed.__name__ = change.__name__
        on_response(code)(changed)
        return change

    return register


def is_read(request: Request) -> bool:
    operation = operation_of(request)
    return operation is not None and operation.operation == "GetCheckPoint"


def asks_for(request: Request, name: str) -> bool:
    operation = operation_of(request)
    return operation is not None and operation.operation == name


# Scenarios damage requests in many ways, and only the correct endpoint may judge them. The functions below raise
# nothing: for what they cannot read they return an empty value, and the bug leaves the request alone.


def parameter(request: Request, name: str) -> str:
    """Return the value of a query parameter, empty where there is none."""
    return dict(request.query_pairs()).get(name, "")


def shard_of(request: Request) -> int | None:
    """Return the shard that a read asks for."""
    return number_in(parameter(request, "shard"))


def part_of_path(request: Request, place: int) -> str:
    """Return a part of the path as it is read, empty where the path is shorter."""
    parts = request.path.split("/")
    return decode_path(parts[place]) if place < len(parts) else ""


def shard_in_path(request: Request) -> int | None:
    """Return the shard in ``/logstores/…/shards/…``."""
    return number_in(part_of_path(request, 4))


def number_in(text: str) -> int | None:
    return int(text) if re.fullmatch("-?[0-9]{1,99}", text) else None


def members(request: Request) -> dict[str, Any]:
    """Return the members of the JSON object in the body; none where the body is anything else."""
    try:
        document = json.loads(request.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def group_of(request: Request) -> tuple[str, str]:
    """Return logstore and group, which is empty where the request names none."""
    name = part_of_path(request, 4) or members(request).get("consumerGroup")
    return part_of_path(request, 2), name if isinstance(name, str) else ""


def write_of(request: Request) -> tuple[int, str] | None:
    """Return the shard and the checkpoint that a ConsumerGroupUpdateCheckPoint writes."""
    shard, checkpoint = members(request).get("shard"), members(request).get("checkpoint")
    readable = asks_for(request, "ConsumerGroupUpdateCheckPoint") and type(shard) is int
    return (shard, checkpoint) if readable and isinstance(checkpoint, str) else None


def error_of(response: Response) -> str | None:
    try:
        document = json.loads(response.body)
    except ValueError:
        return None
    return document.get("errorCode") if isinstance(document, dict) else None


def with_body(response: Response, body: bytes) -> Response:
    return response.replace(body=body, headers=response.headers.with_field("Content-Length", str(len(body))))


def with_document(response: Response, document: Any) -> Response:
    return with_body(response, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def with_header(response: Response, name: str, value: str) -> Response:
    return response.replace(headers=response.headers.with_field(name, value))


def error(response: Response, status: int, code: str, message: str) -> Response:
    plain = with_header(response, "Content-Type", "application/json")
    return with_document(plain, {"errorCode": code, "errorMessage": message}).replace(status=status)


def trusted(request: Request) -> Request:
    """Return the request as someone who may do anything would send it now."""
    return sign(request, TEST_CREDENTIALS, at=now())


def on_text(code: str) -> Callable[[Any], Any]:
    def register(change: Callable[[bytes], bytes]) -> Any:
        def changed(request: Request, response: Response) -> Response:
            fits = is_read(request) and response.status == 200
            return with_body(response, change(response.body)) if fits else response

        changed.__name__ = change.__name__
        on_response(code)(changed)
        return change

    return register


def lets_in(code: str) -> Callable[[Any], Any]:
    """Register a function that says whom the endpoint lets in although it should not."""

    def register(excuses: Callable[[Request], bool]) -> Any:
        def make() -> Callable[[Request], Response]:
            real = correct()

            def send(request: Request) -> Response:
                return real(trusted(request) if excuses(request) else request)

            return send

        BROKEN[excuses.__name__] = Broken(excuses.__name__, code, make)
        return excuses

    return register


def fits(request: Request) -> bool:
    return access_key_id(request) is not None and verify_quickly(request)


def verify_quickly(request: Request) -> bool:
    return verifies(request, KEYS)


def late(request: Request) -> timedelta:
    time = request_time(request)
    return timedelta() if time is None else now() - time


def is_let_in(request: Request) -> bool:
    """Return whether the correct endpoint lets the request in."""
    tokens = {key.access_key_id: key.security_token for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)}
    has_its_token = tokens.get(access_key_id(request) or "") == request.headers.get("x-acs-security-token")
    return has_its_token and verify_quickly(request) and abs(late(request)) < timedelta(minutes=15)


class Recalling:
    """Remembers every accepted write of each group and shard; subclasses change entries with it."""

    def __init__(self) -> None:
        self.real = correct()
        self.writes: dict[tuple[str, str, int], list[str]] = {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if written := write_of(request):
            shard, checkpoint = written
            self.wrote((*self.group(request), shard), checkpoint, response.status == 200)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            self.deleted(self.group(request))
        if is_read(request) and response.status == 200:
            document = json.loads(response.body)
            for entry in document:
                self.show((*self.group(request), entry["shard"]), entry)
            return with_document(response, document)
        return response

    def group(self, request: Request) -> tuple[str, str]:
        """Return where checkpoints are kept: the project with the logstore, and the group."""
        logstore, name = group_of(request)
        return f"{request.project}/{logstore}", name

    def wrote(self, place: tuple[str, str, int], value: str, accepted: object) -> None:
        if accepted:
            self.writes.setdefault(place, []).append(value)

    def deleted(self, group: tuple[str, str]) -> None:
        self.writes = {place: values for place, values in tuple(self.writes.items()) if place[:2] != group}

    def show(self, place: tuple[str, str, int], entry: dict[str, Any]) -> None:
        raise NotImplementedError


class Meetings:
    """Lets requests for one thing that are sent in parallel meet, however slow the machine is.

    A request that the run's own thread sends has none beside it, and does not wait.
    """

    _LONGEST_WAIT = 1.0  # seconds

    def __init__(self) -> None:
        self.changed, self.own_thread = Condition(), get_ident()
        self.came: dict[str, int] = {}
        self.present: dict[str, int] = {}

    def __call__(self, thing: str) -> tuple[bool, bool]:
        """Return whether another request came meanwhile, and whether this is the last of those that are here."""
        with self.changed:
            number = self.came[thing] = self.came.get(thing, 0) + 1
            self.present[thing] = self.present.get(thing, 0) + 1
            self.changed.notify_all()
            met = self.present[thing] > 1 or (
                get_ident() != self.own_thread
                and self.changed.wait_for(lambda: self.came[thing] > number, self._LONGEST_WAIT)
            )
            self.present[thing] -= 1
            return met, self.present[thing] == 0
