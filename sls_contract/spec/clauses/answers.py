"""``SLS22x`` to ``SLS24x``: a body's JSON, status codes, error bodies, and what must not be served."""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

CLAUSES = (
    violation("SLS221", "json-text", "The body is one JSON text").says(
        "A body that should be JSON is one JSON text as RFC 8259 defines it. It is not empty, not HTML, has "
        "nothing after its end, no NaN or Infinity, and is nested no deeper than a parser can follow.",
        "GetCheckPoint page, sample response: Content-Type: application/json",
        "aliyun-log-go-sdk, client_request_test.go: an HTML page with status 200 is an error",
        "RFC 8259",
    ),
    violation("SLS222", "json-utf8", "The JSON is UTF-8 without a byte order mark").says(
        "JSON on the wire is UTF-8 and does not begin with a byte order mark. A \\u escape of half a "
        "surrogate pair is not a character.",
        "RFC 8259 section 8.1",
        "RequestSignature page: texts are UTF-8",
    ),
    violation("SLS223", "json-duplicate-key", "No object has a key twice").says(
        "If an object has a key twice, parsers disagree on which value counts.", "RFC 8259 section 4"
    ),
    violation("SLS224", "json-integer", "Integers are written as integers").says(
        "shard and updateTime are written with digits only: not 1.0, 1e2 or -0. Typed parsers refuse those or "
        "round them.",
        "GetCheckPoint page, response elements of type Integer and their examples",
    ),
    violation("SLS231", "success-status", "Success is status 200, failure is 4xx or 5xx").says(
        "A request that succeeds is answered with exactly 200. 201, 202, 204, 206 and redirects are not "
        "documented, and the Python SDK treats each of them as an error.",
        "GetCheckPoint page, response elements: status 200",
        "aliyun-log-python-sdk and aliyun-log-rust-sdk: only 200 is success",
    ),
    violation("SLS232", "error-body", "A 4xx carries errorCode and errorMessage").says(
        "The body of a 4xx is a JSON object with the non-empty strings errorCode and errorMessage. Today's "
        "SDKs do not understand the shapes of earlier years (error_code, Error.Code) or HTML.",
        "CommonErrorCodes page, format of the error message",
        "Official SDKs: need both keys, case-sensitively",
    ),
    warning("SLS233", "server-error-body", "A 5xx carries errorCode and errorMessage").says(
        "The body of a 5xx has the same form as that of a 4xx. Proxies in front of the service may answer "
        "with HTML or an empty body, so this is not a violation, but clients lose code and status.",
        "CommonErrorCodes page, format of the error message and rows 500 and 503",
        "aliyun-log-go-sdk, client_request_test.go: HTML page of the edge proxy",
    ),
    violation("SLS234", "error-code-unknown", "errorCode is documented").says(
        "The errorCode of an answer is in the operation's own table or in a common table, or was observed on "
        "the real service. Clients compare the code letter for letter.",
        "GetCheckPoint page, error codes",
        "CommonErrorCodes page",
        "Common error table of 2026 (help.aliyun.com, error-codes)",
    ),
    violation("SLS235", "error-code-operation", "errorCode is one that GetCheckPoint can answer").says(
        "Codes of the sibling operations (ShardNotExist, ConsumerNotExist, ConsumerGroupAlreadyExist, …) are "
        "not answers of GetCheckPoint. In particular, an unknown shard is 200 with an empty list, not an "
        "error. The answer to a malformed shard is not documented and not judged.",
        "GetCheckPoint page, error codes and parameter shardId",
        "Pages of the sibling operations",
    ),
    violation("SLS236", "error-status", "A known errorCode has its documented status").says(
        "Each errorCode has the HTTP status that its table gives it (where tables disagree, one of theirs).",
        "GetCheckPoint page, error codes",
        "CommonErrorCodes page",
        "Common error table of 2026 (help.aliyun.com, error-codes)",
    ),
    warning("SLS237", "error-message", "errorMessage has a known wording").says(
        "The message reads as a page prints it, or as it was observed. Not judged: dose or does, a space "
        "before a colon, capitals, a final full stop, and the names and values inside. Programs should use "
        "errorCode; this clause notices drift.",
        "GetCheckPoint page, error codes",
        "CommonErrorCodes page",
        "aliyun-log-go-sdk commit 658971d: the wording moved in 2022",
    ),
    warning("SLS238", "error-additive-key", "An error body has the documented keys only").says(
        "An error body has errorCode and errorMessage; errors of authorisation may add the object "
        "accessDeniedDetail. Another key is an addition.",
        "CommonErrorCodes page, format of the error message",
        "aliyun-log-java-sdk and alibabacloud-gateway-sls: accessDeniedDetail",
    ),
    violation("SLS239", "authentication-served", "A request that is not properly signed is not served").says(
        "A request without a signature, with a malformed one, or with one that does not verify is refused "
        "with 400 or 401, never answered with 200. If the key is not known here, a signature of the right "
        "form is not judged.",
        "RequestSignature page, verification: otherwise the request is refused",
        "CommonErrorCodes page, 401 SignatureNotMatch",
    ),
    violation("SLS240", "clock-served", "A request dated more than 15 minutes off is refused").says(
        "A request whose time is more than 15 minutes from the server's (its Date header) is refused with 400 "
        "RequestTimeExpired or, in the older table, RequestTimeTooSkewed; it is never answered with 200.",
        "CommonRequestHeaders page, note on the maximum difference",
        "Common error table of 2026: RequestTimeExpired; CommonErrorCodes page: RequestTimeTooSkewed",
    ),
)
