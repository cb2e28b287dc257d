"""The errors that any operation may answer: the tables of 2018 to 2021 and of today, and answers observed since."""

from __future__ import annotations

from sls_contract.spec.error_record import KnownError

_GET_CHECK_POINT = "GetCheckPoint page, 2021 (github.com/AlibabaCloudDocs/sls)"
_ERRORS_2021 = "Common error codes page, 2018 to 2021 (github.com/AlibabaCloudDocs/sls)"
_ERRORS_NOW = "Common error codes page, 2026 (help.aliyun.com/zh/sls/developer-reference/error-codes)"
_THROTTLING = "Handle resource throttling errors page, 2023 (alibabacloud.com/help/en/sls/expansion-of-resources)"
_READ_WRITE_LIMITS = "Data read and write page, 2023 (help.aliyun.com/zh/sls/product-overview/data-read-and-write)"
_GO_SDK = "aliyun-log-go-sdk"
_JAVA_SDK = "aliyun-log-java-sdk"
_PYTHON_SDK = "aliyun-log-python-sdk"
_OLD = (_ERRORS_2021,)
_NOW = (_ERRORS_NOW,)
_BOTH = (_ERRORS_2021, _ERRORS_NOW)
_THROTTLED = (_THROTTLING, "aliyun-log-cpp-sdk: its table of codes, for the status")
_BUSY = "The server is busy, please try again later."

_GONE = (
    KnownError(
        400, "MissingContentType", ("Content-Type does not exist in http header when body is not empty.",), _OLD
    ),
    KnownError(400, "MissingBodyRawSize", ("x-log-bodyrawsize does not exist in header when it is necessary.",), _OLD),
    KnownError(400, "InvalidBodyRawSize", ("x-log-bodyrawsize is invalid.",), _OLD),
    KnownError(400, "InvalidCompressType", ("x-log-compresstype {type} is unsupported.",), _OLD),
    KnownError(400, "MissingHost", ("Host does not exist in http header.",), _OLD),
    KnownError(400, "MissingDate", ("Date does not exist in http header.",), _OLD),
    KnownError(400, "InvalidDateFormat", ("Date {date} must follow RFC822.",), _OLD),
    KnownError(400, "MissingAPIVersion", ("x-log-apiversion does not exist in http header.",), _OLD),
    KnownError(400, "InvalidAPIVersion", ("x-log-apiversion {version} is unsupported.",), _OLD),
    KnownError(400, "MissAccessKeyId", ("x-log-accesskeyid does not exist in header.",), _OLD),
    KnownError(400, "MissingSignatureMethod", ("x-log-signaturemethod does not exist in http header.",), _OLD),
    KnownError(400, "InvalidSignatureMethod", ("signature method {method} is unsupported.",), _OLD),
    KnownError(400, "RequestTimeTooSkewed", ("Request time exceeds server time more than 15 minutes.",), _OLD),
    KnownError(
        404, "ProjectNotExists", ("Project {name} does not exist.", "The Project does not exist : {name}"), _OLD
    ),
    KnownError(
        411, "MissingContentLength", ("Content-Length does not exist in http header when it is necessary.",), _OLD
    ),
    KnownError(415, "InvalidContentType", ("Content-Type {type} is unsupported.",), _OLD),
)
"""No longer in the table of today."""

_BAD_REQUEST = (
    KnownError(
        400,
        "RequestTimeExpired",
        (
            "Request time {requestTime} has been expired while server time is {serverTime}.",
            "request time{requestTime} has been expired while server time is {serverTime}",
        ),
        (*_NOW, "observed 2020-10-15: github.com/aliyun/aliyun-log-c-sdk issue 49"),
    ),
    KnownError(400, "InvalidRequestTime", ("Request time {requestTime} not follow RFC822 spec.",), _NOW),
    KnownError(400, "InvalidHost", ("Host header {Host} is invalid.",), _NOW),
    KnownError(
        400,
        "ProjectAlreadyExist",
        ("Project {ProjectName} already exist.",),
        (*_NOW, f"observed: {_JAVA_SDK}, ProjectFunctionTest"),
    ),
    KnownError(
        400,
        "PostBodyInvalid",
        ("The request body is not valid JSON object.", "wrong data type"),
        (*_NOW, "observed 2018-08: github.com/aliyun/aliyun-log-android-sdk issue 14"),
    ),
    KnownError(400, "InvalidContentType", ("Content-Type {type} is unsupported.",), _NOW),
    KnownError(
        400,
        "ParameterInvalid",
        (
            "Http extend authorization{pair}",
            "Http extend x-log-bodyrawsize : {size} pair is invalid.",
            "Http extend x-log-compresstype : {type} pair is invalid.",
            "x-log-signaturemethod: {method} pair is invalid.",
            "The parameter {name} must be a positive integer",
        ),
        (*_NOW, f"observed: {_GO_SDK} issue 16", f"observed: {_JAVA_SDK}, functional tests"),
    ),
    KnownError(
        400,
        "MissingParameter",
        ("Missing query key : {parameter}.", "Missing http extend header key : {header}."),
        _NOW,
    ),
)

