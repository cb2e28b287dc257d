"""What PullLogs answered: log groups in protobuf, and headers that count them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.checks.log_messages import count_log_groups

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


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


def read_pulled(request: Request, response: Response, plain: bytes | None) -> Pulled:
    """Read a success of PullLogs, whose body without its codings is ``plain``, None where that cannot be had."""
    accepted = request.headers.get("accept", "*/*").lower()
    if plain is None or not response.wire or not ("protobuf" in accepted or "*/*" in accepted):
        return Pulled(response, None, None)
    try:
        return Pulled(response, plain, count_log_groups(plain))
    except ValueError as error:
        return Pulled(response, plain, None, str(error))
