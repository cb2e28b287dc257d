"""Where the statements of the contract come from, named so that a reader can find them.

A source is a page or program, usually followed by a colon and the place in it.
"""

from __future__ import annotations

GET_CHECK_POINT = "GetCheckPoint page, 2021 (github.com/AlibabaCloudDocs/sls)"
GET_CHECK_POINT_NOW = (
    "GetCheckPoint page, API 2020-12-30 "
    "(alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getcheckpoint)"
)
OPENAPI = "OpenAPI model of 2020-12-30, as in github.com/alibabacloud-go/sls-20201230"
REQUEST_HEADERS = "Common request headers page, 2021 (github.com/AlibabaCloudDocs/sls)"
REQUEST_SIGNATURES = "Request signatures page, 2021 (github.com/AlibabaCloudDocs/sls)"
ERRORS_2021 = "Common error codes page, 2018 to 2021 (github.com/AlibabaCloudDocs/sls)"
ERRORS_NOW = "Common error codes page, 2026 (help.aliyun.com/zh/sls/developer-reference/error-codes)"
THROTTLING = "Handle resource throttling errors page, 2023 (alibabacloud.com/help/en/sls/expansion-of-resources)"
READ_WRITE_LIMITS = "Data read and write page, 2023 (help.aliyun.com/zh/sls/product-overview/data-read-and-write)"
GO_SDK = "aliyun-log-go-sdk"
JAVA_SDK = "aliyun-log-java-sdk"
PYTHON_SDK = "aliyun-log-python-sdk"
RUST_SDK = "aliyun-log-rust-sdk"
GATEWAY_SDK = "alibabacloud-gateway-sls, the signer of every 2020-12-30 SDK"


def sibling_page(operation: str) -> str:
    """Name the 2021 page of another consumer group operation (``HeartBeat``)."""
    return f"{operation} page, 2021 (github.com/AlibabaCloudDocs/sls)"
