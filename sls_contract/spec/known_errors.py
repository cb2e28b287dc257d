"""The errors that the service is known to answer: status, code, and every wording that was printed or observed."""

from __future__ import annotations

from functools import cache

from sls_contract.spec import sources
from sls_contract.spec.common_errors import CODE_NOT_TOLD, COMMON
from sls_contract.spec.error_record import KnownError
from sls_contract.spec.operations import (
    CONSUMER_GROUP_HEART_BEAT,
    CONSUMER_GROUP_UPDATE_CHECK_POINT,
    CREATE_CONSUMER_GROUP,
    DELETE_CONSUMER_GROUP,
    GET_CHECK_POINT,
    OPERATIONS,
    UPDATE_CONSUMER_GROUP,
)

_GROUP_MISSING = "consumer group not exist."
_LOGSTORE_MISSING = ("logstore {logstoreName} dose not exist.", "The logstore {logstoreName} dose not exist.")
_CONSUMER = f"{sources.JAVA_SDK} and {sources.GO_SDK}: checkpoint trackers"


def _page(name: str) -> tuple[str, ...]:
    return (sources.sibling_page(name),)


_OWN = (
    KnownError(
        404,
        "LogStoreNotExist",
        _LOGSTORE_MISSING,
        (sources.GET_CHECK_POINT, f"observed: {sources.JAVA_SDK}, ListShardFunctionTest"),
        tuple(operation.name for operation in OPERATIONS),
    ),
    KnownError(
        404,
        "ConsumerGroupNotExist",
        (_GROUP_MISSING,),
        (sources.GET_CHECK_POINT, f"{sources.RUST_SDK}: client/tests/consumer_group.rs, also on delete"),
        (
            GET_CHECK_POINT.name,
            UPDATE_CONSUMER_GROUP.name,
            DELETE_CONSUMER_GROUP.name,
            CONSUMER_GROUP_HEART_BEAT.name,
            CONSUMER_GROUP_UPDATE_CHECK_POINT.name,
        ),
    ),
    KnownError(
        400,
        "ConsumerGroupAlreadyExist",
        ("consumer group already exist.",),
        _page("CreateConsumerGroup"),
        (CREATE_CONSUMER_GROUP.name,),
    ),
    KnownError(
        400,
        "JsonInfoInvalid",
        ("consumerGroup or timeout is of error format.",),
        _page("CreateConsumerGroup"),
        (CREATE_CONSUMER_GROUP.name,),
    ),
    KnownError(
        400,
        "JsonInfoInvalid",
        ("timeout is of error value type.", "timout is of error value type."),
        _page("UpdateConsumerGroup"),
        (UPDATE_CONSUMER_GROUP.name,),
    ),
    KnownError(
        400,
        "NotExistConsumerWithBody",
        ("non-exist consumer with non-empty body of heartbeat message.",),
        _page("HeartBeat"),
        (CONSUMER_GROUP_HEART_BEAT.name,),
    ),
    KnownError(
        400,
        "InvalidShardCheckPoint",
        ("shard checkpoint not encoded by base64.",),
        _page("UpdateCheckPoint"),
        (CONSUMER_GROUP_UPDATE_CHECK_POINT.name,),
    ),
    KnownError(
        404,
        "ConsumerNotExist",
        ("consumer not exist in the consumer group",),
        _page("UpdateCheckPoint"),
        (CONSUMER_GROUP_UPDATE_CHECK_POINT.name,),
    ),
    KnownError(
        404,
        "ShardNotExist",
        ("shard not exist.",),
        _page("UpdateCheckPoint"),
        (CONSUMER_GROUP_UPDATE_CHECK_POINT.name,),
    ),
    KnownError(None, "ConsumerNotMatch", (), (_CONSUMER,), (CONSUMER_GROUP_UPDATE_CHECK_POINT.name,), origin="sdk"),
)

KNOWN_ERRORS = (*_OWN, *COMMON)
"""Every error of every operation here; those of single operations first."""


@cache
def errors_of(operation: str) -> tuple[KnownError, ...]:
    """Return what an operation, by name, may answer; for a name that is not known here, the common errors."""
    return tuple(error for error in KNOWN_ERRORS if error.may_answer(operation))


@cache
def errors_with(code: str) -> tuple[KnownError, ...]:
    """Return the known errors of a code, of whatever operation and status; empty for a code nobody names."""
    return tuple(error for error in KNOWN_ERRORS if error.code == code)


@cache
def statuses_of(code: str) -> frozenset[int]:
    """Return the statuses that a code came with; empty where the code or its status is in no source."""
    return frozenset(error.status for error in errors_with(code) if error.status is not None)


def wording_is_known(code: str, message: str) -> bool:
    """Tell whether a message was printed or observed with a code, drift overlooked (see `KnownError.says`)."""
    return any(error.says(message) for error in (*errors_with(code), CODE_NOT_TOLD))
