"""GetCheckPoint, described once in our own words; `derive` makes the JSON Schemas of it.

Where sources disagree, a request is read as leniently as the most lenient of them, so that no correct client is
accused. What an answer must be is the ruling that the contract gives (``sls-contract explain``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.spec import sources
from sls_contract.spec.authorization import AUTHORIZATION
from sls_contract.spec.headers import REQUEST_HEADERS
from sls_contract.spec.instance import TEMPLATE
from sls_contract.spec.known_errors import errors_of
from sls_contract.spec.shape import Constraint, Member, Shape, between, not_empty, of_type, spelled

if TYPE_CHECKING:
    from sls_contract.spec.error_record import KnownError

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1

_SYNTAX = f"{sources.GET_CHECK_POINT}: request syntax"
_PARAMETERS = f"{sources.GET_CHECK_POINT}: parameters"
_ELEMENTS = f"{sources.GET_CHECK_POINT}: response elements"
_EXAMPLE = f"{sources.GET_CHECK_POINT}: success response, whose Content-Length of 111 fits only the bare array"
_NOW = f"{sources.GET_CHECK_POINT_NOW}: response"
_RUST = f"{sources.RUST_SDK}: get_consumer_group_checkpoint.rs fails without it"
_ERROR_BODY = f"{sources.ERRORS_2021}: format of the body"


def _name(title: str, meaning: str, example: str) -> Shape:
    constraints = (of_type("string", _PARAMETERS), not_empty(f"{_SYNTAX}: a part of the host or path"))
    return Shape(title, meaning, constraints, examples=(example,))


PROJECT = _name(
    "project",
    "Name of the project: the first label of Host, and nowhere else. Documented for new projects: 3 to 63 lower-case "
    "letters, digits and hyphens, a letter or digit at both ends. SDKs accept more, so only emptiness is refused here.",
    "my-project",
)
LOGSTORE = _name(
    "logstore",
    "Name of the logstore, percent-decoded. Documented for new logstores: lower-case letters, digits, hyphens and "
    "underscores, 2 or 3 to 63 of them (the pages differ). A request may name one that cannot exist.",
    "my-logstore",
)
CONSUMER_GROUP = _name(
    "consumer group",
    "Name of the consumer group, percent-decoded. No source gives a naming rule.",
    "consumer_group_test",
)
SHARD_KEY = Shape(
    "shard",
    "Id of one shard in decimal digits; without it every shard is meant. A shard that does not exist gives an empty "
    "array. What the service answers to anything but digits, no source says.",
    (of_type("string", _PARAMETERS), *spelled("[0-9]+", "decimal digits", f"{_PARAMETERS}: type Integer")),
    examples=("0",),
)

REQUEST = Shape(
    "GetCheckPoint request",
    "A request taken apart: names percent-decoded, query values decoded, header names in lower case and repeated "
    "headers joined with a comma. A query key that is repeated holds an array of its values.",
    (of_type("object", _SYNTAX),),
    members=(
        Member(
            "path",
            Shape(
                "names",
                f"The names in the host and in the path template {TEMPLATE}.",
                (of_type("object", _SYNTAX),),
                members=(
                    Member("project", PROJECT, (_PARAMETERS,)),
                    Member("logstore", LOGSTORE, (_PARAMETERS,)),
                    Member("consumerGroup", CONSUMER_GROUP, (_PARAMETERS,)),
                ),
            ),
            (_SYNTAX,),
        ),
        Member(
            "query",
            Shape(
                "query",
                "The key on the wire is shard; shardId is only the parameter tables' name for it. "
                "No source says what other keys do.",
                (of_type("object", _SYNTAX),),
                members=(Member("shard", SHARD_KEY),),
            ),
        ),
        Member("headers", REQUEST_HEADERS, (_SYNTAX,)),
    ),
)

SHARD = Shape(
    "shard",
    "Id of the shard: 32 bits, counted from 0.",
    (
        of_type("integer", _ELEMENTS),
        *between(0, INT32_MAX, f"an integer from 0 to {INT32_MAX}", f"{sources.OPENAPI}: shard is int32"),
    ),
    examples=(0,),
)
CHECKPOINT = Shape(
    "checkpoint",
    'Where consumption stands: the cursor in standard base64, or "" while the shard has not been consumed. '
    "Clients need it to decode to decimal digits in ASCII.",
    (
        of_type("string", _ELEMENTS),
        *spelled(
            "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?",
            'canonical standard base64, or ""',
            f"{_ELEMENTS}: example",
            f"{sources.sibling_page('UpdateCheckPoint')}: error InvalidShardCheckPoint",
            f'{sources.JAVA_SDK}: documented sample reads "" as not consumed yet',
        ),
    ),
    examples=("MTUyNDE1NTM3OTM3MzkwODQ5Ng==", ""),
)
UPDATE_TIME = Shape(
    "updateTime",
    "When the checkpoint was last written: microseconds since 1970-01-01T00:00:00Z in 64 bits; 0 if never. "
    "The pages say seconds, a guide says milliseconds; their own example and every recorded answer are microseconds.",
    (
        of_type("integer", _ELEMENTS),
        *between(
            0,
            INT64_MAX,
            f"microseconds since 1970, an integer from 0 to {INT64_MAX}",
            f"{sources.OPENAPI}: updateTime is int64",
            "aliyun-log-cpp-sdk: reads it as an unsigned integer of 64 bits",
        ),
    ),
    examples=(1524224984800922,),
)
CONSUMER = Shape(
    "consumer",
    'Name of the consumer that holds the shard; "" or absent while nobody does.',
    (of_type("string", _ELEMENTS),),
    examples=("consumer_1", ""),
)
ENTRY = Shape(
    "checkpoint of one shard",
    "One element per shard, never two for the same. Keys that no source names are additions, not breaches.",
    (of_type("object", _ELEMENTS),),
    members=(
        Member("shard", SHARD, (_ELEMENTS, _RUST)),
        Member("checkpoint", CHECKPOINT, (_ELEMENTS, _RUST)),
        Member(
            "updateTime", UPDATE_TIME, (_ELEMENTS, f"{sources.JAVA_SDK}: reads it without asking whether it is there")
        ),
        Member("consumer", CONSUMER),
    ),
    examples=(
        {
            "shard": 0,
            "checkpoint": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
            "updateTime": 1524224984800922,
            "consumer": "consumer_1",
        },
    ),
)
RESPONSE = Shape(
    "GetCheckPoint response",
    "Body of a 200: a bare array, in any order; empty if the shard asked for does not exist. "
    "Integers are written as integers: 1.0 and 1e2 pass a JSON Schema, clients in other languages refuse them.",
    (Constraint("type", "array", "a bare JSON array", (_EXAMPLE, _NOW)),),
    items=ENTRY,
)

ERROR = Shape(
    "error",
    "Body of every error answer. Keys that no source names are additions, not breaches.",
    (of_type("object", _ERROR_BODY),),
    members=(
        Member(
            "errorCode",
            Shape(
                "errorCode",
                "Name of the error; the part to act on.",
                (of_type("string", _ERROR_BODY), not_empty(f"{_ERROR_BODY}: a code of the table")),
                examples=("ConsumerGroupNotExist",),
            ),
            (_ERROR_BODY,),
        ),
        Member(
            "errorMessage",
            Shape(
                "errorMessage",
                "Words for people; they have changed over the years.",
                (of_type("string", _ERROR_BODY), not_empty(f"{_ERROR_BODY}: a message of the table")),
                examples=("consumer group not exist.",),
            ),
            (_ERROR_BODY,),
        ),
        Member(
            "accessDeniedDetail",
            Shape(
                "accessDeniedDetail",
                "Why an authorisation was refused; newer answers may carry it.",
                (of_type(("object", "null"), f"{sources.JAVA_SDK}: LogException", sources.GATEWAY_SDK),),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Description:
    """All that the sources say about one operation.

    Attributes:
        operation: its name.
        host: template of the Host header.
        success: the one status of a success.
        request: the request taken apart.
        authorization: the Authorization header.
        response: the body of a success.
        error: the body of an error.
        errors: what the operation may answer instead, common errors included.

    """

    operation: str
    host: str
    success: int
    request: Shape
    authorization: Shape
    response: Shape
    error: Shape
    errors: tuple[KnownError, ...]


DESCRIPTION = Description(
    operation="GetCheckPoint",
    host="{project}.{endpoint}",
    success=200,
    request=REQUEST,
    authorization=AUTHORIZATION,
    response=RESPONSE,
    error=ERROR,
    errors=errors_of("GetCheckPoint"),
)
