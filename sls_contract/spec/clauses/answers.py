"""``SLS22x`` to ``SLS24x``: a body's JSON, status codes, error bodies, and what must not be served."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

CLAUSES = (
    Clause(
        code="SLS221",
        slug="json-text",
        level=Level.VIOLATION,
        title="The body is one JSON text",
        text=(
            "A body that should be JSON is one JSON text as RFC 8259 defines it. It is not empty, not HTML, has "
            "nothing after its end, no NaN or Infinity, and is nested no deeper than a parser can follow."
        ),
        sources=(
            "GetCheckPoint page, sample response: Content-Type: application/json",
            "aliyun-log-go-sdk, client_request_test.go: an HTML page with status 200 is an error",
            "RFC 8259",
        ),
    ),
    Clause(
        code="SLS222",
        slug="json-utf8",
        level=Level.VIOLATION,
        title="The JSON is UTF-8 without a byte order mark",
        text=(
            "JSON on the wire is UTF-8 and does not begin with a byte order mark. A \\u escape of half a "
            "surrogate pair is not a character."
        ),
        sources=("RFC 8259 section 8.1", "RequestSignature page: texts are UTF-8"),
    ),
    Clause(
        code="SLS223",
        slug="json-duplicate-key",
        level=Level.VIOLATION,
        title="No object has a key twice",
        text="If an object has a key twice, parsers disagree on which value counts.",
        sources=("RFC 8259 section 4",),
    ),
    Clause(
        code="SLS224",
        slug="json-integer",
        level=Level.VIOLATION,
        title="Integers are written as integers",
        text=(
            "shard and updateTime are written with digits only: not 1.0, 1e2 or -0. Typed parsers refuse those or "
            "round them."
        ),
        sources=("GetCheckPoint page, response elements of type Integer and their examples",),
    ),
    Clause(
        code="SLS231",
        slug="success-status",
        level=Level.VIOLATION,
        title="Success is status 200, failure is 4xx or 5xx",
        text=(
            "A request that succeeds is answered with exactly 200. 201, 202, 204, 206 and redirects are not "
            "documented, and the Python SDK treats each of them as an error."
        ),
        sources=(
            "GetCheckPoint page, response elements: status 200",
            "aliyun-log-python-sdk and aliyun-log-rust-sdk: only 200 is success",
        ),
    ),
    Clause(
        code="SLS232",
        slug="error-body",
        level=Level.VIOLATION,
        title="A 4xx carries errorCode and errorMessage",
        text=(
            "The body of a 4xx is a JSON object with the non-empty strings errorCode and errorMessage. Today's "
            "SDKs do not understand the shapes of earlier years (error_code, Error.Code) or HTML."
        ),
        sources=(
            "CommonErrorCodes page, format of the error message",
            "Official SDKs: need both keys, case-sensitively",
        ),
    ),
    Clause(
        code="SLS233",
        slug="server-error-body",
        level=Level.WARNING,
        title="A 5xx carries errorCode and errorMessage",
        text=(
            "The body of a 5xx has the same form as that of a 4xx. Proxies in front of the service may answer "
            "with HTML or an empty body, so this is not a violation, but clients lose code and status."
        ),
        sources=(
            "CommonErrorCodes page, format of the error message and rows 500 and 503",
            "aliyun-log-go-sdk, client_request_test.go: HTML page of the edge proxy",
        ),
    ),
    Clause(
        code="SLS234",
        slug="error-code-unknown",
        level=Level.VIOLATION,
        title="errorCode is documented",
        text=(
            "The errorCode of an answer is in the operation's own table or in a common table, or was observed on "
            "the real service. Clients compare the code letter for letter."
        ),
        sources=(
            "GetCheckPoint page, error codes",
            "CommonErrorCodes page",
            "Common error table of 2026 (help.aliyun.com, error-codes)",
        ),
    ),
    Clause(
        code="SLS235",
        slug="error-code-operation",
        level=Level.VIOLATION,
        title="errorCode is one that GetCheckPoint can answer",
        text=(
            "Codes of the sibling operations (ShardNotExist, ConsumerNotExist, ConsumerGroupAlreadyExist, …) are "
            "not answers of GetCheckPoint. In particular, an unknown shard is 200 with an empty list, not an "
            "error. The answer to a malformed shard is not documented and not judged."
        ),
        sources=("GetCheckPoint page, error codes and parameter shardId", "Pages of the sibling operations"),
    ),
    Clause(
        code="SLS236",
        slug="error-status",
        level=Level.VIOLATION,
        title="A known errorCode comes with its status",
        text="Each errorCode has the HTTP status that its table gives it (where tables disagree, one of theirs).",
        sources=(
            "GetCheckPoint page, error codes",
            "CommonErrorCodes page",
            "Common error table of 2026 (help.aliyun.com, error-codes)",
        ),
    ),
    Clause(
        code="SLS237",
        slug="error-message",
        level=Level.WARNING,
        title="errorMessage has a known wording",
        text=(
            "The message reads as a page prints it, or as it was observed. Not judged: dose or does, a space "
            "before a colon, capitals, a final full stop, and the names and values inside. Programs should use "
            "errorCode; this clause notices drift."
        ),
        sources=(
            "GetCheckPoint page, error codes",
            "CommonErrorCodes page",
            "aliyun-log-go-sdk commit 658971d: the wording moved in 2022",
        ),
    ),
    Clause(
        code="SLS238",
        slug="error-additive-key",
        level=Level.WARNING,
        title="An error body has the documented keys only",
        text=(
            "An error body has errorCode and errorMessage; errors of authorisation may add the object "
            "accessDeniedDetail. Another key is an addition."
        ),
        sources=(
            "CommonErrorCodes page, format of the error message",
            "aliyun-log-java-sdk and alibabacloud-gateway-sls: accessDeniedDetail",
        ),
    ),
    Clause(
        code="SLS239",
        slug="authentication-served",
        level=Level.VIOLATION,
        title="A request that is not properly signed is not served",
        text=(
            "A request without a signature, with a malformed one, or with one that does not verify is refused "
            "with 400 or 401, never answered with 200. If the key is not known here, a signature of the right "
            "form is not judged."
        ),
        sources=(
            "RequestSignature page, verification: otherwise the request is refused",
            "CommonErrorCodes page, 401 SignatureNotMatch",
        ),
    ),
    Clause(
        code="SLS240",
        slug="clock-served",
        level=Level.VIOLATION,
        title="A request more than 15 minutes off is not served",
        text=(
            "A request whose time is more than 15 minutes from the server's (its Date header) is refused with 400 "
            "RequestTimeExpired or, in the older table, RequestTimeTooSkewed; it is never answered with 200."
        ),
        sources=(
            "CommonRequestHeaders page, note on the maximum difference",
            "Common error table of 2026: RequestTimeExpired; CommonErrorCodes page: RequestTimeTooSkewed",
        ),
    ),
)
