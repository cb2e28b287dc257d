"""``SLS1xx``: what a request must be. Signatures are `sls_contract.spec.clauses.signatures`."""

from __future__ import annotations

from sls_contract.spec.finding import unspecified, violation, warning

CLAUSES = (
    violation("SLS101", "request-path", "The path names a logstore and a consumer group").says(
        "GetCheckPoint is GET /logstores/{logstore}/consumergroups/{consumerGroup}. Both names are in the "
        "path, percent-encoded if necessary, and neither is empty. The service was observed to answer an "
        "empty group name with 405 InvalidMethod. Check the variable with the name.",
        "GetCheckPoint page, request syntax",
        "aliyun-log-go-sdk issue 77: GET /logstores/<name>/consumergroups/ answered 405 InvalidMethod",
    ),
    unspecified("SLS102", "request-method", "The method is GET").says(
        "Reading checkpoints is a GET. The answer to HEAD or OPTIONS on the same path is not documented; "
        "POST, PUT and DELETE there are other operations.",
        "GetCheckPoint page, request syntax",
        "No page and no observed exchange shows HEAD or OPTIONS",
    ),
    violation("SLS103", "query-shard-key", "The query key for the shard is shard").says(
        "The optional query key is spelled shard, in lower case. The parameter table calls it shardId. A "
        "request with that name is not filtered, and a client that takes the first entry reads the checkpoint "
        "of another shard.",
        "GetCheckPoint page, request syntax and sample request (?shard=0); its parameter table says shardId",
        "GetCheckPoint page of the 2020-12-30 API: parameter shard",
        "All official SDKs send shard",
    ),
    unspecified("SLS104", "query-shard-value", "The shard is one decimal number from 0 to 2147483647").says(
        "A shard id is a 32-bit integer from 0, in decimal digits, sent once. The answer to abc, -1, an empty "
        "value, a sign, leading zeros, a larger number or a repeated key is not documented; the shard filter "
        "is then not judged.",
        "GetCheckPoint page, parameter shardId: Integer",
        "No page and no observed exchange shows a bad one",
    ),
    unspecified("SLS105", "query-unknown-key", "The query has no key but shard").says(
        "No page says whether the service ignores or refuses a query key that it does not know.",
        "GetCheckPoint page, request parameters",
    ),
    unspecified("SLS106", "request-body", "The request has no body").says(
        "GetCheckPoint uses only path and query. No page says what the service does with a body. If there is "
        "one, the signature covers it (Content-MD5 in v1, x-log-content-sha256 in v4).",
        "GetCheckPoint page, request syntax",
    ),
    violation("SLS107", "api-version", "x-log-apiversion is 0.6.0").says(
        "Every request carries the header x-log-apiversion with the value 0.6.0, the only version there is.",
        "CommonRequestHeaders page, x-log-apiversion (required)",
        "CommonErrorCodes page, MissingAPIVersion and InvalidAPIVersion",
    ),
    violation("SLS108", "signature-method", "A v1 request names its signature method").says(
        "A request signed in v1 (Authorization: LOG …) carries x-log-signaturemethod: hmac-sha1, or hmac-sha256, "
        "which no page names but the SDKs of the 2020-12-30 API send. v4 requests name their method in "
        "Authorization and need no such header.",
        "CommonRequestHeaders page, x-log-signaturemethod (required)",
        "alibabacloud-gateway-sls, main.tea: hmac-sha256 in v1",
        "CommonErrorCodes page, MissingSignatureMethod and InvalidSignatureMethod",
    ),
    violation("SLS109", "request-date", "The request has a date").says(
        "A v1 request has Date, and may have x-log-date, whose value then counts instead. A v4 request has "
        "x-log-date, which it signs, and needs no Date. A request with neither has no time and is refused.",
        "CommonRequestHeaders page, Date (required) and x-log-date",
        "The official SDKs' v4 signers: x-log-date without Date",
    ),
    warning("SLS110", "request-date-header", "A v1 request has Date beside x-log-date").says(
        "The page requires Date even if x-log-date replaces its value. A v1 request with x-log-date alone "
        "relies on behaviour that no page promises.",
        "CommonRequestHeaders page, x-log-date",
    ),
    violation("SLS111", "request-date-form", "The date is written in the form its scheme asks for").says(
        "v1: RFC 1123 in GMT, such as Mon, 09 Nov 2015 06:11:16 GMT. The weekday and a leading zero of the "
        "day are not judged: the page's own sample has both wrong. v4: x-log-date is UTC in ISO 8601 basic "
        "form, such as 20151109T061116Z.",
        "CommonRequestHeaders page, Date and x-log-date",
        "The official SDKs' v4 signers",
        "Common error table of 2026: 400 InvalidRequestTime",
    ),
    violation("SLS112", "body-raw-size", "x-log-bodyrawsize is a number").says(
        "The header gives the size of the body before compression, in bytes, as decimal digits; 0 without a "
        "body. GetCheckPoint does not need it, but if it is sent, it must be a number.",
        "CommonRequestHeaders page, x-log-bodyrawsize",
        "CommonErrorCodes page, InvalidBodyRawSize",
    ),
    violation("SLS113", "request-host", "Host is the project in front of the endpoint").says(
        "Host is {project}.{endpoint}, my-project.cn-hangzhou.log.aliyuncs.com: the project is named nowhere "
        "else. A bare endpoint, a bare IP address or localhost names no project. A placeholder, a project named "
        "twice, another product's host and a domain like aliyun.com are no endpoint of the service.",
        "GetCheckPoint page, request syntax: Host: ProjectName.Endpoint",
        "CommonRequestHeaders page, Host",
    ),
    violation("SLS114", "security-token", "A temporary key comes with its security token").says(
        "A request signed with a temporary key (STS; its access key id begins with STS.) carries the token in "
        "x-acs-security-token, and the token is signed.",
        "CommonRequestHeaders page, x-acs-security-token",
    ),
    warning("SLS115", "request-host-form", "The service's host is one that serves a project's data").says(
        "A project's name has letters, digits and hyphens, and begins and ends with a letter or a digit. "
        "sls.{region}.aliyuncs.com is the control endpoint of a region: consumers are not served there.",
        "page of endpoints",
        "CreateProject page, names of projects",
    ),
)
