"""Status, error bodies and headers that are not what the pages say, and responses that never come."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

from broken_endpoints.harness import (
    bug,
    correct,
    error,
    is_read,
    now,
    on_error,
    on_response,
    with_body,
    with_document,
    with_header,
)

from sls_contract.exchange import Request, Response
from sls_contract.signing import (
    http_date,
)
from sls_contract.transport import TransportError

CLOSED, TRUNCATED = "closed", "truncated"


@on_response("SLS231")
def created_for_success(request, response):
    return response.replace(status=201) if is_read(request) and response.status == 200 else response


@on_response("SLS231")
def no_content_for_unknown_shard(request, response):
    empty = is_read(request) and response.body == b"[]"
    return Response(204, response.headers.without("Content-Length", "Content-Type")) if empty else response


@on_response("SLS231")
def redirects_to_https(request, response):
    if not is_read(request) or response.status != 200:
        return response
    return with_body(with_header(response, "Location", "https://elsewhere"), b"").replace(status=301)


@on_error("SLS232", "ConsumerGroupNotExist")
def html_error_page(request, response):
    return with_header(with_body(response, b"<html>404 Not Found</html>"), "Content-Type", "text/html")


@on_error("SLS232", "ParameterInvalid", "MissingParameter")
def empty_error(request, response):
    return with_body(response, b"").replace(headers=response.headers.without("Content-Type"))


@on_error("SLS232", "ParameterInvalid", "MissingParameter")
def snake_case_error(request, response):
    document = json.loads(response.body)
    return with_document(response, {"error_code": document["errorCode"], "error_message": document["errorMessage"]})


@on_error("SLS232", "ConsumerGroupNotExist")
def error_without_message(request, response):
    return with_document(response, {"errorCode": "ConsumerGroupNotExist"})


@on_error("SLS234", "ParameterInvalid", "MissingParameter")
def invented_code(request, response):
    return error(response, 400, "BadAuthorization", "no") if is_read(request) else response


@on_error("SLS234", "ConsumerGroupNotExist")
def misspelt_code(request, response):
    return error(response, 404, "ConsumerGroupNotExists", "consumer group not exist.")


@on_error("SLS235", "ParameterInvalid", "MissingParameter")
def code_of_a_sibling(request, response):
    if not is_read(request):
        return response
    return error(response, 400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")


@on_error("SLS236", "ParameterInvalid", "MissingParameter")
def code_with_another_status(request, response):
    return response.replace(status=401) if is_read(request) else response


@on_error("SLS236", "ConsumerGroupNotExist")
def missing_group_is_400(request, response):
    return response.replace(status=400)


@on_error("SLS236", "SignatureNotMatch")
def wrong_signature_is_403(request, response):
    return response.replace(status=403)


@on_response("SLS251")
def no_request_id(request, response):
    return response.replace(headers=response.headers.without("x-log-requestid"))


@on_response("SLS251")
def no_request_id_on_errors(request, response):
    return no_request_id(request, response) if response.status >= 400 else response


@on_error("SLS257", "ConsumerGroupNotExist")
def proxy_has_its_own_page_for_missing_groups(request, response):
    return _of_proxy(response, 404, "Via", "1.1 proxy")


@on_error("SLS257", "SignatureNotMatch")
def proxy_wants_credentials_of_its_own(request, response):
    return _of_proxy(response, 407, "Proxy-Authenticate", "Basic")


def _of_proxy(response, status, name, value):
    page = with_header(with_body(response, b"<html></html>"), "Content-Type", "text/html")
    return page.replace(status=status, headers=page.headers.without("x-log-requestid").with_field(name, value))


@on_response("SLS253")
def plain_text(request, response):
    return with_header(response, "Content-Type", "text/plain") if response.body else response


@on_response("SLS253")
def no_content_type(request, response):
    return response.replace(headers=response.headers.without("Content-Type"))


@on_response("SLS254")
def no_date(request, response):
    return response.replace(headers=response.headers.without("Date"))


@on_response("SLS254")
def date_in_iso(request, response):
    return with_header(response, "Date", now().isoformat())


@on_response("SLS255")
def date_in_local_time(request, response):
    return with_header(response, "Date", http_date(now() + timedelta(hours=8)))


@on_response("SLS255")
def errors_in_local_time(request, response):
    return date_in_local_time(request, response) if response.status >= 400 else response


@on_response("SLS261")
def length_in_characters(request, response):
    return with_header(response, "Content-Length", str(len(response.body.decode("utf-8", "replace"))))


@on_response("SLS261")
def tells_the_length_of_chunks(request, response):
    return with_header(response, "Transfer-Encoding", "chunked")


@on_response("SLS262")
def announces_gzip(request, response):
    return with_header(response, "Content-Encoding", "gzip") if is_read(request) else response


@on_response("SLS262")
def announces_gzip_to_whoever_takes_it(request, response):
    accepted = request.headers.get("Accept-Encoding", "")
    takes = "gzip" in accepted and "q=0" not in accepted
    return with_header(response, "Content-Encoding", "gzip") if takes and is_read(request) else response


@on_response("SLS263")
def gzip_for_everybody(request, response):
    if not is_read(request):
        return response
    return with_header(with_body(response, gzip.compress(response.body)), "Content-Encoding", "gzip")


@on_response("SLS263")
def compresses_where_gzip_is_named(request, response):
    """Though it is named with the weight 0, which excludes it."""
    if "gzip" not in request.headers.get("Accept-Encoding", "") or not response.body:
        return response
    return with_header(with_body(response, gzip.compress(response.body)), "Content-Encoding", "gzip")


@on_response("SLS265")
def announces_lz4(request, response):
    if not is_read(request) or response.status != 200:
        return response
    return with_header(with_header(response, "x-log-compresstype", "lz4"), "x-log-bodyrawsize", str(len(response.body)))


@on_response("SLS265")
def announces_lz4_where_nothing_forbids_it(request, response):
    return announces_lz4(request, response) if "Accept-Encoding" not in request.headers else response


@on_response("SLS266")
def checksum_of_something_else(request, response):
    return with_header(response, "Content-MD5", "D41D8CD98F00B204E9800998ECF8427E") if response.body else response


@on_response("SLS461")
def one_request_id_for_all(request, response):
    return with_header(response, "x-log-requestid", f"{int(now().timestamp()):08X}{'0' * 16}")


@bug("SLS462")
class HangsUpOnAnUnknownShard:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if is_read(request) and response.body == b"[]":
            raise TransportError(CLOSED, "in-process")
        return response


@bug("SLS462")
class CutsLongResponsesOff:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if len(response.body) > 4096:
            raise TransportError(TRUNCATED, "in-process", "1 more bytes", response.replace(body=response.body[:4096]))
        return response
