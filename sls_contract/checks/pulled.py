"""What PullLogs answered: log groups in protobuf, and headers that count them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.checks.log_messages import count_log_groups

if TYPE_CHECKING:
    from sls_contract.checks.subject import Subject
    from sls_contract.exchange import Response

_OK = 200


@dataclass(frozen=True, slots=True)
class Pulled:
    """What PullLogs was answered with 200.

    Attributes:
        response: the answer.
        data: the body without its codings; None where it cannot be had, or is not as it was on the wire.
        groups: how many log groups it holds; None where that is not known.
        damage: why the body is no list of log groups; empty where it is one, or nobody can tell.

    """

    response: Response
    data: bytes | None
    groups: int | None
    damage: str = ""

    def number(self, header: str) -> int | None:
        """Read a header that counts something; None where it is missing or no decimal number."""
        text = self.response.headers.get(header, "").strip()
        return int(text) if text.isascii() and text.isdecimal() else None


def read_pulled(subject: Subject) -> Pulled | None:
    """Read the answer to PullLogs; None unless it is a success with a body as protobuf."""
    response = subject.response
    if response is None or response.status != _OK or subject.bodiless:
        return None
    if subject.asked is None or subject.asked.operation != "PullLogs":
        return None
    accepted = subject.request.headers.get("accept", "*/*").lower()
    readable = response.wire and ("protobuf" in accepted or "*/*" in accepted)
    data = subject.plain.data if readable else None
    if data is None:
        return Pulled(response, None, None)
    try:
        return Pulled(response, data, count_log_groups(data))
    except ValueError as error:
        return Pulled(response, data, None, str(error))
