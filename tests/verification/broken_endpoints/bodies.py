"""Lists, types, units and JSON that are not what the page says."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from broken_endpoints.harness import bug, correct, is_read, on_entry, on_list, on_text, shard_of, trusted, with_document

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@on_list("SLS201")
def wraps_the_list(request, document):
    return {"count": len(document), "checkpoints": document}


@on_list("SLS201")
def returns_one_object_for_one_shard(request, document):
    return document[0] if shard_of(request) is not None and len(document) == 1 else document


@on_list("SLS201")
def returns_null_for_empty(request, document):
    return document or None


@on_list("SLS202")
def returns_rows(request, document):
    return [list(entry.values()) for entry in document]


@on_list("SLS210")
def lists_a_shard_twice(request, document):
    return [*document, *document[-1:]]


@bug("SLS211")
class IgnoresTheFilter:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request) or response.status != 200 or response.body == b"[]":
            return response
        path = request.url.partition("?")[0]
        return self.real(trusted(request.replace(url=path)))


@bug("SLS211")
class TakesShardZeroForNone(IgnoresTheFilter):
    def __call__(self, request: Request) -> Response:
        if is_read(request) and shard_of(request) == 0:
            return super().__call__(request)
        return self.real(request)


@bug("SLS211")
class FiltersByPrefix:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request) or response.status != 200 or shard_of(request) is None or response.body == b"[]":
            return response
        everything = json.loads(self.real(trusted(request.replace(url=request.url.partition("?")[0]))).body)
        return with_document(response, [e for e in everything if str(e["shard"]).startswith(str(shard_of(request)))])


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
    entry["checkpoint"] = base64.b64decode(entry["checkpoint"]).decode(errors="replace")


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


@on_entry("SLS204")
def update_time_in_seconds_since_2001(entry):
    entry["updateTime"] = entry["updateTime"] and entry["updateTime"] // 1_000_000 - 978_307_200


@on_entry("SLS204")
def update_time_in_32_bits(entry):
    entry["updateTime"] %= 2**32


@bug("SLS204")
class UpdateTimeIsACounter:
    def __init__(self) -> None:
        self.real, self.counts = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request) or response.status != 200:
            return response
        document = json.loads(response.body)
        for entry in document:
            if entry["updateTime"]:
                entry["updateTime"] = self.counts.setdefault(entry["updateTime"], len(self.counts) + 1)
        return with_document(response, document)
