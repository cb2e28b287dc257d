"""What an errorCode means for whoever meets it, in one sentence, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means, what to do next, each one sentence without its full stop, and a command that helps."""

    says: str
    then: str
    command: str = ""


_COMMAND = "sls-contract signature request.http"
_SIGN = ("save the request as the client sent it, and look which step of its signature is wrong", _COMMAND)
_KEY = "check that the key exists, is enabled, and has the permission for this project (RAM console)"
_TOKEN = "ask STS for a new token, and send it in x-acs-security-token with each request"  # noqa: S105 - no token
_SLOW = "wait and try again with growing pauses; split the shard or raise the quota where it goes on"
_NAME = "compare the name in the request's path with the console, letter by letter, and the region of the endpoint"
_CLOCK = ("set the machine's clock, write Date in UTC, and sign each attempt afresh", _COMMAND)

MEANINGS = {
    "SignatureNotMatch": Meaning(
        "The service signs what arrived with the key's secret and gets another digest", *_SIGN
    ),
    "Unauthorized": Meaning("The key is known but may not do this, or is disabled, or its token is not valid", _KEY),
    "InvalidAccessKeyId": Meaning("The service does not know the access key id, or the service was not opened", _KEY),
    "InvalidAccessKeyId.NotFound": Meaning("The service does not know the access key id", _KEY),
    "SecurityTokenExpired": Meaning("The security token of the temporary key has expired", _TOKEN),
    "SecurityToken.Expired": Meaning("The security token of the temporary key has expired", _TOKEN),
    "RequestTimeExpired": Meaning("The request's time is more than 15 minutes from the server's clock", *_CLOCK),
    "RequestTimeTooSkewed": Meaning("The request's time is more than 15 minutes from the server's clock", *_CLOCK),
    "InvalidRequestTime": Meaning("Date (or x-log-date) is not written as RFC 1123 asks", *_CLOCK),
    "InvalidDateFormat": Meaning("Date (or x-log-date) is not written as RFC 1123 asks", *_CLOCK),
    "ConsumerGroupNotExist": Meaning("The logstore has no consumer group of this name", f"create it, or {_NAME}"),
    "ConsumerGroupAlreadyExist": Meaning(
        "A consumer group of this name is there already", "go on: consumers that start together see it; use the group"
    ),
    "ConsumerNotExist": Meaning(
        "The consumer is not in the group: it sent no heartbeat within the group's timeout",
        "send a heartbeat first, or write the checkpoint with forceSuccess=true",
    ),
    "ConsumerNotMatch": Meaning(
        "Another consumer holds the shard now", "stop consuming the shard; its new holder goes on from the checkpoint"
    ),
    "NotExistConsumerWithBody": Meaning(
        "The first heartbeat of a consumer, or the first after its timeout, named shards", "send an empty array first"
    ),
    "LogStoreNotExist": Meaning("The project has no logstore of this name", _NAME),
    "ProjectNotExist": Meaning("The region has no project of this name", _NAME),
    "ProjectNotExists": Meaning("The region has no project of this name", _NAME),
    "ShardNotExist": Meaning(
        "The logstore has no such shard, or it is gone after a split or merge", "list the shards, and use the children"
    ),
    "InvalidShardCheckPoint": Meaning("The checkpoint is not base64", "write the cursor as it was received"),
    "InvalidCursor": Meaning("The cursor is not one of this shard, or too old", "ask GetCursor for a new one"),
    "ServerBusy": Meaning("The service is overloaded for the moment", _SLOW),
    "InternalServerError": Meaning("The service failed", f"{_SLOW}; give x-log-requestid to the service's support"),
    "RequestTimeout": Meaning("The request did not arrive in time", _SLOW),
    "WriteQuotaExceed": Meaning("More is written than the project may", _SLOW),
    "ReadQuotaExceed": Meaning("More is read than the project may", _SLOW),
    "ShardWriteQuotaExceed": Meaning("More is written to a shard than it takes", _SLOW),
    "ShardReadQuotaExceed": Meaning("More is read from a shard than it gives", _SLOW),
    "ProjectQuotaExceed": Meaning("The project has as many logstores, shards or projects as it may have", _SLOW),
    "MissingContentType": Meaning("A request with a body has no Content-Type", "send Content-Type, and sign it"),
    "ParameterInvalid": Meaning("A parameter or header has a value that the service does not take", *_SIGN),
    "MissingParameter": Meaning("A query parameter or header that is required is missing", *_SIGN),
    "PostBodyInvalid": Meaning(
        "The body is not the JSON that the operation asks for",
        "write it as the page of the operation shows; record it, and look what the contract says",
        "sls-contract check cassettes/",
    ),
    "PostBodyTooLarge": Meaning("The body is larger than 10 MB", "send fewer logs at once"),
    "InvalidMethod": Meaning("The path does not take this method, or a name in it is empty", _NAME),
    "ProjectForbidden": Meaning("The project has been locked, as for unpaid bills", "look into the console's messages"),
}
"""By code; a code that is not here is explained by its wordings alone."""
