"""The Authorization header, in the three forms that official clients send."""

from __future__ import annotations

from sls_contract.spec import sources
from sls_contract.spec.shape import Shape, of_type, spelled

_PAGE = f"{sources.REQUEST_SIGNATURES}: Authorization"
_V4 = f"{sources.GO_SDK}: signature_v4.go", f"{sources.JAVA_SDK}: SignerV4", f"{sources.PYTHON_SDK}: auth.py"

_KEY_ID_V1 = "[!-9;-~]+"  # visible ASCII but the colon that ends it
_PART_V4 = "[!-+.0-~-]+"  # visible ASCII but comma and slash
_BASE64_LAST = "[AEIMQUYcgkosw048]="  # two bits of the last digit are left over, and zero

V1_SHA1 = Shape(
    "v1, hmac-sha1",
    "LOG, access key id, colon, and an HMAC-SHA1 (20 bytes) in standard base64: 28 characters.",
    spelled(
        f"LOG {_KEY_ID_V1}:[A-Za-z0-9+/]{{26}}{_BASE64_LAST}",
        "LOG <access key id>:<28 characters of base64>",
        _PAGE,
    ),
)
V1_SHA256 = Shape(
    "v1, hmac-sha256",
    "The same with an HMAC-SHA256 (32 bytes): 44 characters. No page has it; the 2020-12-30 SDKs send it.",
    spelled(
        f"LOG {_KEY_ID_V1}:[A-Za-z0-9+/]{{42}}{_BASE64_LAST}",
        "LOG <access key id>:<44 characters of base64>",
        f"{sources.GATEWAY_SDK}: main.tea",
    ),
)
V4 = Shape(
    "v4",
    "SLS4-HMAC-SHA256 with the scope (date of x-log-date in UTC, region) and an HMAC-SHA256 in lower-case hexadecimal. "
    "No space after the comma; the signed headers are not listed.",
    spelled(
        f"SLS4-HMAC-SHA256 Credential={_PART_V4}/[0-9]{{8}}/{_PART_V4}/sls/aliyun_v4_request,Signature=[0-9a-f]{{64}}",
        "SLS4-HMAC-SHA256 Credential=<access key id>/<yyyymmdd>/<region>/sls/aliyun_v4_request"
        ",Signature=<64 hexadecimal digits>",
        *_V4,
    ),
)

AUTHORIZATION = Shape(
    "Authorization",
    "Who asks, and the proof. Exactly one of three forms.",
    (of_type("string", f"{sources.REQUEST_HEADERS}: Authorization"),),
    forms=(V1_SHA1, V1_SHA256, V4),
    forms_sources=(_PAGE, f"{sources.GATEWAY_SDK}: main.tea", *_V4),
    secret=True,
)
