"""What a GetCheckPoint request asks for, beside what the client was told to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize

from sls_contract.checks.presentation import shown, shown_apart
from sls_contract.checks.rule import Flaw
from sls_contract.exchange import split_url
from sls_contract.hosts import host_name, is_service_host
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.exchange import Request
    from sls_contract.exercise.setting import Setting

_LEFT_OUT = "no key shard, because SLS_SHARD is empty"


def asks_as_told(request: Request, setting: Setting) -> bool:
    """Tell whether a GetCheckPoint request asks for what the client was told to ask for."""
    return not any(parameter_flaws(request, setting))


def parameter_flaws(request: Request, setting: Setting) -> Iterator[Flaw]:
    """Yield what a GetCheckPoint request asks for otherwise than told."""
    names = registry().names_in(request)
    told = {
        "project": (setting.project, request.project, "SLS_PROJECT"),
        "logstore": (setting.logstore, names.get("logstore", ""), "SLS_LOGSTORE"),
        "consumer group": (setting.group, names.get("consumerGroup", ""), "SLS_CONSUMER_GROUP"),
    }
    if is_service_host(request.host) and request.project == setting.project:  # else the project is what is wrong
        told["endpoint"] = (setting.endpoint, host_name(request.host).partition(".")[2], "SLS_ENDPOINT")
    for what, (wanted, asked, variable) in told.items():
        if asked != wanted:
            fix = f"ask for the {what} that {variable} names."
            if normalize("NFC", asked) == normalize("NFC", wanted):  # as java.net.URI.toASCIIString does
                fix = f"send the {what} without Unicode normalization, and sign it as sent."
            yield Flaw(what, *shown_apart(wanted, asked), fix)
    target = host_name(split_url(request.url)[1])
    if is_service_host(target) and target != host_name(request.host):
        fix = (
            "name one host in the request target and in the header Host: a proxy goes by the target (RFC 9112, 3.2.2)."
        )
        yield Flaw("request target", shown(setting.host), shown(target), fix)
    yield from _shard_flaws(request, setting.shard)


def _shard_flaws(request: Request, told: int | None) -> Iterator[Flaw]:
    asked = [value for key, value in request.query_pairs() if key == "shard"]
    if asked == ([] if told is None else [str(told)]):
        return
    actual = ", ".join(f"shard={value}" for value in asked) or "no key shard"
    if told is None:
        yield Flaw("query shard", _LEFT_OUT, shown(actual), "leave the key out where SLS_SHARD is empty.")
    else:
        yield Flaw("query shard", f"shard={told}", shown(actual), "send the number in SLS_SHARD, also where it is 0.")
