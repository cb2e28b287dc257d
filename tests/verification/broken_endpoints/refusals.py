"""Requests refused that had to be let in, or refused in the wrong way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from broken_endpoints.harness import KEYS, bug, correct, error, error_of, is_read, late, lets_in, on_error, on_response

from sls_contract.signing import (
    access_key_id,
)

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@on_response("SLS457")
def allows_five_minutes(request, response):
    if response.status != 200 or abs(late(request)) < timedelta(minutes=5):
        return response
    return error(response, 400, "RequestTimeExpired", "Request time has been expired while server time is now.")


@on_response("SLS456")
def knows_no_v4(request, response):
    if not request.headers.get("authorization", "").startswith("SLS4"):
        return response
    return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_response("SLS456")
def knows_no_sha256(request, response):
    if request.headers.get("x-log-signaturemethod") != "hmac-sha256":
        return response
    return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_response("SLS456")
def wants_a_body_size(request, response):
    if "x-log-bodyrawsize" in request.headers or response.status != 200:
        return response
    return error(response, 400, "MissingParameter", "Missing http extend header key : x-log-bodyrawsize.")


@on_response("SLS456")
def wants_a_content_type(request, response):
    if "content-type" in request.headers or response.status != 200 or request.method != "GET":
        return response
    return error(response, 400, "InvalidContentType", "Content-Type  is unsupported.")


@on_response("SLS456")
def reads_header_names_letter_by_letter(request, response):
    if response.status != 200 or any(name == "x-log-apiversion" for name, _ in request.headers.pairs):
        return response
    return error(response, 400, "MissingParameter", "Missing http extend header key : x-log-signaturemethod.")


@on_response("SLS456")
def knows_no_tokens(request, response):
    if response.status != 200 or "x-acs-security-token" not in request.headers:
        return response
    return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_error("SLS451", "SignatureNotMatch")
def wrong_signature_is_unauthorized(request, response):
    return error(response, 401, "Unauthorized", "The AccessKeyId is unauthorized.")


@lets_in("SLS452")
def makes_keys_up(request):
    return access_key_id(request) not in {key.access_key_id for key in KEYS} | {None}


@bug("SLS452")
class UnknownKeyIsAWrongSignature:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if access_key_id(request) in {key.access_key_id for key in KEYS} | {None} or response.status != 401:
            return response
        return error(response, 401, "SignatureNotMatch", "signature x not match")


@lets_in("SLS453")
def tokens_never_expire(request):
    return request.headers.get("x-acs-security-token") == "testExpiredToken"


@lets_in("SLS453")
def reads_no_token(request):
    return (access_key_id(request) or "").startswith("STS.")


@bug("SLS453")
class BadTokenIsAWrongSignature:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if "x-acs-security-token" not in request.headers or error_of(response) != "Unauthorized":
            return response
        return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_error("SLS454", "ParameterInvalid", "MissingParameter", "InvalidRequestTime")
def crashes_on_malformed_authentication(request, response):
    if not is_read(request):  # others lack parameters, too
        return response
    return error(response, 500, "InternalServerError", "Internal server error message.")


@on_error("SLS455", "RequestTimeExpired")
def clock_is_unauthorized(request, response):
    return error(response, 401, "Unauthorized", "The AccessKeyId is unauthorized.")
