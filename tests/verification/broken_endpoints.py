"""Endpoints with one realistic bug each: the reference endpoint, and what a tired engineer made of it.

Each is a `Send` made by a factory; the code beside it is the clause that should notice. ``python -m benchmarks.strength``
runs them all; the tests run some.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.exchange import Headers, Request, Response, decode_path
from sls_contract.signing import (
    MAX_SKEW,
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    access_key_id,
    http_date,
    request_time,
    sign,
    verify_signature,
)
from sls_contract.spec import operation_of
from sls_contract.transport import TransportError

PROJECT, LOGSTORE, OTHER, WIDE = "my-project", "my-logstore", "my-logstore-other", "my-logstore-wide"
EXPIRED = Credentials(TEST_STS_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_secret, "testExpiredToken")
KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS, EXPIRED)


def now() -> datetime:
    return datetime.now(UTC)


def correct() -> ReferenceEndpoint:
    """The endpoint that every bug is put into."""
    endpoint = ReferenceEndpoint(
        now,
        credentials=KEYS,
        logstores={(PROJECT, LOGSTORE): 4, (PROJECT, OTHER): 2, (PROJECT, WIDE): 256},
        keep_log=False,
    )
    endpoint.expire_token("testExpiredToken")
    return endpoint


@dataclass(frozen=True)
class Broken:
    """A bug: its name, the clause that should notice it, and how to make the endpoint."""

    name: str
    code: str
    make: Callable[[], Callable[[Request], Response]]


BROKEN: dict[str, Broken] = {}


def bug(code: str) -> Callable[[Any], Any]:
    """Register a class as an endpoint."""

    def register(made: Any) -> Any:
        BROKEN[made.__name__] = Broken(made.__name__, code, made)
        return made

    return register


def on_answer(code: str) -> Callable[[Any], Any]:
    """Register a function that changes answers: request and response in, response out."""

    def register(change: Callable[[Request, Response], Response]) -> Any:
        def make() -> Callable[[Request], Response]:
            real = correct()
            return lambda request: change(request, real(request))

        BROKEN[change.__name__] = Broken(change.__name__, code, make)
        return change

    return register


def on_list(code: str) -> Callable[[Any], Any]:
    """Register a function that changes the list of a successful GetCheckPoint: request and list in, document out."""

    def register(change: Callable[[Request, list[Any]], Any]) -> Any:
        def changed(request: Request, response: Response) -> Response:
            if not is_read(request) or response.status != 200:
                return response
            return with_document(response, change(request, json.loads(response.body)))

        changed.__name__ = change.__name__
        on_answer(code)(changed)
        return change

    return register


def on_entry(code: str) -> Callable[[Any], Any]:
    """Register a function that changes each entry in place."""

    def register(change: Callable[[dict[str, Any]], None]) -> Any:
        def changed(request: Request, document: list[Any]) -> Any:
            for entry in document:
                change(entry)
            return document

        changed.__name__ = change.__name__
        on_list(code)(changed)
        return change

    return register


def on_error(code: str, *codes: str) -> Callable[[Any], Any]:
    """Register a function that changes error answers with one of some errorCodes."""

    def register(change: Callable[[Request, Response], Response]) -> Any:
        def changed(request: Request, response: Response) -> Response:
            return change(request, response) if error_of(response) in codes else response

        changed.__name__ = change.__name__
        on_answer(code)(changed)
        return change

    return register


def is_read(request: Request) -> bool:
    operation = operation_of(request)
    return operation is not None and operation.name == "GetCheckPoint"


def asks_for(request: Request, name: str) -> bool:
    operation = operation_of(request)
    return operation is not None and operation.name == name


def shard_of(request: Request) -> int | None:
    value = dict(request.query_pairs()).get("shard")
    return None if value is None else int(value)


def group_of(request: Request) -> tuple[str, str]:
    parts = [decode_path(part) for part in request.path.split("/")]
    return parts[2], parts[4] if len(parts) > 4 else json.loads(request.body or b"{}").get("consumerGroup", "")


def error_of(response: Response) -> str | None:
    try:
        document = json.loads(response.body)
    except ValueError:
        return None
    return document.get("errorCode") if isinstance(document, dict) else None


def with_body(response: Response, body: bytes) -> Response:
    return response.replace(body=body, headers=response.headers.with_field("Content-Length", str(len(body))))


def with_document(response: Response, document: Any) -> Response:
    return with_body(response, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def with_header(response: Response, name: str, value: str) -> Response:
    return response.replace(headers=response.headers.with_field(name, value))


def error(response: Response, status: int, code: str, message: str) -> Response:
    plain = with_header(response, "Content-Type", "application/json")
    return with_document(plain, {"errorCode": code, "errorMessage": message}).replace(status=status)


def trusted(request: Request) -> Request:
    """The same request as someone who may do anything would send it now."""
    return sign(request, TEST_CREDENTIALS, at=now())


# --- shape -----------------------------------------------------------------------------------------------------------


@on_list("SLS201")
def wraps_the_list(request, document):
    return {"count": len(document), "checkpoints": document}


@on_list("SLS201")
def answers_one_object_for_one_shard(request, document):
    return document[0] if shard_of(request) is not None and len(document) == 1 else document


@on_list("SLS201")
def answers_null_for_empty(request, document):
    return document or None


@on_list("SLS202")
def answers_rows(request, document):
    return [list(entry.values()) for entry in document]


@on_list("SLS210")
def lists_a_shard_twice(request, document):
    return [*document, *document[-1:]]


@bug("SLS211")
class ignores_the_filter:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request) or response.status != 200 or response.body == b"[]":
            return response
        path = request.url.partition("?")[0]
        return self.real(trusted(request.replace(url=path)))


@bug("SLS211")
class takes_shard_zero_for_none(ignores_the_filter):
    def __call__(self, request: Request) -> Response:
        if is_read(request) and shard_of(request) == 0:
            return super().__call__(request)
        return self.real(request)


@bug("SLS211")
class filters_by_prefix:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request) or response.status != 200 or shard_of(request) is None or response.body == b"[]":
            return response
        everything = json.loads(self.real(trusted(request.replace(url=request.url.partition("?")[0]))).body)
        return with_document(response, [e for e in everything if str(e["shard"]).startswith(str(shard_of(request)))])


# --- types and units -------------------------------------------------------------------------------------------------


@on_entry("SLS203")
def shard_is_a_string(entry):
    entry["shard"] = str(entry["shard"])


@on_entry("SLS224")
def shard_is_a_float(entry):
    entry["shard"] = float(entry["shard"])


@on_entry("SLS204")
def update_time_in_seconds(entry):
    entry["updateTime"] //= 1_000_000


@on_entry("SLS204")
def update_time_in_milliseconds(entry):
    entry["updateTime"] //= 1000


@on_entry("SLS204")
def update_time_in_nanoseconds(entry):
    entry["updateTime"] *= 1000


@on_entry("SLS205")
def update_time_is_a_string(entry):
    entry["updateTime"] = str(entry["updateTime"])


@on_entry("SLS205")
def update_time_is_null_until_written(entry):
    entry["updateTime"] = entry["updateTime"] or None


@on_entry("SLS205")
def update_time_left_out_until_written(entry):
    if not entry["updateTime"]:
        del entry["updateTime"]


@on_entry("SLS224")
def update_time_is_a_float(entry):
    entry["updateTime"] = float(entry["updateTime"])


@on_entry("SLS206")
def checkpoint_decoded(entry):
    entry["checkpoint"] = base64.b64decode(entry["checkpoint"]).decode()


@on_entry("SLS206")
def checkpoint_null_until_written(entry):
    entry["checkpoint"] = entry["checkpoint"] or None


@on_entry("SLS206")
def checkpoint_left_out_until_written(entry):
    if not entry["checkpoint"]:
        del entry["checkpoint"]


@on_entry("SLS206")
def checkpoint_without_padding(entry):
    entry["checkpoint"] = entry["checkpoint"].rstrip("=")


@on_entry("SLS206")
def checkpoint_in_url_alphabet(entry):
    entry["checkpoint"] = entry["checkpoint"].replace("+", "-").replace("/", "_")


@on_entry("SLS206")
def checkpoint_with_line_end(entry):
    entry["checkpoint"] += "\n" if entry["checkpoint"] else ""


@on_entry("SLS208")
def consumer_is_null(entry):
    entry["consumer"] = entry["consumer"] or None


@on_entry("SLS208")
def consumer_is_a_list(entry):
    entry["consumer"] = [entry["consumer"]]


# --- JSON ------------------------------------------------------------------------------------------------------------


def on_text(code: str) -> Callable[[Any], Any]:
    def register(change: Callable[[bytes], bytes]) -> Any:
        def changed(request: Request, response: Response) -> Response:
            fits = is_read(request) and response.status == 200
            return with_body(response, change(response.body)) if fits else response

        changed.__name__ = change.__name__
        on_answer(code)(changed)
        return change

    return register


@on_text("SLS221")
def wraps_in_braces_as_printed(body):
    return b"{\n" + body + b"\n}"


@on_text("SLS221")
def empty_body_for_empty_list(body):
    return b"" if body == b"[]" else body


@on_text("SLS221")
def python_repr(body):
    return repr(json.loads(body)).encode()


@on_text("SLS221")
def trailing_comma(body):
    return body.replace(b"}]", b"},]")


@on_text("SLS221")
def nan_for_never(body):
    return body.replace(b'"updateTime":0', b'"updateTime":NaN')


@on_text("SLS222")
def byte_order_mark(body):
    return b"\xef\xbb\xbf" + body


@on_text("SLS222")
def gbk_encoding(body):
    return body.decode().encode("gb18030")


@on_text("SLS223")
def key_twice(body):
    return re.sub(rb'"shard":(\d+)', rb'"shard":\1,"shard":\1', body)


@on_text("SLS224")
def exponent(body):
    return re.sub(rb'"updateTime":(\d+)', rb'"updateTime":\1e0', body)


# --- status and error body -------------------------------------------------------------------------------------------


@on_answer("SLS231")
def created_for_success(request, response):
    return response.replace(status=201) if is_read(request) and response.status == 200 else response


@on_answer("SLS231")
def no_content_for_unknown_shard(request, response):
    empty = is_read(request) and response.body == b"[]"
    return Response(204, response.headers.without("Content-Length", "Content-Type")) if empty else response


@on_answer("SLS231")
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
    return error(response, 400, "BadAuthorization", "no")


@on_error("SLS234", "ConsumerGroupNotExist")
def misspelt_code(request, response):
    return error(response, 404, "ConsumerGroupNotExists", "consumer group not exist.")


@on_error("SLS235", "ParameterInvalid", "MissingParameter")
def code_of_a_sibling(request, response):
    return error(response, 400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")


@on_error("SLS236", "ParameterInvalid", "MissingParameter")
def code_with_another_status(request, response):
    return response.replace(status=401)


@on_error("SLS236", "ConsumerGroupNotExist")
def missing_group_is_400(request, response):
    return response.replace(status=400)


@on_error("SLS236", "SignatureNotMatch")
def wrong_signature_is_403(request, response):
    return response.replace(status=403)


# --- headers and framing ---------------------------------------------------------------------------------------------


@on_answer("SLS251")
def no_request_id(request, response):
    return response.replace(headers=response.headers.without("x-log-requestid"))


@on_answer("SLS251")
def no_request_id_on_errors(request, response):
    return no_request_id(request, response) if response.status >= 400 else response


@on_answer("SLS253")
def plain_text(request, response):
    return with_header(response, "Content-Type", "text/plain") if response.body else response


@on_answer("SLS253")
def no_content_type(request, response):
    return response.replace(headers=response.headers.without("Content-Type"))


@on_answer("SLS254")
def no_date(request, response):
    return response.replace(headers=response.headers.without("Date"))


@on_answer("SLS254")
def date_in_iso(request, response):
    return with_header(response, "Date", now().isoformat())


@on_answer("SLS255")
def date_in_local_time(request, response):
    return with_header(response, "Date", http_date(now() + timedelta(hours=8)))


@on_answer("SLS255")
def errors_in_local_time(request, response):
    return date_in_local_time(request, response) if response.status >= 400 else response


@on_answer("SLS261")
def length_in_characters(request, response):
    return with_header(response, "Content-Length", str(len(response.body.decode())))


@on_answer("SLS262")
def announces_gzip(request, response):
    return with_header(response, "Content-Encoding", "gzip") if is_read(request) else response


@on_answer("SLS262")
def announces_gzip_to_whoever_takes_it(request, response):
    takes = "gzip" in request.headers.get("Accept-Encoding", "")
    return with_header(response, "Content-Encoding", "gzip") if takes and is_read(request) else response


@on_answer("SLS263")
def gzip_for_everybody(request, response):
    if not is_read(request):
        return response
    return with_header(with_body(response, gzip.compress(response.body)), "Content-Encoding", "gzip")


@on_answer("SLS265")
def announces_lz4(request, response):
    if not is_read(request) or response.status != 200:
        return response
    return with_header(with_header(response, "x-log-compresstype", "lz4"), "x-log-bodyrawsize", str(len(response.body)))


@on_answer("SLS265")
def announces_lz4_where_nothing_forbids_it(request, response):
    return announces_lz4(request, response) if "Accept-Encoding" not in request.headers else response


@on_answer("SLS266")
def checksum_of_something_else(request, response):
    return with_header(response, "Content-MD5", "D41D8CD98F00B204E9800998ECF8427E") if response.body else response


@on_answer("SLS461")
def one_request_id_for_all(request, response):
    return with_header(response, "x-log-requestid", f"{int(now().timestamp()):08X}{'0' * 16}")


# --- authentication --------------------------------------------------------------------------------------------------


def lets_in(code: str) -> Callable[[Any], Any]:
    """Register a function that says whom the endpoint lets in although it should not."""

    def register(excuses: Callable[[Request], bool]) -> Any:
        def make() -> Callable[[Request], Response]:
            real = correct()

            def send(request: Request) -> Response:
                return real(trusted(request) if excuses(request) else request)

            return send

        BROKEN[excuses.__name__] = Broken(excuses.__name__, code, make)
        return excuses

    return register


def _fits(request: Request) -> bool:
    return access_key_id(request) is not None and verify_quickly(request)


def verify_quickly(request: Request) -> bool:
    return verify_signature(request, KEYS) is None


@lets_in("SLS239")
def asks_for_no_signature(request):
    return True


@lets_in("SLS239")
def lets_the_unsigned_in(request):
    return "Authorization" not in request.headers


@lets_in("SLS239")
def lets_known_keys_in(request):
    return access_key_id(request) == TEST_CREDENTIALS.access_key_id


@lets_in("SLS239")
def lets_any_scheme_in(request):
    return not request.headers.get("Authorization", "").startswith(("LOG", "SLS4"))


@lets_in("SLS239")
def signs_no_method(request):
    return _fits(request.replace(method={"GET": "POST", "POST": "PUT"}.get(request.method, "POST")))


@lets_in("SLS239")
def signs_no_query(request):
    return _fits(request.replace(url=request.url.partition("?")[0])) or _fits(request.replace(url=request.url + "1"))


@lets_in("SLS239")
def signs_only_known_query_keys(request):
    return _fits(request.replace(url=re.sub(r"[?&]probe=1$", "", request.url)))


@lets_in("SLS239")
def signs_only_known_headers(request):
    return _fits(request.replace(headers=request.headers.without("x-log-probe", "x-acs-probe")))


@lets_in("SLS239")
def signs_header_names_only(request):
    return "x-log-probe" in request.headers and _fits(
        request.replace(headers=request.headers.with_field("x-log-probe", "1"))
    )


@lets_in("SLS239")
def signs_no_content_type(request):
    return _fits(request.replace(headers=request.headers.with_field("Content-Type", "application/x-protobuf")))


@lets_in("SLS239")
def signs_no_date(request):
    time = request_time(request)
    return time is not None and _fits(
        request.replace(headers=request.headers.with_field("Date", http_date(time - timedelta(seconds=1))))
    )


@lets_in("SLS239")
def signs_no_path(request):
    path, mark, query = request.url.partition("?")
    return _fits(request.replace(url=f"{path}x{mark}{query}"))


@lets_in("SLS239")
def trusts_the_announced_body_digest(request):
    if "x-log-content-sha256" not in request.headers:
        return False
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    return _fits(request.replace(headers=request.headers.with_field("x-log-content-sha256", empty)))


@lets_in("SLS239")
def accepts_hexadecimal(request):
    return bool(re.search(r":[0-9a-f]{40}$|:[0-9a-f]{64}$", request.headers.get("Authorization", "")))


@bug("SLS239")
class caches_by_url:
    def __init__(self) -> None:
        self.real, self.kept = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request):
            self.kept.clear()
        elif response.status == 200:
            self.kept[request.url] = response.body
        elif response.status in (400, 401) and request.url in self.kept:
            served = with_header(response, "Content-Type", "application/json").replace(status=200)
            return with_body(served, self.kept[request.url])
        return response


def late(request: Request) -> timedelta:
    time = request_time(request)
    return timedelta() if time is None else now() - time


@lets_in("SLS240")
def looks_at_no_clock(request):
    return abs(late(request)) > MAX_SKEW and _fits(request)


@lets_in("SLS240")
def looks_at_the_past_only(request):
    return late(request) < -MAX_SKEW and _fits(request)


@lets_in("SLS240")
def looks_at_the_future_only(request):
    return late(request) > MAX_SKEW and _fits(request)


@lets_in("SLS240")
def allows_an_hour(request):
    return MAX_SKEW < abs(late(request)) < timedelta(hours=1) and _fits(request)


@on_answer("SLS457")
def allows_five_minutes(request, response):
    if response.status != 200 or abs(late(request)) < timedelta(minutes=5):
        return response
    return error(response, 400, "RequestTimeExpired", "Request time has been expired while server time is now.")


@on_answer("SLS456")
def knows_no_v4(request, response):
    if not request.headers.get("authorization", "").startswith("SLS4"):
        return response
    return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_answer("SLS456")
def knows_no_sha256(request, response):
    if request.headers.get("x-log-signaturemethod") != "hmac-sha256":
        return response
    return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_answer("SLS456")
def wants_a_body_size(request, response):
    if "x-log-bodyrawsize" in request.headers or response.status != 200:
        return response
    return error(response, 400, "MissingParameter", "Missing http extend header key : x-log-bodyrawsize.")


@on_answer("SLS456")
def wants_a_content_type(request, response):
    if "content-type" in request.headers or response.status != 200 or request.method != "GET":
        return response
    return error(response, 400, "InvalidContentType", "Content-Type  is unsupported.")


@on_answer("SLS456")
def reads_header_names_letter_by_letter(request, response):
    if response.status != 200 or any(name in {"x-log-apiversion"} for name, _ in request.headers.pairs):
        return response
    return error(response, 400, "MissingParameter", "Missing http extend header key : x-log-signaturemethod.")


@on_answer("SLS456")
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
class unknown_key_is_a_wrong_signature:
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
class bad_token_is_a_wrong_signature:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if "x-acs-security-token" not in request.headers or error_of(response) != "Unauthorized":
            return response
        return error(response, 401, "SignatureNotMatch", "signature x not match")


@on_error("SLS454", "ParameterInvalid", "MissingParameter", "InvalidRequestTime")
def crashes_on_malformed_authentication(request, response):
    return error(response, 500, "InternalServerError", "Internal server error message.")


@on_error("SLS455", "RequestTimeExpired")
def clock_is_unauthorized(request, response):
    return error(response, 401, "Unauthorized", "The AccessKeyId is unauthorized.")


# --- what there is ---------------------------------------------------------------------------------------------------


@on_error("SLS441", "ConsumerGroupNotExist")
def missing_group_is_empty(request, response):
    return with_body(response, b"[]").replace(status=200) if is_read(request) else response


@on_error("SLS441", "ConsumerGroupNotExist")
def missing_group_is_missing_logstore(request, response):
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@on_error("SLS442", "LogStoreNotExist")
def missing_logstore_is_missing_group(request, response):
    return error(response, 404, "ConsumerGroupNotExist", "consumer group not exist.")


@on_error("SLS442", "LogStoreNotExist")
def missing_logstore_is_empty(request, response):
    return with_body(response, b"[]").replace(status=200)


@on_error("SLS443", "ProjectNotExist")
def missing_project_is_missing_logstore(request, response):
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@bug("SLS443")
class knows_one_project_only:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if request.project == PROJECT or not verify_quickly(request):
            return self.real(request)
        url = request.url.replace(request.project, PROJECT, 1)
        return self.real(trusted(Request(request.method, url, Headers(), request.body)))


@bug("SLS441")
class deletes_nothing:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, "DeleteConsumerGroup") or not verify_quickly(request):
            return self.real(request)
        read = self.real(trusted(request.replace(method="GET")))
        return with_body(read, b"") if read.status == 200 else read


@bug("SLS441")
class remembers_that_a_group_was_there:
    """The group's existence is cached on a read and only that of its deletion is not noticed."""

    def __init__(self) -> None:
        self.real, self.kept = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if is_read(request) and response.status == 200 and shard_of(request) is None:
            self.kept[request.path] = response.body
        if is_read(request) and error_of(response) == "ConsumerGroupNotExist" and request.path in self.kept:
            return with_body(response, self.kept[request.path]).replace(status=200)
        return response


