"""The verdict of `signature` on one request: its steps, the findings of `check`, and the response."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sls_contract.checks import judge_request
from sls_contract.signing import (
    STEPS,
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    Examination,
    LogAuthorization,
    examine,
    parse_authorization,
    parse_http_date,
)
from sls_contract.signing.mismatch import shown_part, shown_string
from sls_contract.spec import Level, clause
from sls_contract.transcripts.originals import originals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sls_contract.cassettes.recording import Recording
    from sls_contract.exchange import Request, Response
    from sls_contract.signing.mismatch import Step
    from sls_contract.spec import Finding

_RIGHT, _WRONG, _UNKNOWN = "✓", "✗", "·"
_NEEDS_DIGEST: tuple[Step, ...] = ("content-type", "header-list", "resource", "digest")
_ONLY_V4: tuple[Step, ...] = ("scope", "payload-hash")
_ECHO = re.compile(r"(?i)signature (\S+) (?:is )?not match")
_PUBLIC = {key.access_key_id: key for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)}


@dataclass(frozen=True, slots=True)
class Sample:
    """A request to verify, its response, its place in the input, and when it was sent; None: unknown."""

    request: Request
    response: Response | None = None
    place: str = ""
    at: datetime | None = None

    @classmethod
    def recorded(cls, recording: Recording) -> Sample:
        """Return the request of a recording."""
        exchange = recording.exchange
        return cls(exchange.request, exchange.response, recording.id, recording.provenance.at)

    def public_key(self) -> Credentials | None:
        """Return the public test key that signed the request; None for any other key."""
        parsed = parse_authorization(self.request.headers.get("authorization", ""))
        return _PUBLIC.get(parsed.access_key_id) if parsed else None


@dataclass(slots=True)
class Verdict:
    """The result for one request.

    Attributes:
        sample: the request.
        found: the examination of its signature.
        others: findings of `check` about anything else, without unspecified ones.
        lost: what the log lost, if the request verifies only with it restored; empty otherwise.
        clock: whether the clock was judged.

    """

    sample: Sample
    found: Examination
    others: list[Finding] = field(default_factory=list)
    lost: str = ""
    clock: bool = False

    @property
    def good(self) -> bool:
        """Whether the signature verifies and no violation was found."""
        return self.found.mismatch is None and all(each.level is not Level.VIOLATION for each in self.others)

    def findings(self) -> list[Finding]:
        """Return the finding of the signature, if any, and the others."""
        if (mismatch := self.found.mismatch) is None:
            return self.others
        broken = clause(f"signature-{mismatch.step}")
        wrong = broken.finding("signature", mismatch.expected, mismatch.actual, mismatch.how_to_fix)
        return [wrong, *self.others]

    def facts(self) -> dict[str, Any]:
        """Return the facts of a report about the request."""
        facts: dict[str, Any] = {"verified": self.found.mismatch is None}
        if self.lost:
            facts["lost"] = self.lost
        if self.found.dialect is not None:
            facts["scheme"] = self.found.dialect.scheme
        if (mismatch := self.found.mismatch) is not None:
            facts |= {
                "step": mismatch.step,
                "mistakes": list(mismatch.mistakes),
                "explanation": mismatch.explanation,
                "string_to_sign": mismatch.string_to_sign,
                "client_string_to_sign": mismatch.client_string_to_sign,
            }
        return facts

    def lines(self) -> Iterator[str]:
        """Yield the checklist of steps, the response, the findings, and the string to sign or the mismatch."""
        request, found = self.sample.request, self.found
        yield f"{request.method} {request.path} at {request.host}"
        is_v1 = isinstance(found.parsed, LogAuthorization)
        for step in (each for each in STEPS if not (is_v1 and each in _ONLY_V4)):
            mark = _UNKNOWN if self._lacks_body(step) else _mark(step, found)
            yield f"  {mark} {step:<14}{self._compared(step)}".rstrip()
        yield from _response_lines(self.sample)
        for each in self.others:
            yield from str(each).split("\n")
        if found.mismatch is not None:
            yield from str(found.mismatch).split("\n")
            return
        assert found.form is not None
        assert found.dialect is not None
        yield "  the service signs:"
        yield from (f"    {line}" for line in shown_string(found.form).split("\n"))
        lost = f"; this text lost {self.lost}" if self.lost else ""
        yield f"signature verifies ({found.dialect.scheme}){lost}"

    def _lacks_body(self, step: Step) -> bool:
        """Return whether a step could not be judged, because the recording does not have the body that it needs."""
        request, mismatch = self.sample.request, self.found.mismatch
        if request.wire or (mismatch is not None and step == mismatch.step):  # wrong, whatever the body is
            return False
        return step == "payload-hash" or (step == "content-md5" and "content-md5" in request.headers.lowered)

    def _compared(self, step: Step) -> str:
        found = self.found
        if found.mismatch is not None and step == found.mismatch.step:
            return f"{found.mismatch.actual}  (expected {found.mismatch.expected})"
        if found.form is None or step in ("authorization", "access-key"):
            return ""
        if self._lacks_body(step):
            return f"{shown_part(found.form, step)}  (not compared: the recording lacks the body)"
        if step == "date" and not self.clock:
            return f"{shown_part(found.form, step)}  (clock not judged: no --at)"
        return shown_part(found.form, step)


def judge(sample: Sample, key: Credentials, *, at: datetime | None, region: str | None) -> Verdict:
    """Judge a request.

    If ``at`` is None, its clock is judged by the time of recording, or by the Date of its response.
    """
    at = at or sample.at
    if at is None and sample.response is not None:
        at = parse_http_date(sample.response.headers.get("date", ""))
    found = examine(sample.request, key, at=at, region=region)
    lost = ""
    if found.mismatch is not None and found.dialect is None:
        for what, request in originals(sample.request):
            restored = examine(request, key, at=at, region=region)
            if restored.dialect is not None:
                found, lost = restored, what
                break
    found = _explain_scrubbed(found)
    others = [
        each
        for each in judge_request(sample.request, credentials=key, at=at).findings
        if each.level is not Level.UNSPECIFIED and not _is_explained(each, found, lost)
    ]
    return Verdict(sample, found, others, lost, at is not None)


def _explain_scrubbed(found: Examination) -> Examination:
    """Explain the mismatch of a signature that scrubbing replaced by a marker; the original is unknown."""
    from sls_contract.cassettes.scrub.registry import MARKERS

    wrong = found.mismatch
    if wrong is None or wrong.step != "digest" or found.parsed is None or found.parsed.signature not in MARKERS:
        return found
    explained = replace(
        wrong,
        explanation="The signature did not verify when this was recorded, and was removed from the recording.",
        how_to_fix="Read the finding that the test printed, or paste the request as the client sent it.",
    )
    return found._replace(mismatch=explained)


def _is_explained(finding: Finding, found: Examination, lost: str) -> bool:
    """Return whether the finding is about the signature, and the examination or damage of the log explains it."""
    return finding.code.startswith("SLS3") and (found.mismatch is not None or bool(lost))


def _response_lines(sample: Sample) -> Iterator[str]:
    """Yield the status and error of the response, and whether it echoes another signature than the request's."""
    response = sample.response
    if response is None:
        return
    try:
        body = json.loads(response.body)
    except ValueError:
        body = None
    code = body.get("errorCode") if isinstance(body, dict) else None
    if not isinstance(code, str):
        yield f"  the response was {response.status}"
        return
    yield f"  the response was {response.status} {code}; what it means: sls-contract explain {code}"
    parsed = parse_authorization(sample.request.headers.get("authorization", ""))
    echo = _ECHO.search(str(body.get("errorMessage", "")))
    if echo and parsed and echo[1] != parsed.signature and "*" not in echo[1]:
        yield "  the signature in the response is not the one in this request: Authorization changed on the way"


def _mark(step: Step, found: Examination) -> str:
    """Return the mark of a step: right, wrong, or unknown, because a wrong digest does not show the step at fault."""
    wrong = found.mismatch.step if found.mismatch is not None else None
    if step == wrong:
        return _WRONG
    if wrong is not None and STEPS.index(step) > STEPS.index(wrong):
        return _UNKNOWN
    explained = found.dialect is not None or (found.mismatch is not None and found.mismatch.mistakes)
    return _RIGHT if explained or step not in _NEEDS_DIGEST else _UNKNOWN
