"""``SLS4xx``: what holds between exchanges, judged by whoever knows what was done before.

40x a read against the writes, 41x ``updateTime``, 42x shards, 43x ``consumer``, 44x what there is and is not,
45x who is let in, 461 and 462 every answer, 463 other projects.
"""

from __future__ import annotations

from sls_contract.spec.finding import violation

_PAGE = "GetCheckPoint page"
_ERRORS = f"{_PAGE}, error codes"
_SIGNATURE = "RequestSignature page, verification: otherwise the request is refused"
_UPDATE = "UpdateCheckPoint page: a success changes the checkpoint of that shard in that group"


CLAUSES = (
    violation("SLS401", "read-after-write", "A read shows the last accepted write").says(
        "Once UpdateCheckPoint was answered with 200, GetCheckPoint shows that checkpoint, not an earlier one. A "
        "consumer that starts from an old checkpoint delivers data twice.",
        _UPDATE,
    ),
    violation("SLS402", "checkpoint-preserved", "A checkpoint comes back byte for byte").says(
        "What is read is exactly the text that was written: not decoded and encoded again, shortened, or put into "
        "another alphabet. Consumers resume at the cursor that they stored.",
        f"{_PAGE}, response element checkpoint",
        _UPDATE,
    ),
    violation("SLS403", "shard-isolation", "A write to one shard leaves the others alone").says(
        "A checkpoint written for one shard appears in no other shard of the group.",
        f"{_PAGE}: the checkpoint of a shard",
        _UPDATE,
    ),
    violation("SLS404", "group-isolation", "A write to one group leaves the others alone").says(
        "A checkpoint written in one consumer group appears in no other group.",
        f"{_PAGE}: the checkpoints of the specified consumer group",
        _UPDATE,
    ),
    violation("SLS405", "logstore-isolation", "A write in one logstore leaves the others alone").says(
        "Groups of the same name in two logstores are independent: the path names both.",
        f"{_PAGE}, request syntax",
        _UPDATE,
    ),
    violation("SLS406", "refused-changes-nothing", "A refused request changes nothing").says(
        "After a 4xx the state is as before. A refused checkpoint is not stored, and a group whose deletion "
        "was refused still exists.",
        "CommonErrorCodes page: an error answer means that the request failed",
    ),
    violation("SLS407", "group-begins-empty", "A group that is created again is empty").says(
        "After DeleteConsumerGroup and CreateConsumerGroup with the same name, no earlier checkpoint is left.",
        "DeleteConsumerGroup page: deletes the group",
        "CreateConsumerGroup page",
    ),
    violation("SLS411", "update-time-back", "updateTime never decreases").says(
        "From one read of a shard to the next, updateTime stays or grows as long as the group exists.",
        f"{_PAGE}, response element updateTime: the time of the last update",
    ),
    violation("SLS412", "update-time-moves", "updateTime increases on a write").says(
        "After an accepted write, also of the same value, updateTime is later than before it. (Writes within a second "
        "are not compared: a clock may be coarse.)",
        f"{_PAGE}, response element updateTime: the time of the last update",
    ),
    violation("SLS413", "update-time-steady", "updateTime changes only on a write").says(
        "Reading, or writing elsewhere, does not change the time of a shard's last update.",
        f"{_PAGE}, response element updateTime: the time of the last update",
    ),
    violation("SLS414", "update-time-of-write", "updateTime is the time of the write").says(
        "updateTime lies within 15 minutes of the Date with which the service answered the write. A difference of "
        "whole hours is a local time taken for UTC.",
        f"{_PAGE}, response element updateTime: Unix time of the last update",
        "CommonRequestHeaders page: clocks differ by 15 minutes at most",
    ),
    violation("SLS415", "update-time-never", "updateTime is 0 until the first write, and not after it").says(
        "A shard whose checkpoint was never written in this group has updateTime 0; one that was written has another.",
        f"{_PAGE}, response element updateTime: the time of the last update",
        "Official SDKs: a shard not consumed yet has an entry with an empty checkpoint",
    ),
    violation("SLS421", "every-shard", "Without shard, every shard of the logstore is returned").says(
        "A request without the query key shard gets one entry for each shard, those never consumed included. The "
        "shards are those that a lone consumer is assigned.",
        f"{_PAGE}, parameter shardId: the checkpoints of all shards are returned",
    ),
    violation("SLS422", "known-shard", "A shard that exists has an entry").says(
        "With ?shard=N of an existing shard the answer is one entry, even if nothing was consumed yet. With "
        "an empty list the Python consumer never starts.",
        f"{_PAGE}, parameter shardId",
        "aliyun-log-python-sdk, consumer: an empty list is an error",
    ),
    violation("SLS423", "unknown-shard", "A shard that does not exist gives an empty list").says(
        "With ?shard=N of a shard that the logstore does not have, the answer is 200 and [].",
        f"{_PAGE}, parameter shardId: if the shard does not exist, an empty list is returned",
    ),
    violation("SLS424", "filter-agrees", "The filtered and the unfiltered list agree").says(
        "Asked for one shard or for all, with no write between, a shard has the same entry.",
        f"{_PAGE}, parameter shardId",
    ),
    violation("SLS425", "fresh-checkpoint", "A shard never consumed has an empty checkpoint").says(
        'Before the first write the checkpoint is "": clients then begin at their configured position.',
        "aliyun-log-python-sdk commit cc530e7: the cursor may be empty",
        "aliyun-log-go-sdk, consumer: an empty checkpoint means the begin cursor",
    ),
    violation("SLS431", "consumer-of-write", "consumer names the holder that wrote").says(
        "After a write by the only consumer that holds the shard, consumer is present and is its name.",
        f"{_PAGE}, response element consumer: the consumer",
        "GetCheckPoint page of 2018: the consumer that the shard belongs to",
    ),
    violation("SLS432", "consumer-known", "consumer names a consumer of the group").says(
        "consumer is empty or names a consumer that sent a heartbeat or a checkpoint to this group.",
        f"{_PAGE}, response element consumer: the consumer",
    ),
    violation("SLS441", "group-missing", "A missing group is 404 ConsumerGroupNotExist").says(
        "An operation on a group that was never made or was deleted: 404 with errorCode ConsumerGroupNotExist. (For "
        "DeleteConsumerGroup no page says so.)",
        _ERRORS,
    ),
    violation("SLS442", "logstore-missing", "A missing logstore is 404 LogStoreNotExist").says(
        "An operation in a logstore that does not exist: 404 with errorCode LogStoreNotExist.", _ERRORS
    ),
    violation("SLS443", "project-missing", "A missing project is 404 ProjectNotExist").says(
        "An operation in a project that does not exist: 404 with errorCode ProjectNotExist.", _ERRORS
    ),
    violation("SLS444", "served", "A correct request for what exists is served").says(
        "A request for what exists, correctly signed and on time, is answered with 200. A 403 for "
        "an exhausted quota and a 503 count as not provable.",
        f"{_PAGE}, response elements: status 200",
    ),
    violation("SLS451", "wrong-signature", "A wrong signature is 401 SignatureNotMatch").says(
        "A signature of the right form that does not belong to the request is refused with 401 and SignatureNotMatch.",
        "CommonErrorCodes page, 401 SignatureNotMatch",
        _SIGNATURE,
    ),
    violation("SLS452", "unknown-key", "An unknown access key is 401 Unauthorized or InvalidAccessKeyId").says(
        "An access key id that does not exist is refused with 401 and one of these two codes.",
        "CommonErrorCodes page, 401 Unauthorized and InvalidAccessKeyId",
    ),
    violation("SLS453", "bad-token", "A bad or expired token is 401 Unauthorized").says(
        "A temporary key with a wrong, missing or expired security token is refused with 401 Unauthorized.",
        "CommonErrorCodes page, 401 Unauthorized: the security token is invalid, has expired",
    ),
    violation("SLS454", "malformed-authentication", "Malformed authentication is refused with 400 or 401").says(
        "No signature, one without its parts, one of another scheme, or a time that cannot be read: 400 or 401.",
        "Common error table of 2026: MissingParameter, ParameterInvalid, InvalidRequestTime",
        _SIGNATURE,
    ),
    violation("SLS455", "clock-refusal", "A time more than 15 minutes off is 400").says(
        "A request dated more than 15 minutes before or after the server's time is refused with 400 "
        "RequestTimeExpired (today) or RequestTimeTooSkewed (2021).",
        "CommonRequestHeaders page, note on the maximum difference",
        "Common error table of 2026: RequestTimeExpired; CommonErrorCodes page: RequestTimeTooSkewed",
    ),
    violation("SLS456", "signature-accepted", "A right signature is accepted in every form").says(
        "Signatures of v1 with hmac-sha1 or hmac-sha256 and of v4 are accepted, with and without a token. So "
        "are the headers of the official SDKs in their spelling. None is refused for its authentication.",
        "RequestSignature page",
        "Signers of the official SDKs",
    ),
    violation("SLS457", "clock-accepted", "A time less than 15 minutes off is accepted").says(
        "A request dated less than 15 minutes before or after the server's time is not refused for its time.",
        "CommonRequestHeaders page, note on the maximum difference",
    ),
    violation("SLS461", "request-ids-differ", "No two answers have the same request id").says(
        "x-log-requestid identifies one request: support finds it by this id. Answers on one connection have "
        "different ids, too.",
        "CommonResponseHeaders page: x-log-requestid identifies the request",
    ),
    violation("SLS462", "answered", "Every request gets a complete answer").says(
        "The connection is not closed, reset or garbled before the answer is complete while the endpoint goes on "
        "answering others.",
        "CommonErrorCodes page: a request that fails gets an error answer",
    ),
    violation("SLS463", "project-isolation", "A write in one project leaves the others alone").says(
        "Groups of the same name in logstores of the same name in two projects are independent: the host "
        "names the project.",
        f"{_PAGE}, request syntax: Host is the project's",
        _UPDATE,
    ),
    violation("SLS464", "response-date-moves", "Date is the time of the answer").says(
        "The Date of the answers to an operation moves on while time passes. Judged in a run of verify: at least three "
        "answers in a row, more than five seconds apart, with the same Date are wrong.",
        "CommonResponseHeaders page, Date; RFC 9110 section 6.6.1: when the message was originated",
    ),
)