@on_answer("SLS444")
def crashes_on_the_third_shard(request, response):
    if not is_read(request) or response.status != 200 or b'"shard":2,' not in response.body:
        return response
    return error(response, 500, "InternalServerError", "Internal server error message.")


@bug("SLS444")
class remembers_that_a_group_was_missing:
    def __init__(self) -> None:
        self.real, self.missing = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if error_of(response) == "ConsumerGroupNotExist" and is_read(request):
            self.missing[request.path] = response.body
        elif is_read(request) and response.status == 200 and request.path in self.missing:
            return with_body(response, self.missing.pop(request.path)).replace(status=404)
        return response


@bug("SLS444")
class decodes_names_twice:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not is_read(request) or "%25" not in request.path or not verify_quickly(request):
            return self.real(request)
        return self.real(trusted(request.replace(url=request.url.replace("%25", "%"))))


# --- lists -----------------------------------------------------------------------------------------------------------


@on_list("SLS421")
def lists_only_what_was_consumed(request, document):
    return [e for e in document if e["checkpoint"]] if shard_of(request) is None else document


@on_list("SLS421")
def lists_a_hundred_at_most(request, document):
    return document[:100]


@on_list("SLS421")
def forgets_the_last_shard(request, document):
    return document[:-1] if shard_of(request) is None else document


