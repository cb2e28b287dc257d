"""Signatures and times that one operation does not check, where all others do, and times of another day."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    ABROAD,
    BROKEN,
    LOGSTORE,
    OTHER,
    PROJECT,
    Broken,
    error,
    fits,
    is_let_in,
    late,
    lets_in,
    now,
    on_response,
    snake,
    verify_quickly,
)
from broken_endpoints.per_operation import Excusing, is_v4
from broken_endpoints.spellings import shown_by

from sls_contract.scenarios.documented_operations import LABELS
from sls_contract.signing import TEST_CREDENTIALS, access_key_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request, Response

SHOWN_BY: dict[str, str] = {}
"""The scenario that shows a bug, by the bug's name."""

_DAY, _ALLOWED = 24 * 60 * 60, 15 * 60


def is_sha256_of_a_known_key(request: Request) -> bool:
    known = access_key_id(request) == TEST_CREDENTIALS.access_key_id
    return known and request.headers.get("x-log-signaturemethod") == "hmac-sha256"


def is_dated_by_date(request: Request) -> bool:
    return not is_v4(request) and is_let_in(request.replace(headers=request.headers.without("x-log-date")))


def is_signed_for_the_other_logstore(request: Request) -> bool:
    swapped = {LOGSTORE: OTHER, OTHER: LOGSTORE}
    url = re.sub("/logstores/([^/?]*)", lambda found: f"/logstores/{swapped.get(found[1], found[1])}", request.url)
    return url != request.url and fits(request.replace(url=url))


def is_signed_for_the_other_project(request: Request) -> bool:
    host = request.host.replace(request.project, ABROAD if request.project == PROJECT else PROJECT, 1)
    return is_v4(request) and fits(request.replace(headers=request.headers.with_field("Host", host)))


def is_signed_for_another_method(request: Request) -> bool:
    return any(fits(request.replace(method=each)) for each in ("GET", "POST", "PUT", "DELETE"))


def _registered(operation: str, what: str, excuse: Callable[[Request], bool], scenario: str) -> None:
    def refused(request: Request, response: Response) -> bool:
        return response.status in {400, 401} and excuse(request)

    name = f"{snake(operation)}_{what}"
    BROKEN[name] = Broken(name, "SLS239", lambda: Excusing(operation, refused))
    SHOWN_BY[name] = f"{LABELS[operation]}-{scenario}"


for each in LABELS:
    _registered(each, "of_known_keys_in_sha256", is_sha256_of_a_known_key, "nearly-signed")
    _registered(each, "dated_by_date_alone", is_dated_by_date, "nearly-signed")
    _registered(each, "signed_for_another_method", is_signed_for_another_method, "nearly-signed")
    _registered(each, "signed_for_the_other_logstore", is_signed_for_the_other_logstore, "signed-for-another-logstore")
    _registered(each, "signed_for_the_other_project", is_signed_for_the_other_project, "signed-for-another-project")


@shown_by("time-of-another-day")
@lets_in("SLS240")
def compares_the_time_of_the_day(request):
    seconds = abs(late(request).total_seconds())
    return seconds > _DAY / 2 and abs(seconds - round(seconds / _DAY) * _DAY) < _ALLOWED and verify_quickly(request)


@shown_by("time-of-another-zone")
@lets_in("SLS240")
def reads_gmt_as_local_time(request):
    return abs(late(request).total_seconds() - 8 * 60 * 60) < _ALLOWED and verify_quickly(request)


@shown_by("form-date-late")
@on_response("SLS457")
def looks_at_date_beside_v4_too(request, response):
    date = request.headers.get("Date") if is_v4(request) and response.status == 200 else None
    if date is None or abs((now() - parsedate_to_datetime(date)).total_seconds()) < _ALLOWED:
        return response
    return error(response, 400, "RequestTimeExpired", "The request time is expired.")


@shown_by("near-miss-host-cut")
@lets_in("SLS239")
def compares_the_beginning_of_the_project(request):
    host = request.host.replace(request.project, request.project[:-1], 1)
    return is_v4(request) and fits(request.replace(headers=request.headers.with_field("Host", host)))
