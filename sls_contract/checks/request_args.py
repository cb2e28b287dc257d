"""The arguments of a request that concerns a logstore: its operation and the names in its path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from sls_contract.exchange import Request

_SHARD = re.compile("0|[1-9][0-9]{0,9}")

_LAST_SHARD = 2**31 - 1


class Place(NamedTuple):
    """A logstore; the project is named by the host."""

    project: str
    logstore: str


class RequestArgs(NamedTuple):
    """The arguments of a request that concerns one logstore.

    Attributes:
        operation: the name, as in API 2020-12-30.
        place: the logstore.
        shard: the shard in the path; None if it has none.
        group: the consumer group in the path; empty if it has none.

    """

    operation: str
    place: Place
    shard: int | None = None
    group: str = ""


def request_args(request: Request) -> RequestArgs | None:
    """Return the arguments of a request; None if it concerns no logstore or its operation has no contract."""
    operation, names = registry().operation_and_names(request)
    logstore = names.get("logstore", names.get("logstoreName"))  # the pages use both names
    if logstore is None:
        return None
    place = Place(request.project or request.host, logstore)
    return RequestArgs(operation, place, shard_number(names.get("shard", "")), names.get("consumerGroup", ""))


def shard_number(text: str) -> int | None:
    """Parse a shard's id: decimal digits without leading zeros, at most 31 bits; None if the text is not an id."""
    number = int(text) if _SHARD.fullmatch(text) else None
    return number if is_shard(number) else None


def is_shard(value: object) -> TypeGuard[int]:
    """Return whether a value is a shard's id; sequences ignore other values, which break the contract."""
    return type(value) is int and 0 <= value <= _LAST_SHARD