@on_list("SLS422")
def nothing_for_a_fresh_shard(request, document):
    return [e for e in document if e["checkpoint"]] if shard_of(request) is not None else document


@on_list("SLS422")
def one_shard_too_few_by_filter(request, document):
    return [] if shard_of(request) == 3 else document


@on_list("SLS423")
def makes_up_the_next_shard(request, document):
    shard = shard_of(request)
    if document or shard is None or shard > 10:
        return document
    return [{"shard": shard, "checkpoint": "", "updateTime": 0, "consumer": ""}]


@on_answer("SLS423")
def unknown_shard_is_invalid(request, response):
    if not is_read(request) or response.body != b"[]":
        return response
    return error(response, 400, "ParameterInvalid", "x-log-signaturemethod: hmac-sha1 pair is invalid.")


@on_answer("SLS423")
def unknown_shard_is_404(request, response):
    if not is_read(request) or response.body != b"[]":
        return response
    return error(response, 404, "ShardNotExist", "shard not exist.")


@on_answer("SLS423")
def overflows_on_a_large_shard(request, response):
    if not is_read(request) or (shard_of(request) or 0) < 2**31 - 1:
        return response
    return error(response, 500, "InternalServerError", "Internal server error message.")


@on_list("SLS424")
def consumer_in_the_whole_list_only(request, document):
    if shard_of(request) is not None:
        for entry in document:
            entry["consumer"] = "" if not entry["checkpoint"] else entry["consumer"]
    return document


