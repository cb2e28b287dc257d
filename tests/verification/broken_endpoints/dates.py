"""Date and x-log-date taken one for the other."""

from __future__ import annotations

from broken_endpoints.harness import error, fits, lets_in, now, on_response

from sls_contract.signing import MAX_SKEW, parse_http_date, parse_iso_basic


def off(request, name):
    """Tell whether a header has a time that is too far off; None where it has none."""
    text = request.headers.get(name, "")
    time = parse_http_date(text) or parse_iso_basic(text)
    return None if time is None else abs(time - now()) > MAX_SKEW


@on_response("SLS457")
def looks_at_date_first(request, response):
    if response.status != 200 or not off(request, "Date"):
        return response
    return error(response, 400, "RequestTimeExpired", "Request time has been expired while server time is now.")


@on_response("SLS456")
def signs_date_first(request, response):
    dates = {request.headers.get(name) for name in ("Date", "x-log-date")} - {None}
    if response.status != 200 or len(dates) < 2 or request.headers.get("Authorization", "").startswith("SLS4"):
        return response
    return error(response, 401, "SignatureNotMatch", "signature x not match")


@lets_in("SLS240")
def takes_either_date(request):
    return fits(request) and off(request, "x-log-date") is True and off(request, "Date") is False


@lets_in("SLS239")
def signs_date_alone(request):
    return "x-log-date" in request.headers and fits(request.replace(headers=request.headers.without("x-log-date")))


@lets_in("SLS239")
def passes_over_a_garbled_log_date(request):
    return request.headers.get("x-log-date") == "yesterday" and off(request, "Date") is False


@lets_in("SLS240")
def looks_at_date_beside_v4(request):
    return "SLS4" in request.headers.get("Authorization", "") and off(request, "Date") is False and fits(request)
