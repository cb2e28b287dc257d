"""The request headers that the sources name; any other header is free."""

from __future__ import annotations

from sls_contract.spec import sources
from sls_contract.spec.authorization import AUTHORIZATION
from sls_contract.spec.shape import Constraint, JsonSchema, Member, Rule, Shape, not_empty, of_type, spelled

_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE = f"{sources.REQUEST_HEADERS}: Date, whose format loses its spaces in one place and a zero in another"
_V4_SDKS = f"{sources.GO_SDK}, {sources.JAVA_SDK}, {sources.PYTHON_SDK}: signature v4"


def _page(header: str) -> str:
    return f"{sources.REQUEST_HEADERS}: {header}"


def _header(
    name: str, meaning: str, *constraints: Constraint, example: str, source: str = "", required: bool = False
) -> Member:
    source = source or _page(name)
    shape = Shape(name, meaning, (of_type("string", source), *constraints), examples=(example,))
    return Member(name.lower(), shape, (source,) if required else ())


def _signed(scheme: str) -> JsonSchema:
    """Give the condition under which a request is signed with a scheme."""
    return {
        "properties": {"authorization": {"type": "string", "pattern": f"^{scheme} "}},
        "required": ["authorization"],
    }


_TOKEN = Shape(
    "x-acs-security-token",
    "Token of a temporary identity; required with one, absent without.",
    (of_type("string", _page("x-acs-security-token")), not_empty(_page("x-acs-security-token"))),
    secret=True,
)

_NAMED = (
    Member("authorization", AUTHORIZATION, (_page("Authorization"),)),
    _header(
        "Host",
        "Project, full stop, endpoint; without http://.",
        not_empty(_page("Host")),
        example="my-project.cn-shanghai.log.aliyuncs.com",
        required=True,
    ),
    _header(
        "x-log-apiversion",
        "Version of the API.",
        Constraint("const", "0.6.0", "0.6.0", (_page("x-log-apiversion"),)),
        example="0.6.0",
        required=True,
    ),
    _header(
        "x-log-signaturemethod",
        "Digest of a v1 signature. SDKs leave it out in v4.",
        example="hmac-sha1",
    ),
    _header(
        "Date",
        "When the request was made: RFC 1123, GMT; within 15 minutes of the service's clock. x-log-date overrules it.",
        *spelled(
            f"(?:{_DAYS}), ?[0-9]{{1,2}} ?(?:{_MONTHS}) ?[0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} GMT",
            "a date like Fri, 04 May 2018 09:26:53 GMT",
            _DATE,
        ),
        example="Fri, 04 May 2018 09:26:53 GMT",
    ),
    _header(
        "x-log-date",
        "Takes the place of Date in clock and signature. v1: same format; v4: 20180504T092653Z.",
        not_empty(_page("x-log-date")),
        example="20180504T092653Z",
    ),
    _header(
        "x-log-bodyrawsize",
        "Size of the body in bytes before compression, 0 to 3145728; needed only with a compressed body.",
        *spelled("[0-9]+", "decimal digits", f"{_page('x-log-bodyrawsize')}: type number"),
        example="0",
    ),
    _header(
        "x-log-content-sha256",
        "SHA-256 of the body as sent, in hexadecimal; v4 signs it.",
        example="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        source=_V4_SDKS,
    ),
    _header("Content-Type", "Free on this request; what is sent is signed.", example="application/x-protobuf"),
    _header(
        "Content-MD5", "MD5 of the body as sent, upper-case hexadecimal; empty or absent without a body.", example=""
    ),
    Member("x-acs-security-token", _TOKEN),
)

_V1 = Rule(
    _signed("LOG"),
    Shape(
        "v1",
        "What a v1 signature needs beside it.",
        members=(
            Member(
                "x-log-signaturemethod",
                Shape(
                    "x-log-signaturemethod",
                    "hmac-sha1 in the pages; hmac-sha256 in the 2020-12-30 SDKs.",
                    (
                        Constraint(
                            "enum",
                            ["hmac-sha1", "hmac-sha256"],
                            "hmac-sha1 or hmac-sha256",
                            (_page("x-log-signaturemethod"), f"{sources.GATEWAY_SDK}: main.tea"),
                        ),
                    ),
                ),
                (_page("x-log-signaturemethod"),),
            ),
        ),
    ),
)
_V4 = Rule(
    _signed("SLS4-HMAC-SHA256"),
    Shape(
        "v4",
        "What a v4 signature needs beside it.",
        members=(
            Member(
                "x-log-date", Shape("x-log-date", "The time that is signed, and the date of the scope."), (_V4_SDKS,)
            ),
        ),
    ),
)
_SOME_DATE = Constraint(
    "anyOf",
    [{"required": ["date"]}, {"required": ["x-log-date"]}],
    "a Date or x-log-date header",
    (_page("Date"), _page("x-log-date"), _V4_SDKS),
)

REQUEST_HEADERS = Shape(
    "request headers",
    "Names in lower case. The operation has no header of its own; these are common to the whole API.",
    (of_type("object", f"{sources.GET_CHECK_POINT}: request headers"), _SOME_DATE),
    members=_NAMED,
    rules=(_V1, _V4),
)