@on_entry("SLS425")
def fresh_checkpoint_is_zero(entry):
    entry["checkpoint"] = entry["checkpoint"] or "MA=="


# --- consumer --------------------------------------------------------------------------------------------------------


@on_entry("SLS431")
def no_consumer(entry):
    del entry["consumer"]


@on_entry("SLS431")
def consumer_always_empty(entry):
    entry["consumer"] = ""


@on_entry("SLS431")
def consumer_hard_coded(entry):
    entry["consumer"] = "consumer_1" if entry["consumer"] else ""


@on_entry("SLS432")
def nobody_is_called_none(entry):
    entry["consumer"] = entry["consumer"] or "None"


@bug("SLS432")
class consumer_of_another_group:
    def __init__(self) -> None:
        self.real, self.last = correct(), ""

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            self.last = dict(request.query_pairs())["consumer"]
        if not is_read(request) or response.status != 200:
            return response
        document = json.loads(response.body)
        for entry in document:
            entry["consumer"] = self.last if not entry["checkpoint"] else entry["consumer"]
        return with_document(response, document)


# --- writes and reads ------------------------------------------------------------------------------------------------


class Recalling:
    """Remembers every accepted write of each group and shard; subclasses change entries with it."""

    def __init__(self) -> None:
        self.real = correct()
        self.writes: dict[tuple[str, str, int], list[str]] = {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupUpdateCheckPoint"):
            document = json.loads(request.body)
            self.wrote((*group_of(request), document["shard"]), document["checkpoint"], response.status == 200)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            self.deleted(group_of(request))
        if is_read(request) and response.status == 200:
            document = json.loads(response.body)
            for entry in document:
                self.show((*group_of(request), entry["shard"]), entry)
            return with_document(response, document)
        return response

    def wrote(self, place: tuple[str, str, int], value: str, accepted: bool) -> None:
        if accepted:
            self.writes.setdefault(place, []).append(value)

    def deleted(self, group: tuple[str, str]) -> None:
        self.writes = {place: values for place, values in self.writes.items() if place[:2] != group}

    def show(self, place: tuple[str, str, int], entry: dict[str, Any]) -> None:
        raise NotImplementedError


@bug("SLS401")
class shows_the_write_before(Recalling):
    def show(self, place, entry):
        values = self.writes.get(place, [])
        if len(values) > 1:
            entry["checkpoint"] = values[-2]


@bug("SLS401")
class shows_the_first_write_for_ever(Recalling):
    def show(self, place, entry):
        if place in self.writes:
            entry["checkpoint"] = self.writes[place][0]


@bug("SLS401")
class never_goes_back(Recalling):
    """Keeps the largest number."""

    def show(self, place, entry):
        numbers = [v for v in self.writes.get(place, []) if base64.b64decode(v).isdigit()]
        if numbers and entry["checkpoint"] in numbers:
            entry["checkpoint"] = max(numbers, key=lambda v: int(base64.b64decode(v)))


@bug("SLS401")
class reads_from_a_lagging_replica(Recalling):
    """The first read after a write shows what was before."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, str, int], int] = {}

    def show(self, place, entry):
        values = self.writes.get(place, [])
        if len(values) > max(1, self.seen.get(place, 0)):
            entry["checkpoint"] = values[-2]
        self.seen[place] = len(values)


@bug("SLS401")
class drops_writes_that_are_not_forced(Recalling):
    def show(self, place, entry):
        if len(self.writes.get(place, [])) == 1:
            entry["checkpoint"] = ""


@on_entry("SLS402")
def checkpoint_as_a_number(entry):
    text = base64.b64decode(entry["checkpoint"])
    if text.isdigit():
        entry["checkpoint"] = base64.b64encode(str(int(text)).encode()).decode()


@on_entry("SLS402")
def checkpoint_in_32_bits(entry):
    text = base64.b64decode(entry["checkpoint"])
    if text.isdigit():
        entry["checkpoint"] = base64.b64encode(str(int(text) % 2**32).encode()).decode()


@on_entry("SLS402")
def checkpoint_through_a_float(entry):
    text = base64.b64decode(entry["checkpoint"])
    if text.isdigit():
        entry["checkpoint"] = base64.b64encode(str(int(float(text))).encode()).decode()


@on_entry("SLS402")
def checkpoint_cut_at_twelve_bytes(entry):
    entry["checkpoint"] = base64.b64encode(base64.b64decode(entry["checkpoint"])[:12]).decode()


@bug("SLS403")
class one_checkpoint_for_all_shards(Recalling):
    def wrote(self, place, value, accepted):
        if accepted:
            self.writes[*place[:2], -1] = [value]

    def show(self, place, entry):
        if (*place[:2], -1) in self.writes:
            entry["checkpoint"] = self.writes[*place[:2], -1][0]


@bug("SLS404")
class one_checkpoint_for_all_groups(Recalling):
    def show(self, place, entry):
        fresh = [v[-1] for p, v in self.writes.items() if p[0] == place[0] and p[2] == place[2] and p[1] != place[1]]
        if fresh and not entry["checkpoint"]:
            entry["checkpoint"] = fresh[-1]


@bug("SLS405")
class one_checkpoint_for_all_logstores(Recalling):
    def show(self, place, entry):
        fresh = [v[-1] for p, v in self.writes.items() if p[1:] == place[1:] and p[0] != place[0]]
        if fresh and not entry["checkpoint"]:
            entry["checkpoint"] = fresh[-1]


@bug("SLS406")
class stores_before_it_checks(Recalling):
    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[tuple[str, str, int], str] = {}

    def wrote(self, place, value, accepted):
        if accepted:
            self.refused.pop(place, None)
        elif re.fullmatch(r"[0-9A-Za-z+/]+=*", value):
            self.refused[place] = value

    def show(self, place, entry):
        entry["checkpoint"] = self.refused.get(place, entry["checkpoint"])


@bug("SLS406")
class deletes_before_it_checks:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 401:
            self.real(trusted(request))
        return response


@bug("SLS406")
class empties_a_group_that_is_made_twice(Recalling):
    def __init__(self) -> None:
        super().__init__()
        self.emptied: set[tuple[str, str]] = set()

    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if error_of(response) == "ConsumerGroupAlreadyExist":
            self.emptied.add(group_of(request))
        return response

    def wrote(self, place, value, accepted):
        self.emptied.discard(place[:2])

    def show(self, place, entry):
        if place[:2] in self.emptied:
            entry["checkpoint"] = ""


@bug("SLS407")
class keeps_checkpoints_of_deleted_groups(Recalling):
    def deleted(self, group):
        pass

    def show(self, place, entry):
        if not entry["checkpoint"] and place in self.writes:
            entry["checkpoint"] = self.writes[place][-1]


# --- updateTime ------------------------------------------------------------------------------------------------------


class Timing(Recalling):
    """Remembers when each place was first and last written, as it showed it."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[tuple[str, str, int], int] = {}


@bug("SLS411")
class time_runs_back(Timing):
    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] -= len(self.writes.get(place, [])) * 1_000_000


