"""One exchange as `Consumption` takes it in: what was asked, and what both sides said, read without fault-finding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import json_body, json_value
from sls_contract.checks.presentation import masked, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.checks.consumption_time import Moment
    from sls_contract.checks.request_args import RequestArgs
    from sls_contract.exchange import Request, Response

_OK, _BAD_REQUEST = 200, 400


@dataclass(frozen=True)
class Received:
    """An exchange, what it asks for, and when it took place."""

    request: Request
    response: Response | None
    args: RequestArgs
    moment: Moment

    @cached_property
    def query(self) -> dict[str, str]:
        """Read the query; of a key that comes twice the last value."""
        return dict(self.request.query_pairs())

    @cached_property
    def sent(self) -> Any:
        """Read the request's body as JSON; None where it is none."""
        return json_value(self.request.body)

    @cached_property
    def document(self) -> Any:
        """Read the answer's body as JSON; None where it is none."""
        return None if self.response is None else json_body(self.response)

    @cached_property
    def answer(self) -> Any:
        """Take the document of a success; None of anything else."""
        return self.document if self.served else None

    @property
    def status(self) -> int | None:
        """The status; None where no answer came."""
        return None if self.response is None else self.response.status

    @property
    def served(self) -> bool:
        """Whether it was answered with 200."""
        return self.status == _OK

    @property
    def outcome(self) -> str:
        """``200``, or the errorCode; empty where there is neither."""
        code = self.document.get("errorCode") if isinstance(self.document, dict) else None
        return "200" if self.served else str(code or "")

    @property
    def following(self) -> str | None:
        """The next cursor that a success of PullLogs gives; None of anything else."""
        return self.response.headers.get("x-log-cursor", "").strip() if self.response and self.served else None

    @property
    def invalid_cursor(self) -> str:
        """How a pull was refused for its cursor; empty where it was not."""
        if self.status != _BAD_REQUEST or not isinstance(self.document, dict):
            return ""
        code, message = self.document.get("errorCode"), str(self.document.get("errorMessage"))
        invalid = code == "InvalidCursor" or (code == "ParameterInvalid" and "cursor" in message.lower())
        return masked(f"400 {code}: {shown(message)}") if invalid else ""


def objects(document: Any) -> list[Mapping[str, Any]]:
    """Return the objects of an array; nothing of anything else."""
    return [each for each in document if isinstance(each, dict)] if isinstance(document, list) else []


def integers(values: Any) -> frozenset[int]:
    """Return the integers among values."""
    return frozenset(each for each in values if type(each) is int)


def shards_of(listed: Any) -> frozenset[int] | None:
    """Return the shards that a heartbeat's body or answer lists, in either form of the page; None for neither."""
    listed = listed.get("shards") if isinstance(listed, dict) else listed
    return integers(listed) if isinstance(listed, list) else None
