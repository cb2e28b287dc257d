"""What an errorCode means for whoever meets it, in one sentence, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means, what to do next, each one sentence without its full stop, and a command that helps."""

    says: str
    then: str
    command: str = ""


COMMAND = "sls-contract signature request.http"
"""What shows a request as it was sent, and judges it."""

_SIGN = ("save the request as the client sent it, and look which step of its signature is wrong", COMMAND)
_KEY = "check that the key exists, is enabled, and has the permission for this project (RAM console)"
_TOKEN = "ask STS for a new token, and send it in x-acs-security-token with each request"  # noqa: S105 - no token
_PAUSE = "wait and try again with growing pauses; split the shard or raise the quota where it goes on"
_SLOW = (_PAUSE + "; see what your client does then", "sls-contract serve --fault 'error=ServerBusy times=3'")
_NAME = "compare the name in the request's path with the console, letter by letter, and the region of the endpoint"
_SEND = ("send the header as the page of common request headers asks, and sign it", COMMAND)
_OWN = "use it, or take another name"
_FORM = "write it as the page of the operation shows"
_CLOCK = ("set the machine's clock, write Date in UTC, and sign each attempt afresh", COMMAND)

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
    "ServerBusy": Meaning("The service is overloaded for the moment", *_SLOW),
    "InternalServerError": Meaning("The service failed", f"{_PAUSE}; give x-log-requestid to the service's support"),
    "RequestTimeout": Meaning("The request did not arrive in time", *_SLOW),
    "WriteQuotaExceed": Meaning("More is written than the project may", *_SLOW),
    "ReadQuotaExceed": Meaning("More is read than the project may", *_SLOW),
    "ShardWriteQuotaExceed": Meaning("More is written to a shard than it takes", *_SLOW),
    "ShardReadQuotaExceed": Meaning("More is read from a shard than it gives", *_SLOW),
    "ProjectQuotaExceed": Meaning("The project has as many logstores, shards or projects as it may have", *_SLOW),
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
    "MissingBodyRawSize": Meaning("A request with a body has no x-log-bodyrawsize", *_SEND),
    "InvalidBodyRawSize": Meaning("x-log-bodyrawsize is not the size of the body before compression", *_SEND),
    "InvalidCompressType": Meaning("x-log-compresstype names a compression that the service does not know", *_SEND),
    "MissingHost": Meaning("The request has no Host", *_SEND),
    "InvalidHost": Meaning("Host is not one of the service: it is the project before the endpoint", *_SEND),
    "MissingDate": Meaning("The request has neither Date nor x-log-date", *_SEND),
    "MissingAPIVersion": Meaning("The request has no x-log-apiversion", *_SEND),
    "InvalidAPIVersion": Meaning("x-log-apiversion is not 0.6.0", *_SEND),
    "MissAccessKeyId": Meaning("The request names no access key id", *_SEND),
    "MissingSignatureMethod": Meaning("The request has no x-log-signaturemethod", *_SEND),
    "InvalidSignatureMethod": Meaning("x-log-signaturemethod is neither hmac-sha1 nor hmac-sha256", *_SEND),
    "MissingContentLength": Meaning("The request has no Content-Length", *_SEND),
    "InvalidContentType": Meaning("Content-Type is none that the operation takes", *_SEND),
    "MetaOperationQpsLimitExceeded": Meaning("Projects, logstores and groups are asked for too often", *_SLOW),
    "ProjectAlreadyExist": Meaning("A project of this name is there, maybe in another account", _OWN),
    "LogStoreAlreadyExist": Meaning("A logstore of this name is there already", _OWN),
    "LogStoreInfoInvalid": Meaning("The logstore's name or settings are not allowed", _FORM),
    "LogStoreWithoutShard": Meaning("The logstore has no shard that can be read or written", "list the shards"),
    "ConfigAlreadyExist": Meaning("A configuration of this name is there already", _OWN),
    "ConfigNotExist": Meaning("The project has no configuration of this name", _NAME),
    "GroupNotExist": Meaning("The project has no machine group of this name", _NAME),
    "MachineGroupNotExist": Meaning("The project has no machine group of this name", _NAME),
    "ShipperNotExist": Meaning("The logstore has no shipper of this name", _NAME),
    "IndexAlreadyExist": Meaning("The logstore has an index already", "update the index"),
    "IndexConfigNotExist": Meaning("The logstore has no index, so that it cannot be searched", "create the index"),
    "IndexInfoInvalid": Meaning("The index in the body is not one that the operation takes", _FORM),
    "JsonInfoInvalid": Meaning("A member of the body has another type or value than the operation takes", _FORM),
    "InvalidEncoding": Meaning("A log holds text that is not UTF-8", "write logs in UTF-8"),
    "InvalidKey": Meaning("A field's name is empty or not allowed", _FORM),
    "InvalidLine": Meaning("line is no number from 0 to 100", _FORM),
    "InvalidOffset": Meaning("offset is no number from 0 on", _FORM),
    "InvalidReverse": Meaning("reverse is neither true nor false", _FORM),
    "InvalidParameter": Meaning("A parameter has a value that the operation does not take", _FORM),
    "InvalidQueryString": Meaning("The query does not follow the search syntax", _FORM),
    "InvalidTimeRange": Meaning("from is not before to, or the span between is too long", _FORM),
    "InvalidTimestamp": Meaning("A log has no time in seconds since 1970", "write seconds, not milliseconds"),
    "PostBodyUncompressError": Meaning(
        "The body cannot be decompressed, or has another size then than x-log-bodyrawsize says", *_SEND
    ),
    "PermissionDenied": Meaning("The key may not ask whether the service was opened", _KEY),
    "DescribeUserBusinessStatusFailed": Meaning(
        "The service could not look up whether the account opened it", "try again later"
    ),
    "ProjectForbidden": Meaning("The project has been locked, as for unpaid bills", "look into the console's messages"),
}
"""By code; a code of contracts that users bring is explained by its wordings alone."""

OF_OTHER_SERVICES = frozenset(
    {"SignatureDoesNotMatch", "IncompleteSignature", "InvalidTimeStamp.Expired", "SignatureNonceUsed", "AccessDenied"}
)
"""Codes that OSS and the RPC interfaces answer, and this service does not."""
