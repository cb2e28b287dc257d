"""What there is, which shards there are, and who holds them."""

from __future__ import annotations

import json

from broken_endpoints.harness import (
    PROJECT,
    asks_for,
    bug,
    correct,
    error,
    error_of,
    is_read,
    on_entry,
    on_error,
    on_list,
    on_response,
    parameter,
    shard_of,
    trusted,
    verify_quickly,
    with_body,
    with_document,
)

from sls_contract.exchange import Request, Response
from sls_contract.headers import Headers


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
class KnowsOneProjectOnly:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if request.project == PROJECT or not verify_quickly(request):
            return self.real(request)
        url = request.url.replace(request.project, PROJECT, 1)
        return self.real(trusted(Request(request.method, url, Headers(), request.body)))


@bug("SLS441")
class DeletesNothing:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, "DeleteConsumerGroup") or not verify_quickly(request):
            return self.real(request)
        read = self.real(trusted(request.replace(method="GET")))
        return with_body(read, b"") if read.status == 200 else read


@bug("SLS441")
class RemembersThatAGroupWasThere:
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


@on_response("SLS444")
def crashes_on_the_third_shard(request, response):
    if not is_read(request) or response.status != 200 or b'"shard":2,' not in response.body:
        return response
    return error(response, 500, "InternalServerError", "Internal server error message.")


@bug("SLS444")
class RemembersThatAGroupWasMissing:
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
class DecodesNamesTwice:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not is_read(request) or "%25" not in request.path or not verify_quickly(request):
            return self.real(request)
        return self.real(trusted(request.replace(url=request.url.replace("%25", "%"))))


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


@on_response("SLS423")
def unknown_shard_is_invalid(request, response):
    if not is_read(request) or response.body != b"[]":
        return response
    return error(response, 400, "ParameterInvalid", "x-log-signaturemethod: hmac-sha1 pair is invalid.")


@on_response("SLS423")
def unknown_shard_is_404(request, response):
    if not is_read(request) or response.body != b"[]":
        return response
    return error(response, 404, "ShardNotExist", "shard not exist.")


@on_response("SLS423")
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
class ConsumerOfAnotherGroup:
    def __init__(self) -> None:
        self.real, self.last = correct(), ""

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            self.last = parameter(request, "consumer")
        if not is_read(request) or response.status != 200:
            return response
        document = json.loads(response.body)
        for entry in document:
            entry["consumer"] = self.last if not entry["checkpoint"] else entry["consumer"]
        return with_document(response, document)
