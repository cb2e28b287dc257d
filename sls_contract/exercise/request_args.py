"""The parameters of a GetCheckPoint request, compared with those in the client's environment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize

from sls_contract.checks.presentation import shown, shown_apart
from sls_contract.checks.rule import Flaw
from sls_contract.exchange import Request, split_url
from sls_contract.hosts import host_name, is_service_host
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.exercise.setting import Setting

_LEFT_OUT = "no key shard, because SLS_SHARD is empty"


def matches_setting(request: Request, setting: Setting) -> bool:
    """Return whether a GetCheckPoint request has the parameters of the setting."""
    return not any(parameter_flaws(request, setting))


def parameter_flaws(request: Request, setting: Setting) -> Iterator[Flaw]:
    """Yield the parameters of a GetCheckPoint request that differ from the setting."""
    names = registry().names_in(request)
    expected = {
        "project": (setting.project, request.project, "SLS_PROJECT"),
        "logstore": (setting.logstore, names.get("logstore", ""), "SLS_LOGSTORE"),
        "consumer group": (setting.group, names.get("consumerGroup", ""), "SLS_CONSUMER_GROUP"),
    }
    if is_service_host(request.host) and request.project == setting.project:  # else the project is wrong
        expected["endpoint"] = (setting.endpoint, host_name(request.host).partition(".")[2], "SLS_ENDPOINT")
    for what, (wanted, sent, variable) in expected.items():
        if sent != wanted:
            fix = f"ask for the {what} that {variable} names."
            if normalize("NFC", sent) == normalize("NFC", wanted):  # as java.net.URI.toASCIIString does
                fix = f"send the {what} without Unicode normalization, and sign it as sent."
            yield Flaw(what, *shown_apart(wanted, sent), fix)
    target = host_name(split_url(request.url)[1])
    if is_service_host(target) and target != host_name(request.host):
        fix = (
            "name one host in the request target and in the header Host: a proxy goes by the target (RFC 9112, 3.2.2)."
        )
        yield Flaw("request target", shown(setting.host), shown(target), fix)
    yield from _shard_flaws(request, setting.shard)


def _shard_flaws(request: Request, shard: int | None) -> Iterator[Flaw]:
    sent = [value for key, value in request.query_pairs() if key == "shard"]
    if sent == ([] if shard is None else [str(shard)]):
        return
    actual = shown(", ".join(f"shard={value}" for value in sent)) if sent else "no key shard"
    if shard is None:
        yield Flaw("query shard", _LEFT_OUT, actual, "leave the key out if SLS_SHARD is empty.")
    else:
        yield Flaw("query shard", f"shard={shard}", actual, "send the number in SLS_SHARD, even if it is 0.")