@bug("SLS412")
class keeps_the_time_of_the_first_write(Timing):
    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] = self.times.setdefault(place, entry["updateTime"])

    def deleted(self, group):
        self.times = {place: time for place, time in self.times.items() if place[:2] != group}


@bug("SLS412")
class same_value_is_no_write(Timing):
    def show(self, place, entry):
        values = self.writes.get(place, [])
        if len(values) > 1 and values[-1] == values[-2]:
            entry["updateTime"] = self.times.get(place, entry["updateTime"])
        elif entry["updateTime"]:
            self.times[place] = entry["updateTime"]


@on_entry("SLS413")
def time_of_the_read(entry):
    if entry["updateTime"]:
        entry["updateTime"] = int(now().timestamp() * 1_000_000)


@bug("SLS413")
class one_time_for_all_shards(Timing):
    def wrote(self, place, value, accepted):
        if accepted:
            self.times[*place[:2], -1] = int(now().timestamp() * 1_000_000)

    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] = max(entry["updateTime"], self.times.get((*place[:2], -1), 0))


@on_entry("SLS414")
def update_time_in_local_time(entry):
    if entry["updateTime"]:
        entry["updateTime"] += 8 * 3600 * 1_000_000


@on_entry("SLS415")
def update_time_of_creation(entry):
    entry["updateTime"] = entry["updateTime"] or 1_524_224_984_800_922


@on_entry("SLS415")
def no_update_time(entry):
    entry["updateTime"] = 0


# --- no answer -------------------------------------------------------------------------------------------------------


@bug("SLS462")
class hangs_up_on_an_unknown_shard:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if is_read(request) and response.body == b"[]":
            raise TransportError("closed", "in-process")
        return response


@bug("SLS462")
class cuts_long_answers_off:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if len(response.body) > 4096:
            raise TransportError("truncated", "in-process", "1 more bytes", response.replace(body=response.body[:4096]))
        return response
