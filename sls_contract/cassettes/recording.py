"""One recording: an exchange, where it comes from, and whether the file still has it as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from hashlib import sha256
from typing import Self

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response, wire_bytes, wire_text
from sls_contract.headers import Headers

NOT_KEPT = "not kept"
"""How an exchange ended whose response came, while whatever recorded it did not keep the body."""

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


class Evidence(StrEnum):
    """What an exchange proves, strongest first."""

    LIVE = "live"  #: the real service responded
    REFERENCE = "reference"  #: an endpoint that is not the service: the bundled one, a gateway, an emulator
    DOCUMENT = "document"  #: a page of the service prints it
    SYNTHETIC = "synthetic"  #: made up
    UNKNOWN = "unknown"  #: a third party's recording, without provenance


class Integrity(StrEnum):
    """Whether a recording is still as it was written."""

    INTACT = "intact"  #: the digest is correct
    EDITED = "edited"  #: well-formed, but changed since the recording
    UNKNOWN = "unknown"  #: a third party's recording without a digest; or the digest was not compared


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an exchange comes from.

    Attributes:
        evidence: what it proves.
        endpoint: scheme and authority of the endpoint; ``reference`` for the bundled one; empty where unknown.
        region: the region, such as ``cn-hangzhou``; empty where unknown.
        client: the client's User-Agent; empty where unknown.
        recorded_at: when it was recorded, aware.
        validated_at: when the endpoint last gave the same response, aware.
        contract: the version of the contract at that time.
        clock: the time of the client's clock when it was recorded, aware; None where that was the real time.

    """

    evidence: Evidence = Evidence.UNKNOWN
    endpoint: str = ""
    region: str = ""
    client: str = ""
    recorded_at: datetime | None = None
    validated_at: datetime | None = None
    contract: str = ""
    clock: datetime | None = None

    def __post_init__(self) -> None:
        """Raise `UsageError` for a time without a zone."""
        for name in ("recorded_at", "validated_at", "clock"):
            value = getattr(self, name)
            if value is not None and value.tzinfo is None:
                msg = f"{name} must be aware, such as datetime.now(UTC), got {value!r} without a time zone"
                raise UsageError(msg)

    @property
    def at(self) -> datetime | None:
        """The time to judge dates by: the client's clock, if it was set; else the time of recording."""
        return self.clock or self.recorded_at

    @property
    def agreed(self) -> datetime | None:
        """When the endpoint last gave this response; None if that is unknown."""
        return self.validated_at or self.recorded_at

    def is_older_than(self, moment: datetime) -> bool:
        """Return whether it was recorded before a time, aware, or at an unknown time."""
        return self.recorded_at is None or self.recorded_at < moment


@dataclass(frozen=True, slots=True)
class SignatureNote:
    """The verdict on the signature that the client sent.

    Attributes:
        verdict: ``verified``, ``invalid`` or ``unchecked``.
        step: the first wrong step of an invalid one; else empty.

    """

    verdict: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """One exchange in a cassette. Equality compares the recorded values, not the place in a file.

    Attributes:
        exchange: request and response; of an incomplete attempt, the partial response, or None.
        provenance: where it comes from.
        signature: the verdict on the client's signature; None where it was not verified.
        substitutions: the names that were replaced before writing.
        broken: how an attempt without a complete response ended (``reset``, ``closed``, ``timeout``, ``refused``,
            ``truncated``, `NOT_KEPT`, …); None where the response is complete.
        detail: the client's error message for that.
        id: id of the block in its file; empty until written.
        digest: the digest stored in the file; empty where there is none.
        integrity: whether the stored digest is that of the recorded values.
        written: the provenance in the block, where the prolog of the file has a later validation.

    """

    exchange: Exchange
    provenance: Provenance = field(default_factory=Provenance)
    signature: SignatureNote | None = None
    substitutions: tuple[str, ...] = ()
    broken: str | None = None
    detail: str = ""
    id: str = field(default="", compare=False)
    digest: str = field(default="", compare=False)
    integrity: Integrity = field(default=Integrity.UNKNOWN, compare=False)
    written: Provenance | None = field(default=None, compare=False)

    def __deepcopy__(self, _memo: object) -> Self:
        return self  # it never changes; vcrpy copies every response, with our recording in it

    @property
    def incomplete(self) -> bool:
        """Whether there is no complete response."""
        return self.broken is not None or self.exchange.response is None

    @property
    def lacks_body(self) -> bool:
        """Whether a body was sent or received that the recording does not have: it does not show what happened."""
        return not self.exchange.request.wire or self.broken == NOT_KEPT

    @property
    def complete_exchange(self) -> Exchange:
        """The exchange, without its response if that is incomplete."""
        return Exchange(self.exchange.request, None) if self.incomplete else self.exchange

    @property
    def signature_replaced(self) -> bool:
        """Whether a marked invalid signature stands where the client's was: no key can verify it."""
        return self.signature is not None and self.signature.verdict != "verified"

    @property
    def session(self) -> str:
        """The name of its recording session: the part of its id before the hyphen."""
        return self.id.partition("-")[0]


