"""Signatures that are right for something else, and let in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from broken_endpoints.harness import ABROAD, LOGSTORE, OTHER, PROJECT, bug, correct, fits, group_of, lets_in, trusted
from broken_endpoints.names import renamed

from sls_contract.signing import TEST_CREDENTIALS, access_key_id

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@bug("SLS239")
class RemembersSignatures:
    """What was verified once is verified."""

    def __init__(self) -> None:
        self.real, self.known = correct(), set()

    def __call__(self, request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        if given in self.known:
            return self.real(trusted(request))
        response = self.real(request)
        if response.status == 200:
            self.known.add(given)
        return response


@bug("SLS239")
class TakesTheSignatureOfAnyGroup:
    def __init__(self) -> None:
        self.real, self.groups = correct(), []

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if "/consumergroups" not in request.path:
            return response
        if response.status == 200:
            self.groups = [*self.groups[-3:], group_of(request)[1]]
        if response.status != 401 or access_key_id(request) != TEST_CREDENTIALS.access_key_id:
            return response
        urls = [renamed(request, name).url for name in self.groups]
        return self.real(trusted(request)) if any(fits(request.replace(url=url)) for url in urls) else response


@lets_in("SLS239")
def takes_the_signature_of_any_logstore(request):
    swapped = {LOGSTORE: OTHER, OTHER: LOGSTORE}
    url = re.sub("/logstores/([^/]*)/", lambda found: f"/logstores/{swapped.get(found[1], found[1])}/", request.url)
    return url != request.url and fits(request.replace(url=url))


@lets_in("SLS239")
def takes_the_signature_of_any_project(request):
    other = request.host.replace(request.project, ABROAD if request.project == PROJECT else PROJECT, 1)
    return "SLS4" in request.headers.get("Authorization", "") and fits(
        request.replace(headers=request.headers.with_field("Host", other))
    )


@lets_in("SLS239")
def takes_the_signature_of_any_shard(request):
    path = request.url.partition("?")[0]
    others = (path, *(f"{path}?shard={shard}" for shard in range(4)))
    return request.method == "GET" and any(fits(request.replace(url=url)) for url in others if url != request.url)


@lets_in("SLS239")
def takes_the_signature_of_a_deletion(request):
    path = request.url.partition("?")[0]
    return request.method == "GET" and fits(request.replace(method="DELETE", url=path))


@lets_in("SLS451")
def deletes_with_the_signature_of_a_read(request):
    return request.method == "DELETE" and fits(request.replace(method="GET"))
