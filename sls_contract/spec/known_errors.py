"""The errors that the service is known to answer: status, code, and every wording that was printed or observed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.spec import sources
from sls_contract.spec.common_errors import CODE_NOT_TOLD, COMMON
from sls_contract.spec.error_record import KnownError
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from sls_contract.spec.contract import ErrorAnswer
    from sls_contract.spec.registry import Registry

_GROUP_MISSING = "consumer group not exist."
_LOGSTORE_MISSING = ("logstore {logstoreName} dose not exist.", "The logstore {logstoreName} dose not exist.")
_CONSUMER = f"{sources.JAVA_SDK} and {sources.GO_SDK}: checkpoint trackers"


def _page(name: str) -> tuple[str, ...]:
    return (sources.sibling_page(name),)


_SIBLINGS = (
    "CreateConsumerGroup",
    "DeleteConsumerGroup",
    "UpdateConsumerGroup",
    "ListConsumerGroup",
    "ConsumerGroupHeartBeat",
    "ConsumerGroupUpdateCheckPoint",
)
_OWN = (
    KnownError(
        404,
        "LogStoreNotExist",
        _LOGSTORE_MISSING,
        (sources.GET_CHECK_POINT, f"observed: {sources.JAVA_SDK}, ListShardFunctionTest"),
        ("GetCheckPoint", *_SIBLINGS),
    ),
    KnownError(
        404,
        "ConsumerGroupNotExist",
        (_GROUP_MISSING,),
        (sources.GET_CHECK_POINT, f"{sources.RUST_SDK}: client/tests/consumer_group.rs, also on delete"),
        (
            "GetCheckPoint",
            "UpdateConsumerGroup",
            "DeleteConsumerGroup",
            "ConsumerGroupHeartBeat",
            "ConsumerGroupUpdateCheckPoint",
        ),
    ),
    KnownError(
        400,
        "ConsumerGroupAlreadyExist",
        ("consumer group already exist.",),
        _page("CreateConsumerGroup"),
        ("CreateConsumerGroup",),
    ),
    KnownError(
        400,
        "JsonInfoInvalid",
        ("consumerGroup or timeout is of error format.",),
        _page("CreateConsumerGroup"),
        ("CreateConsumerGroup",),
    ),
    KnownError(
        400,
        "JsonInfoInvalid",
        ("timeout is of error value type.", "timout is of error value type."),
        _page("UpdateConsumerGroup"),
        ("UpdateConsumerGroup",),
    ),
    KnownError(
        400,
        "NotExistConsumerWithBody",
        ("non-exist consumer with non-empty body of heartbeat message.",),
        _page("HeartBeat"),
        ("ConsumerGroupHeartBeat",),
    ),
    KnownError(
        400,
        "InvalidShardCheckPoint",
        ("shard checkpoint not encoded by base64.",),
        _page("UpdateCheckPoint"),
        ("ConsumerGroupUpdateCheckPoint",),
    ),
    KnownError(
        404,
        "ConsumerNotExist",
        ("consumer not exist in the consumer group",),
        _page("UpdateCheckPoint"),
        ("ConsumerGroupUpdateCheckPoint",),
    ),
    KnownError(
        404,
        "ShardNotExist",
        ("shard not exist.",),
        _page("UpdateCheckPoint"),
        ("ConsumerGroupUpdateCheckPoint",),
    ),
    KnownError(None, "ConsumerNotMatch", (), (_CONSUMER,), ("ConsumerGroupUpdateCheckPoint",), origin="sdk"),
)

KNOWN_ERRORS = (*_OWN, *COMMON)
"""The errors told here; those of single operations first. Contracts name more, of every operation."""


def errors_of(operation: str) -> tuple[KnownError, ...]:
    """Return what an operation, by name, may answer; for a name that is not known here, the common errors."""
    return _errors_of(registry(), operation)


@lru_cache(maxsize=256)
def _errors_of(contracts: Registry, operation: str) -> tuple[KnownError, ...]:
    contract = contracts.named(operation)
    its_own = () if contract is None else tuple(_known_error(contract.operation, each) for each in contract.errors)
    return (*its_own, *(error for error in KNOWN_ERRORS if error.may_answer(operation)))


def errors_with(code: str) -> tuple[KnownError, ...]:
    """Return the known errors of a code, of whatever operation and status; empty for a code nobody names."""
    return _errors_with(registry(), code)


@lru_cache(maxsize=256)  # codes come from the wire
def _errors_with(contracts: Registry, code: str) -> tuple[KnownError, ...]:
    told = tuple(error for error in KNOWN_ERRORS if error.code == code)
    derived = [
        _known_error(contract.operation, error)
        for contract in contracts.naming(code)
        for error in contract.errors
        if error.code == code
    ]
    return (*told, *derived)


def _known_error(operation: str, answer: ErrorAnswer) -> KnownError:
    return KnownError(answer.status, answer.code, answer.messages, answer.sources, (operation,))


def statuses_of(code: str) -> frozenset[int]:
    """Return the statuses that a code came with; empty where the code or its status is in no source."""
    told = [error for error in KNOWN_ERRORS if error.code == code]
    return frozenset(error.status for error in told or errors_with(code) if error.status is not None)


def wording_is_known(code: str, message: str) -> bool:
    """Tell whether a message was printed or observed with a code, drift overlooked (see `KnownError.says`)."""
    return any(error.says(message) for error in (*errors_with(code), CODE_NOT_TOLD))