def weakest(evidences: Iterable[Evidence]) -> Evidence:
    """Return the weakest evidence; unknown where there is none."""
    order = list(Evidence)
    return max(evidences, key=order.index, default=Evidence.UNKNOWN)


def digest_of(recording: Recording) -> str:
    """Return the digest of the recorded values: ``sha256-`` and the first 128 bits in hex.

    Line ends, quoting, indentation and the order of keys in the file do not matter. All values do: bytes of bodies,
    order and case of headers, provenance.
    """
    return "sha256-" + sha256(serialized(recording).encode()).hexdigest()[:32]


def with_integrity(recording: Recording) -> Recording:
    """Return a recording with its digest compared; the same object where that is done, or without a digest."""
    if not recording.digest or recording.integrity is not Integrity.UNKNOWN:
        return recording
    written = recording if recording.written is None else replace(recording, provenance=recording.written)
    fits = recording.digest == digest_of(written)
    return replace(recording, integrity=Integrity.INTACT if fits else Integrity.EDITED)


def serialized(recording: Recording) -> str:
    """Return all values of a recording except its place in a file, as a line of ASCII JSON; see `deserialized`."""
    request, provenance, signature = recording.exchange.request, recording.provenance, recording.signature
    values = (
        (request.method, request.url, request.headers.pairs, wire_text(request.body)),
        _response_values(recording.exchange.response),
        (provenance.evidence, provenance.endpoint, provenance.region, provenance.client, provenance.contract),
        [moment_text(moment) for moment in _moments(provenance)],
        None if signature is None else (signature.verdict, signature.step),
        recording.substitutions,
        (recording.broken, recording.detail),
    )
    return _ENCODE(values)


def deserialized(text: str) -> Recording:
    """Return the recording from a `serialized` text."""
    request, response, (evidence, *origin), moments, signature, substitutions, (broken, detail) = json.loads(text)
    endpoint, region, client, contract = origin
    recorded_at, validated_at, *clock = (datetime.fromisoformat(text) if text else None for text in moments)
    provenance = Provenance(Evidence(evidence), endpoint, region, client, recorded_at, validated_at, contract, *clock)
    note = None if signature is None else SignatureNote(*signature)
    exchange = Exchange(_request(*request), None if response is None else _response(*response))
    return Recording(exchange, provenance, note, tuple(substitutions), broken, detail)


def _moments(provenance: Provenance) -> tuple[datetime | None, ...]:
    """Return its times; the client's clock only if it was set, since digests of old files do not include it."""
    moments = provenance.recorded_at, provenance.validated_at
    return moments if provenance.clock is None else (*moments, provenance.clock)


def moment_text(moment: datetime | None) -> str:
    """Format a time as ISO 8601 in UTC, to the microsecond; empty for None."""
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment_of(value: datetime | str, *, zone: tzinfo | None = UTC) -> datetime:
    """Return a time that another tool wrote, in UTC; ``zone`` is that of a time that names none.

    Raises `ValueError` for any other text, for the first and last hours of other zones that UTC cannot represent, and,
    if ``zone`` is None, for a time without a zone.
    """
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None and zone is None:
        msg = "a time without a zone"
        raise ValueError(msg)
    try:
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _request(method: str, url: str, pairs: list[list[str]], body: str) -> Request:
    return Request(method, url, _headers(pairs), wire_bytes(body))


def _response(status: int, reason: str, pairs: list[list[str]], body: str, wire: bool) -> Response:  # noqa: FBT001 - in serialized order
    return Response(status, _headers(pairs), wire_bytes(body), wire, reason)


def _headers(pairs: list[list[str]]) -> Headers:
    return Headers.from_pairs(tuple([(name, value) for name, value in pairs]))


def _response_values(response: Response | None) -> tuple[object, ...] | None:
    if response is None:
        return None
    return (response.status, response.reason, response.headers.pairs, wire_text(response.body), response.wire)