_UNAUTHORIZED = (
    KnownError(
        401,
        "SignatureNotMatch",
        (
            "Signature {signature} is not matched.",
            "Signature {signature} not matched.",
            "signature {signature} not match",
        ),
        (*_BOTH, "observed 2017: github.com/kubeup/fluent-bit-aliyun issue 9"),
    ),
    KnownError(
        401,
        "Unauthorized",
        (
            "The AccessKeyId is unauthorized.",
            "The security token you provided is invalid.",
            "The security token you provided has expired.",
            "AccessKeyId not found: {accessKeyId}",
            "AccessKeyId is disabled: {accessKeyId}",
            "Your SLS service has been forbidden.",
            "The project does not belong to you.",
            "denied by sts or ram, action: {action}, resource: {resource}",
            "Access denied by project policy.",
            "the parent of sub user must be project owner",
        ),
        (
            *_BOTH,
            f"observed: {_GO_SDK} issue 38 and end-to-end tests",
            f"observed: {_JAVA_SDK}, end-to-end tests",
            "observed 2020: github.com/yingce/aliyun-log",
        ),
    ),
    KnownError(
        401,
        "InvalidAccessKeyId",
        (
            "The access key id you provided is invalid: {accessKeyId}.",
            "Your SLS service has not opened.",
            "AccessKeyId {accessKeyId} is inactive",
        ),
        (*_BOTH, "observed 2020-03: github.com/serverless/serverless issue 7468"),
    ),
)

_REFUSED = (
    KnownError(
        403,
        "WriteQuotaExceed",
        (
            "Write quota is exceeded.",
            "Project write quota exceed: inflow: {inflow}",
            "Project write quota exceed: qps: {qps}",
        ),
        (*_BOTH, _THROTTLING),
    ),
    KnownError(403, "ReadQuotaExceed", ("Read quota is exceeded.",), _BOTH),
    KnownError(
        403,
        "ShardWriteQuotaExceed",
        ("shard write quota exceed, please split shard", "shard write quota exceed, shard: {shard}"),
        _THROTTLED,
    ),
    KnownError(
        403,
        "ShardReadQuotaExceed",
        ("shard read qps exceed quota limits", "shard read bytes exceed quota limits"),
        _THROTTLED,
    ),
    KnownError(
        403,
        "ProjectQuotaExceed",
        (
            "project {projectName} logstore count quota exceed",
            "project {projectName}, shard count quota exceed",
            "Account {accountId} most has {quota} project",
        ),
        (_THROTTLING,),
    ),
    KnownError(403, "MetaOperationQpsLimitExceeded", ("Qps limit for the meta operation is exceeded.",), _NOW),
    KnownError(
        403,
        "ProjectForbidden",
        ("Project {ProjectName} has been forbidden.",),
        (*_NOW, "observed: github.com/aliyun/aliyun-log-dotnetcore-sdk issue 23"),
    ),
    KnownError(
        404,
        "ProjectNotExist",
        ("The Project does not exist : {projectName}.", "Project {name} does not exist."),
        (_GET_CHECK_POINT, *_BOTH, f"observed 2022-12: {_GO_SDK} commit 658971d"),
    ),
    KnownError(
        404,
        "LogStoreNotExist",
        ("The logstore {logstoreName} dose not exist.",),
        (f"observed: {_JAVA_SDK}, ListShardFunctionTest; pages of operations word it without the article",),
    ),
    KnownError(
        405,
        "InvalidMethod",
        ("Invalid request method : {requestUri}",),
        (*_NOW, f"observed: {_GO_SDK} issue 77"),
    ),
    KnownError(413, "PostBodyTooLarge", ("Body size {bodysize} must little than 10485760.",), _NOW),
)

_FAILED = (
    KnownError(500, "InternalServerError", ("{message}",), (_GET_CHECK_POINT, *_BOTH)),
    KnownError(500, "RequestTimeout", ("The request is timeout. Please try again later.",), _NOW),
    KnownError(503, "ServerBusy", (_BUSY,), _BOTH),
)

_NAMED_BY_CLIENTS = tuple(
    KnownError(None, code, (), (f"{_PYTHON_SDK}: codes that renew the credentials",), origin="sdk")
    for code in ("InvalidAccessKeyId.NotFound", "SecurityToken.Expired", "SecurityTokenExpired")
)

CODE_NOT_TOLD = KnownError(
    None,
    "",
    (
        "need authorization in header to authenticate",
        "fail to map inner project owner id to aliuid",
        "Inflow Quota Exceed",
        "Write QPS Exceed",
        "Read QPS Exceed",
    ),
    (
        f"observed 2023-05: {_GO_SDK} issue 203",
        "observed: public reports of the service",
        _READ_WRITE_LIMITS,
    ),
    origin="live",
)
"""Messages whose ``errorCode`` no source shows: known with any code that is known itself."""

COMMON = (*_GONE, *_BAD_REQUEST, *_UNAUTHORIZED, *_REFUSED, *_FAILED, *_NAMED_BY_CLIENTS)
"""What any operation may answer."""
