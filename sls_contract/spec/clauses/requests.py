"""``SLS1xx``: what a request must be. Signatures are `sls_contract.spec.clauses.signatures`."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

CLAUSES = (
    Clause(
        code="SLS101",
        slug="request-path",
        level=Level.VIOLATION,
        title="The path names a logstore and a consumer group",
        text=(
            "GetCheckPoint is GET /logstores/{logstore}/consumergroups/{consumerGroup}. Both names are in the "
            "path, percent-encoded if necessary, and neither is empty. The service was observed to answer an "
            "empty group name with 405 InvalidMethod. Check the variable with the name."
        ),
        sources=(
            "GetCheckPoint page, request syntax",
            "aliyun-log-go-sdk issue 77: GET /logstores/<name>/consumergroups/ answered 405 InvalidMethod",
        ),
    ),
    Clause(
        code="SLS102",
        slug="request-method",
        level=Level.UNSPECIFIED,
        title="The method is GET",
        text=(
            "Reading checkpoints is a GET. The answer to HEAD or OPTIONS on the same path is not documented; "
            "POST, PUT and DELETE there are other operations."
        ),
        sources=("GetCheckPoint page, request syntax", "No page and no observed exchange shows HEAD or OPTIONS"),
    ),
    Clause(
        code="SLS103",
        slug="query-shard-key",
        level=Level.VIOLATION,
        title="The query key for the shard is shard",
        text=(
            "The optional query key is spelled shard, in lower case. The parameter table calls it shardId. A "
            "request with that name is not filtered, and a client that takes the first entry reads the checkpoint "
            "of another shard."
        ),
        sources=(
            "GetCheckPoint page, request syntax and sample request (?shard=0); its parameter table says shardId",
            "GetCheckPoint page of the 2020-12-30 API: parameter shard",
            "All official SDKs send shard",
        ),
    ),
    Clause(
        code="SLS104",
        slug="query-shard-value",
        level=Level.UNSPECIFIED,
        title="The shard is one decimal number from 0 to 2147483647",
        text=(
            "A shard id is a 32-bit integer from 0, in decimal digits, sent once. The answer to abc, -1, an empty "
            "value, a sign, leading zeros, a larger number or a repeated key is not documented; the shard filter "
            "is then not judged."
        ),
        sources=("GetCheckPoint page, parameter shardId: Integer", "No page and no observed exchange shows a bad one"),
    ),
    Clause(
        code="SLS105",
        slug="query-unknown-key",
        level=Level.UNSPECIFIED,
        title="The query has no key but shard",
        text="No page says whether the service ignores or refuses a query key that it does not know.",
        sources=("GetCheckPoint page, request parameters",),
    ),
    Clause(
        code="SLS106",
        slug="request-body",
        level=Level.UNSPECIFIED,
        title="The request has no body",
        text=(
            "GetCheckPoint uses only path and query. No page says what the service does with a body. If there is "
            "one, the signature covers it (Content-MD5 in v1, x-log-content-sha256 in v4)."
        ),
        sources=("GetCheckPoint page, request syntax",),
    ),
    Clause(
        code="SLS107",
        slug="api-version",
        level=Level.VIOLATION,
        title="x-log-apiversion is 0.6.0",
        text="Every request carries the header x-log-apiversion with the value 0.6.0, the only version there is.",
        sources=(
            "CommonRequestHeaders page, x-log-apiversion (required)",
            "CommonErrorCodes page, MissingAPIVersion and InvalidAPIVersion",
        ),
    ),
    Clause(
        code="SLS108",
        slug="signature-method",
        level=Level.VIOLATION,
        title="A v1 request names its signature method",
        text=(
            "A request signed in v1 (Authorization: LOG …) carries x-log-signaturemethod: hmac-sha1, or hmac-sha256, "
            "which no page names but the SDKs of the 2020-12-30 API send. v4 requests name their method in "
            "Authorization and need no such header."
        ),
        sources=(
            "CommonRequestHeaders page, x-log-signaturemethod (required)",
            "alibabacloud-gateway-sls, main.tea: hmac-sha256 in v1",
            "CommonErrorCodes page, MissingSignatureMethod and InvalidSignatureMethod",
        ),
    ),
    Clause(
        code="SLS109",
        slug="request-date",
        level=Level.VIOLATION,
        title="The request has a date",
        text=(
            "A v1 request has Date, and may have x-log-date, whose value then counts instead. A v4 request has "
            "x-log-date, which it signs, and needs no Date. A request with neither has no time and is refused."
        ),
        sources=(
            "CommonRequestHeaders page, Date (required) and x-log-date",
            "The official SDKs' v4 signers: x-log-date without Date",
        ),
    ),
    Clause(
        code="SLS110",
        slug="request-date-header",
        level=Level.WARNING,
        title="A v1 request has Date beside x-log-date",
        text=(
            "The page requires Date even if x-log-date replaces its value. A v1 request with x-log-date alone "
            "relies on behaviour that no page promises."
        ),
        sources=("CommonRequestHeaders page, x-log-date",),
    ),
    Clause(
        code="SLS111",
        slug="request-date-form",
        level=Level.VIOLATION,
        title="The date is written in the form its scheme asks for",
        text=(
            "v1: RFC 1123 in GMT, such as Mon, 09 Nov 2015 06:11:16 GMT. The weekday and a leading zero of the "
            "day are not judged: the page's own sample has both wrong. v4: x-log-date is UTC in ISO 8601 basic "
            "form, such as 20151109T061116Z."
        ),
        sources=(
            "CommonRequestHeaders page, Date and x-log-date",
            "The official SDKs' v4 signers",
            "Common error table of 2026: 400 InvalidRequestTime",
        ),
    ),
    Clause(
        code="SLS112",
        slug="body-raw-size",
        level=Level.VIOLATION,
        title="x-log-bodyrawsize is a number",
        text=(
            "The header gives the size of the body before compression, in bytes, as decimal digits; 0 without a "
            "body. GetCheckPoint does not need it, but if it is sent, it must be a number."
        ),
        sources=(
            "CommonRequestHeaders page, x-log-bodyrawsize",
            "CommonErrorCodes page, InvalidBodyRawSize",
        ),
    ),
    Clause(
        code="SLS113",
        slug="request-host",
        level=Level.VIOLATION,
        title="Host is the project in front of the endpoint",
        text=(
            "Host is {project}.{endpoint}, my-project.cn-hangzhou.log.aliyuncs.com: the project is named nowhere "
            "else. A bare endpoint, a bare IP address or localhost names no project. A placeholder, a project named "
            "twice, another product's host and a domain like aliyun.com are no endpoint of the service."
        ),
        sources=("GetCheckPoint page, request syntax: Host: ProjectName.Endpoint", "CommonRequestHeaders page, Host"),
    ),
    Clause(
        code="SLS114",
        slug="security-token",
        level=Level.VIOLATION,
        title="A temporary key comes with its security token",
        text=(
            "A request signed with a temporary key (STS; its access key id begins with STS.) carries the token in "
            "x-acs-security-token, and the token is signed."
        ),
        sources=("CommonRequestHeaders page, x-acs-security-token",),
    ),
    Clause(
        code="SLS115",
        slug="request-host-form",
        level=Level.WARNING,
        title="The service's host is one that serves a project's data",
        text=(
            "A project's name has letters, digits and hyphens, and begins and ends with a letter or a digit. "
            "sls.{region}.aliyuncs.com is the control endpoint of a region: consumers are not served there."
        ),
        sources=("page of endpoints", "CreateProject page, names of projects"),
    ),
)
