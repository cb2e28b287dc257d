"""``SLS20x`` and ``SLS21x``: the list of checkpoints that a 200 carries."""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

CLAUSES = (
    violation("SLS201", "body-array", "The body of a 200 is a bare JSON array").says(
        "The answer is an array of entries, one for each shard, possibly empty, with nothing around it. The "
        "page prints it inside braces, which is not JSON, but its Content-Length of 111 bytes is that of the "
        "bare array. Some SDKs take an object around the list, a single entry, null, or an error body under "
        "status 200 for a success without entries.",
        "GetCheckPoint page, sample response (Content-Length: 111)",
        "GetCheckPoint pages of 2018, 2019 and of the 2020-12-30 API: bare array",
        "All official SDKs parse an array",
    ),
    violation("SLS202", "entry-object", "Each entry is an object").says(
        "Each element of the array is a JSON object with the keys shard, checkpoint, updateTime and consumer.",
        "GetCheckPoint page, response elements",
    ),
    violation("SLS203", "entry-shard", "shard is an integer from 0 to 2147483647").says(
        "Each entry names its shard as a JSON integer from 0 within 32 bits. If it is missing, the Go SDK "
        "reads shard 0.",
        "GetCheckPoint page, response element shard: Integer",
        "2020-12-30 API description: int32",
    ),
    violation("SLS204", "update-time-unit", "updateTime counts microseconds").says(
        "updateTime is microseconds since 1970-01-01 00:00:00 UTC; 0 means that the checkpoint was never "
        "updated. The page says seconds and a guide says milliseconds, but every printed and observed value "
        "is in microseconds: 1524224984800922 is 2018-04-20T11:49:44.800922Z. A value that is a time between "
        "2001 and 2100 in another unit is reported with that unit. No time is after 2100. None is before "
        "September 2001, unless a clock of the exchange itself (a Date, its time) is.",
        "GetCheckPoint page, response element updateTime: example 1524224984800922, text says seconds",
        "aliyun-log-python-sdk, tests/sample_consumer2.py: divides by 1000000",
        "aliyun-log-go-sdk, client_request_test.go: 1723094136866340",
    ),
    violation("SLS205", "update-time-type", "updateTime is a 64-bit integer").says(
        "Each entry has updateTime as a JSON integer from 0 to 9223372036854775807, also if the checkpoint "
        "was never updated (0). The Java SDK fails if it is missing, the Go SDK if it is a string.",
        "GetCheckPoint page, response element updateTime: Integer, a 16-digit example",
        "2020-12-30 API description: int64",
        "aliyun-log-java-sdk reads it without asking whether it is there",
    ),
    violation("SLS206", "entry-checkpoint", "checkpoint is empty or canonical base64").says(
        "Each entry has checkpoint as a string. It is empty if the shard was not consumed yet, otherwise "
        "standard base64 (RFC 4648 section 4) with padding, without line breaks, and with zeros in its unused "
        "last bits.",
        "GetCheckPoint page, response element checkpoint: example MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
        "ConsumerGroupUpdateCheckPoint page, InvalidShardCheckPoint: shard checkpoint not encoded by base64",
        "aliyun-log-python-sdk commit cc530e7: the cursor may be empty",
    ),
    warning("SLS207", "checkpoint-decimal", "The checkpoint decodes to a decimal number").says(
        "A cursor that SLS hands out is base64 of an ASCII decimal number, 1524155379373908496 in the example, "
        "and clients compute with it. The service stores what a consumer writes, so another text is possible, "
        "but get_check_point_fixed of the Python SDK fails on it.",
        "GetCheckPoint page: the example decodes to 1524155379373908496",
        "aliyun-log-python-sdk, get_check_point_fixed",
    ),
    violation("SLS208", "entry-consumer", "consumer is a string").says(
        "consumer is a JSON string: the name of the consumer that holds the shard, or empty if there is none. "
        "null, a number or another type is not a name.",
        "GetCheckPoint page, response element consumer: String",
        "GetCheckPoint page of 2018: the consumer that the shard belongs to",
    ),
    warning("SLS209", "consumer-missing", "Each entry has a consumer").says(
        "The page lists consumer in every entry. The Java SDK reads it as optional, so the service may leave "
        "it out if no consumer holds the shard. Other clients then fail on the missing key.",
        "GetCheckPoint page, response elements",
        "aliyun-log-java-sdk asks whether the key is there",
    ),
    violation("SLS210", "duplicate-shard", "No shard is listed twice").says(
        "A shard has one checkpoint in a group: no two entries of one answer name the same shard.",
        "GetCheckPoint page: the checkpoint of a shard; a list of all shards where none is named",
    ),
    violation("SLS211", "shard-filter", "Only the requested shard is answered").says(
        "With ?shard=N every entry is of shard N: one entry, or none if the shard does not exist. The Python "
        "consumer takes the first entry without a check, and would resume one shard at the checkpoint of "
        "another.",
        "GetCheckPoint page, parameter shardId",
        "aliyun-log-python-sdk, consumer: takes element 0",
    ),
    warning("SLS212", "entry-additive-key", "An entry has the four documented keys only").says(
        "A key that no page names is an addition. Clients written to the contract ignore it. Some pass it on, "
        "and it may be a misspelt or renamed key.",
        "GetCheckPoint page, response elements",
    ),
)
