"""``SLS20x`` and ``SLS21x``: the list of checkpoints that a 200 carries."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

CLAUSES = (
    Clause(
        code="SLS201",
        slug="body-array",
        level=Level.VIOLATION,
        title="The body of a 200 is a bare JSON array",
        text=(
            "The answer is an array of entries, one for each shard, possibly empty, with nothing around it. The "
            "page prints it inside braces, which is not JSON, but its Content-Length of 111 bytes is that of the "
            "bare array. Some SDKs take an object around the list, a single entry, null, or an error body under "
            "status 200 for a success without entries."
        ),
        sources=(
            "GetCheckPoint page, sample response (Content-Length: 111)",
            "GetCheckPoint pages of 2018, 2019 and of the 2020-12-30 API: bare array",
            "All official SDKs parse an array",
        ),
    ),
    Clause(
        code="SLS202",
        slug="entry-object",
        level=Level.VIOLATION,
        title="Each entry is an object",
        text="Each element of the array is a JSON object with the keys shard, checkpoint, updateTime and consumer.",
        sources=("GetCheckPoint page, response elements",),
    ),
    Clause(
        code="SLS203",
        slug="entry-shard",
        level=Level.VIOLATION,
        title="shard is an integer from 0 to 2147483647",
        text=(
            "Each entry names its shard as a JSON integer from 0 within 32 bits. If it is missing, the Go SDK "
            "reads shard 0."
        ),
        sources=("GetCheckPoint page, response element shard: Integer", "2020-12-30 API description: int32"),
    ),
    Clause(
        code="SLS204",
        slug="update-time-unit",
        level=Level.VIOLATION,
        title="updateTime counts microseconds",
        text=(
            "updateTime is microseconds since 1970-01-01 00:00:00 UTC; 0 means that the checkpoint was never "
            "updated. The page says seconds and a guide says milliseconds, but every printed and observed value "
            "is in microseconds: 1524224984800922 is 2018-04-20T11:49:44.800922Z. A value that is a time between "
            "2001 and 2100 in another unit is reported with that unit. No time is after 2100. None is before "
            "September 2001, unless a clock of the exchange itself (a Date, its time) is."
        ),
        sources=(
            "GetCheckPoint page, response element updateTime: example 1524224984800922, text says seconds",
            "aliyun-log-python-sdk, tests/sample_consumer2.py: divides by 1000000",
            "aliyun-log-go-sdk, client_request_test.go: 1723094136866340",
        ),
    ),
    Clause(
        code="SLS205",
        slug="update-time-type",
        level=Level.VIOLATION,
        title="updateTime is a 64-bit integer",
        text=(
            "Each entry has updateTime as a JSON integer from 0 to 9223372036854775807, also if the checkpoint "
            "was never updated (0). The Java SDK fails if it is missing, the Go SDK if it is a string."
        ),
        sources=(
            "GetCheckPoint page, response element updateTime: Integer, a 16-digit example",
            "2020-12-30 API description: int64",
            "aliyun-log-java-sdk reads it without asking whether it is there",
        ),
    ),
    Clause(
        code="SLS206",
        slug="entry-checkpoint",
        level=Level.VIOLATION,
        title="checkpoint is empty or canonical base64",
        text=(
            "Each entry has checkpoint as a string. It is empty if the shard was not consumed yet, otherwise "
            "standard base64 (RFC 4648 section 4) with padding, without line breaks, and with zeros in its unused "
            "last bits."
        ),
        sources=(
            "GetCheckPoint page, response element checkpoint: example MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
            "ConsumerGroupUpdateCheckPoint page, InvalidShardCheckPoint: shard checkpoint not encoded by base64",
            "aliyun-log-python-sdk commit cc530e7: the cursor may be empty",
        ),
    ),
    Clause(
        code="SLS207",
        slug="checkpoint-decimal",
        level=Level.WARNING,
        title="The checkpoint decodes to a decimal number",
        text=(
            "A cursor that SLS hands out is base64 of an ASCII decimal number, 1524155379373908496 in the example, "
            "and clients compute with it. The service stores what a consumer writes, so another text is possible, "
            "but get_check_point_fixed of the Python SDK fails on it."
        ),
        sources=(
            "GetCheckPoint page: the example decodes to 1524155379373908496",
            "aliyun-log-python-sdk, get_check_point_fixed",
        ),
    ),
    Clause(
        code="SLS208",
        slug="entry-consumer",
        level=Level.VIOLATION,
        title="consumer is a string",
        text=(
            "consumer is a JSON string: the name of the consumer that holds the shard, or empty if there is none. "
            "null, a number or another type is not a name."
        ),
        sources=(
            "GetCheckPoint page, response element consumer: String",
            "GetCheckPoint page of 2018: the consumer that the shard belongs to",
        ),
    ),
    Clause(
        code="SLS209",
        slug="consumer-missing",
        level=Level.WARNING,
        title="Each entry has a consumer",
        text=(
            "The page lists consumer in every entry. The Java SDK reads it as optional, so the service may leave "
            "it out if no consumer holds the shard. Other clients then fail on the missing key."
        ),
        sources=(
            "GetCheckPoint page, response elements",
            "aliyun-log-java-sdk asks whether the key is there",
        ),
    ),
    Clause(
        code="SLS210",
        slug="duplicate-shard",
        level=Level.VIOLATION,
        title="No shard is listed twice",
        text="A shard has one checkpoint in a group: no two entries of one answer name the same shard.",
        sources=("GetCheckPoint page: the checkpoint of a shard; a list of all shards where none is named",),
    ),
    Clause(
        code="SLS211",
        slug="shard-filter",
        level=Level.VIOLATION,
        title="Only the requested shard is answered",
        text=(
            "With ?shard=N every entry is of shard N: one entry, or none if the shard does not exist. The Python "
            "consumer takes the first entry without a check, and would resume one shard at the checkpoint of "
            "another."
        ),
        sources=(
            "GetCheckPoint page, parameter shardId",
            "aliyun-log-python-sdk, consumer: takes element 0",
        ),
    ),
    Clause(
        code="SLS212",
        slug="entry-additive-key",
        level=Level.WARNING,
        title="An entry has the four documented keys only",
        text=(
            "A key that no page names is an addition. Clients written to the contract ignore it. Some pass it on, "
            "and it may be a misspelt or renamed key."
        ),
        sources=("GetCheckPoint page, response elements",),
    ),
)
