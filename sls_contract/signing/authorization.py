"""Parse the Authorization header in its two schemes.

Sources: RequestSignature page (``LOG``); the official SDKs' signers, which agree (``SLS4-HMAC-SHA256``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sls_contract.exchange import Request

LOG_FORM = "LOG <AccessKeyId>:<Signature>"
SLS4_FORM = "SLS4-HMAC-SHA256 Credential=<AccessKeyId>/<yyyymmdd>/<region>/sls/aliyun_v4_request,Signature=<hex>"

_LOG = re.compile(r"LOG ([^:\s]*):([^:\s*%]+)")
_SLS4 = re.compile(
    r"SLS4-HMAC-SHA256 Credential=([^/,\s]*)/([^/,\s]*)/([^/,\s]*)/([^/,\s]*)/([^/,\s]*),Signature=([^,\s*%]+)"
)

#: Common errors in this header: a pattern, and its description.
_FORM_ERRORS = (
    (r"[\"']", "it is in quotes"),
    (r"$", "there is no Authorization header, or it is empty: the request is not signed"),
    (r"(?i)SLS ", "the scheme word of v1 is LOG, not SLS"),
    (r"(?i)acs|oss|aws", "this is the scheme of another service"),
    (r"(?:LOG|SLS4).*\*", "the signature is masked, as in logs, so it cannot be verified"),
    (r"(?:LOG|SLS4).*%[0-9A-Fa-f]{2}", "the signature is percent-encoded; send it unencoded"),
    (r"(?i)Bearer ", "a bearer token is not a signature"),
    (r"(?i)Basic ", "a password is not a signature"),
    (r"(?!LOG)(?i:log) ", "the scheme word LOG is written in capitals"),
    (r"LOG[^ ]", "there must be one space between LOG and the access key id"),
    (r"LOG [^:]*$", "there is no colon between access key id and signature"),
    (r"LOG .*\s", "the access key id or signature contains a space, or the header was sent twice"),
    (r"(?!SLS4-HMAC-SHA256)(?i:SLS4-HMAC-SHA256)", "the scheme word SLS4-HMAC-SHA256 is written in capitals"),
    (r"SLS4.*SignedHeaders", "this scheme has no SignedHeaders part: the list follows from the request"),
    (r"SLS4.*,\s+Signature", "there must be no space after the comma"),
    (r"SLS4", "the Credential has five parts, and Signature follows after a comma"),
)


@dataclass(frozen=True, slots=True)
class LogAuthorization:
    """``LOG <AccessKeyId>:<Signature>``: scheme v1, with either hash."""

    access_key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Sls4Authorization:
    """``SLS4-HMAC-SHA256 Credential=…,Signature=…``: scheme v4."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signature: str

    @property
    def scope(self) -> str:
        """The scope of the signing key: ``<yyyymmdd>/<region>/sls/aliyun_v4_request``."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


Authorization: TypeAlias = LogAuthorization | Sls4Authorization


@lru_cache(maxsize=16)  # several checks parse the header of one request
def parse_authorization(value: str) -> Authorization | None:
    """Parse the header's value; None if it has neither form. The parts are not validated."""
    text = value.strip(" \t")
    log = _LOG.fullmatch(text)
    if log:
        return LogAuthorization(*log.groups())
    sls4 = _SLS4.fullmatch(text)
    return Sls4Authorization(*sls4.groups()) if sls4 else None


def authorization_slip(value: str) -> str:
    """Return a clause that says why the header has neither form, without any part of its value."""
    text = value.strip(" \t")
    return next(
        (description for pattern, description in _FORM_ERRORS if re.match(pattern, text, re.DOTALL)),
        "the scheme word is unknown",
    )


def authorization_of(request: Request) -> Authorization | None:
    """Parse the Authorization header of a request; None if it is missing or has neither form."""
    return parse_authorization(request.headers.lowered.get("authorization", ""))


def access_key_id(request: Request) -> str | None:
    """Return the access key id that the request was signed with; None if the header is missing or has neither form."""
    parsed = authorization_of(request)
    return parsed.access_key_id if parsed else None
