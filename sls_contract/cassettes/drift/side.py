"""One exchange of a pair, with derived values that several rules need, each computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import value_text
from sls_contract.checks import Verdict, judge
from sls_contract.checks.presentation import steps_of
from sls_contract.checks.subject import Subject
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials
from sls_contract.spec import Level
from sls_contract.spec.contract import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.cassettes.recording import Recording
    from sls_contract.exchange import Exchange, Response
    from sls_contract.spec import Finding

Entry = dict[str, Any]

KEY_CODES = frozenset(
    {
        "Unauthorized",
        "InvalidAccessKeyId",
        "InvalidAccessKeyId.NotFound",
        "SecurityToken.Expired",
        "SecurityTokenExpired",
    }
)
"""The codes of a key or token that the service refuses."""

SIGNATURE_CODE = "SignatureNotMatch"
SIGNED_CODES = KEY_CODES | {SIGNATURE_CODE}
"""The codes that show that the request had a key and a signature."""


@dataclass(frozen=True)
class Side:
    """One recording in a comparison; ``position`` is its place in its cassette, from 0."""

    recording: Recording
    position: int

    @cached_property
    def exchange(self) -> Exchange:
        """The exchange, without an incomplete response."""
        return self.recording.complete_exchange

    @property
    def response(self) -> Response:
        """The response; read it only where there is one."""
        assert self.exchange.response is not None
        return self.exchange.response

    @cached_property
    def subject(self) -> Subject:
        """The exchange as `checks` reads it."""
        exchange = self.exchange
        return Subject(exchange.request, exchange.response, self._keyring, self.recording.provenance.at)

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict of `checks`, at the time of recording."""
        return judge(self.exchange, credentials=self._keyring, at=self.recording.provenance.at)

    @cached_property
    def findings(self) -> Mapping[str, list[Finding]]:
        """The findings by the slugs of their clauses."""
        found: dict[str, list[Finding]] = {}
        for finding in self.verdict.findings:
            found.setdefault(finding.slug, []).append(finding)
        return found

    @cached_property
    def breached(self) -> frozenset[str]:
        """The places at which a clause is broken."""
        return frozenset(finding.where for finding in self.verdict.findings)

    @property
    def fully_specified(self) -> bool:
        """Whether the contract specifies the operation fully, including its errors."""
        contract = self.subject.contract
        return contract is not None and contract.coverage == "full"

    @property
    def list(self) -> Value:
        """The contract's value for a response body that is a list; an empty value for others."""
        contract = self.subject.contract
        value = Value() if contract is None else contract.response_value
        return Value() if value.items is None else value

    @property
    def members(self) -> Mapping[str, Value]:
        """The members that the contract names for the elements of a list in the response."""
        items = self.list.items
        return items.members if items is not None else {}

    @property
    def key(self) -> str:
        """The member that is unique among the elements of the list."""
        return self.list.unique_by

    @property
    def filtered(self) -> bool:
        """Whether the request asks for one element by its key."""
        known = self.members.get(self.key)
        query = dict(self.exchange.request.query_pairs())
        return known is not None and known.filtered_by.removeprefix("query.") in query

    @property
    def named_headers(self) -> frozenset[str]:
        """The response headers that the operation's contract names, in lower case."""
        contract = self.subject.contract
        return frozenset(map(str.lower, contract.response_headers if contract is not None else ()))

    @property
    def unspecified(self) -> bool:
        """Whether no source says what the response to the request must be.

        A body that the recording lost or that cannot be read here is not unusual for the service.
        """
        unspecified = (each for each in self.verdict.findings if each.level is Level.UNSPECIFIED)
        return any(each.code.startswith("SLS1") and each.slug != "sent-body-unread" for each in unspecified)

    @property
    def malformed(self) -> bool:
        """Whether the request has no signature or date in a known form: any refusal with 400 or 401 is then correct."""
        return any(slug in self.findings for slug in ("signature-authorization", "request-date", "request-date-form"))

    @property
    def signed_wrongly(self) -> bool:
        """Whether the signature was wrong when the exchange was recorded."""
        note = self.recording.signature
        if note is not None:
            return note.verdict == "invalid" and note.step != "access-key"
        mismatch = self.subject.mismatch if self.subject.keys else None
        return mismatch is not None and mismatch.step != "access-key"

    @property
    def known_unsigned(self) -> bool:
        """Whether the recorder found no readable signature; other recorders drop or mask signatures."""
        note = self.recording.signature
        return note is not None and note.verdict == "unchecked" and note.step == "authorization"

    @property
    def signature_dropped(self) -> bool:
        """Whether the recorder may have dropped a signature."""
        return self.recording.signature is None and self.subject.authorization is None

    @cached_property
    def entries_by_shard(self) -> Mapping[int, tuple[int, Entry]]:
        """Position and value of the first entry of each shard; other elements are left out."""
        found: dict[int, tuple[int, Entry]] = {}
        for place, entry in enumerate(self.subject.entries or ()):
            if isinstance(entry, dict) and type(entry.get(self.key)) is int:
                found.setdefault(entry[self.key], (place, entry))
        return found

    @property
    def regular_list(self) -> bool:
        """Whether every element of the list is the entry of a shard."""
        return all(isinstance(each, dict) and type(each.get(self.key)) is int for each in self.subject.entries or ())

    @cached_property
    def error_body(self) -> Mapping[str, Any]:
        """The body of an error response; empty for a body that is no object, and for other responses."""
        document = self.subject.document if self.subject.is_error else None
        return document if isinstance(document, dict) else {}

    @property
    def error_code(self) -> str:
        """The errorCode of an error response; empty where there is none."""
        code = self.error_body.get("errorCode")
        return code if isinstance(code, str) else ""

    def at(self, finding: Finding, finder: Side) -> str | None:
        """Return this side's value at the place where the ``finder`` breaks a clause; None where it has none."""
        kind, _, name = finding.where.partition(" ")
        if kind == "header":
            headers = (self.exchange.request if finding.code < "SLS2" else self.response).headers
            return headers.get(name)
        if kind == "status":
            return str(self.response.status)
        if kind.startswith("/"):
            return self._pointed(finding.where, finder)
        return (
            value_text(self.subject.document)
            if self.subject.document is not None
            else f"{len(self.response.body)} bytes"
        )

    def shard_at(self, where: str) -> int | None:
        """Return the shard of the entry that a pointer leads into; None where there is no entry."""
        entry = self._entry_at(where)
        shard = entry.get(self.key) if isinstance(entry, dict) else None
        return shard if type(shard) is int else None

    def _pointed(self, where: str, finder: Side) -> str | None:
        """Return the value at a pointer; in a list of checkpoints, in the entry of the same shard."""
        step = steps_of(where)[-1]
        if finder.subject.entries is None:
            found: Any = self.subject.document
        else:
            shard = finder.shard_at(where)
            found = self._entry_at(where) if shard is None else self.entries_by_shard.get(shard, (0, None))[1]
        if found is not None and where.count("/") == 1 and finder.subject.entries is not None:
            return value_text(found)
        return value_text(found[step]) if isinstance(found, dict) and step in found else None

    def _entry_at(self, where: str) -> Any:
        """Return the element of the list that a pointer leads to or into; None where there is none."""
        place, entries = where[1:].partition("/")[0], self.subject.entries or ()
        return entries[int(place)] if place.isdecimal() and int(place) < len(entries) else None

    @property
    def _keyring(self) -> tuple[Credentials, ...]:
        return () if self.recording.signature_replaced else (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
