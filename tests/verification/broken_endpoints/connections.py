"""What an endpoint keeps with a connection and should not: ids, keys, questions, responses, counts."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    is_read,
    now,
    shard_of,
    trusted,
    verify_quickly,
    with_body,
    with_document,
    with_header,
)
from broken_endpoints.names import renamed

from sls_contract.exchange import Request, Response
from sls_contract.headers import Headers
from sls_contract.signing import access_key_id

if TYPE_CHECKING:
    from collections.abc import Callable


class Connecting:
    """Gives a connection of its own to each; ``on`` makes the endpoint that responds there."""

    def __init__(self) -> None:
        self.real, self.count = correct(), 0

    def connect(self) -> Callable[[Request], Response]:
        self.count += 1
        return self.on({"number": self.count})

    def __call__(self, request: Request) -> Response:
        return self.connect()(request)

    def on(self, kept: dict) -> Callable[[Request], Response]:
        return lambda request: self.respond(request, kept)

    def respond(self, request: Request, kept: dict) -> Response:
        raise NotImplementedError


@bug("SLS461")
class OneRequestIdForAConnection(Connecting):
    def respond(self, request, kept):
        name = kept.setdefault("id", f"{int(now().timestamp()):08X}{kept['number']:016X}")
        return with_header(self.real(request), "x-log-requestid", name)


@bug("SLS239")
class AsksForOneSignatureOnAConnection(Connecting):
    def respond(self, request, kept):
        response = self.real(trusted(request) if kept.get("known") and access_key_id(request) else request)
        kept["known"] = kept.get("known") or response.status == 200
        return response


@bug("SLS239")
class AsksForOneTokenOnAConnection(Connecting):
    """Whose token was seen once need not send it again."""

    def respond(self, request, kept):
        name = access_key_id(request)
        known = name in kept and "x-acs-security-token" not in request.headers
        response = self.real(trusted(request) if known else request)
        if response.status == 200 and "x-acs-security-token" in request.headers:
            kept[name] = True
        return response


@bug("SLS444")
class RefusesAfterOneRefusal(Connecting):
    """Whoever was refused once is refused on that connection for ever."""

    def respond(self, request, kept):
        response = self.real(request)
        kept["refused"] = kept.get("refused") or response.status == 401
        if response.status == 200 and kept["refused"]:
            return error(response, 403, "ProjectForbidden", "Project x has been forbidden.")
        return response


@bug("SLS404")
class RespondsForTheFirstGroup(Connecting):
    def respond(self, request, kept):
        if not is_read(request) or not verify_quickly(request):
            return self.real(request)
        first = kept.setdefault(group_of(request)[0], group_of(request)[1])
        return self.real(renamed(request, first))


@bug("SLS405")
class RespondsForTheFirstLogstore(Connecting):
    def respond(self, request, kept):
        if not is_read(request) or not verify_quickly(request):
            return self.real(request)
        mine, path = group_of(request)[0], request.url
        url = path.replace(f"/logstores/{mine}/", f"/logstores/{kept.setdefault('logstore', mine)}/")
        return self.real(trusted(Request("GET", url, Headers())))


@bug("SLS443")
class RespondsForTheFirstHost(Connecting):
    def respond(self, request, kept):
        if not verify_quickly(request):
            return self.real(request)
        url = request.url.replace(request.host, kept.setdefault("host", request.host), 1)
        return self.real(trusted(Request(request.method, url, Headers(), request.body)))


@bug("SLS211")
class FiltersByTheFirstShard(Connecting):
    def respond(self, request, kept):
        response = self.real(request)
        if not is_read(request) or response.status != 200 or shard_of(request) is None:
            return response
        first = kept.setdefault("shard", shard_of(request))
        url = request.url.partition("?")[0] + f"?shard={first}"
        return self.real(trusted(Request("GET", url, Headers())))


@bug("SLS263")
class CompressesForWhoeverTookItOnce(Connecting):
    def respond(self, request, kept):
        response = self.real(request)
        kept["gzip"] = kept.get("gzip") or "gzip" in request.headers.get("Accept-Encoding", "")
        if not kept["gzip"] or not is_read(request):
            return response
        return with_header(with_body(response, gzip.compress(response.body)), "Content-Encoding", "gzip")


@bug("SLS444")
class ServesTwentyRequestsOnAConnection(Connecting):
    def respond(self, request, kept):
        kept["served"] = kept.get("served", 0) + 1
        response = self.real(request)
        if kept["served"] <= 20 or not is_read(request):
            return response
        return error(response, 403, "ReadQuotaExceed", "Read quota is exceeded.")


@bug("SLS401")
class SeesItsOwnWritesOnly(Connecting):
    """Each connection reads from a snapshot that only its own writes renew."""

    def respond(self, request, kept):
        response = self.real(request)
        if asks_for(request, "ConsumerGroupUpdateCheckPoint") and response.status == 200:
            kept.pop(group_of(request), None)
        if not is_read(request) or response.status != 200:
            return response
        shown = kept.setdefault(group_of(request), {})
        document = [shown.setdefault(entry["shard"], entry) for entry in json.loads(response.body)]
        return with_document(response, document)


@bug("SLS444")
class RemembersOnAConnectionThatAGroupWasMissing(Connecting):
    def respond(self, request, kept):
        response, place = self.real(request), (request.project, *group_of(request))
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            kept.pop(place, None)
        if is_read(request) and place in kept and response.status == 200:
            return kept[place]
        if is_read(request) and error_of(response) == "ConsumerGroupNotExist":
            kept[place] = response
        return response


@bug("SLS441")
class RemembersOnAConnectionThatAGroupWasThere(Connecting):
    def respond(self, request, kept):
        response = self.real(request)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            kept.clear()
        if is_read(request) and response.status == 200:
            kept[request.url] = response
        is_gone = is_read(request) and error_of(response) == "ConsumerGroupNotExist"
        return kept.get(request.url, response) if is_gone else response


@bug("SLS444")
class DecompressesAsTheFirstWrite(Connecting):
    def respond(self, request, kept):
        response = self.real(request)
        if not asks_for(request, "PutLogs") or response.status != 200:
            return response
        coding = request.headers.get("x-log-compresstype")
        if kept.setdefault("coding", coding) == coding:
            return response
        return error(response, 400, "PostBodyUncompressError", "Unable to uncompress the body.")
