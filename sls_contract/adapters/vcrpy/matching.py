"""Our matcher for vcrpy: method, project, path, query, and the body without what moves in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.adapters.vcrpy.forms import exchange_of
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import Key
from sls_contract.hosts import host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.scrub import Scrubber

_SEEN = "_sls_contract_key"


def matcher(scrubber: Scrubber, hosts: Iterable[str]) -> Callable[[Any, Any], None]:
    """Return the matcher; hosts that are neither the service's nor named must be equal, too, but for their port."""
    owns = host_rule(hosts)

    def key_of(request: Any) -> dict[str, object]:
        asked = scrubber.asked(exchange_of(request, None).request)
        parts: dict[str, object] = Key.of(asked)._asdict()
        return parts if owns(asked.host) else {"host": host_name(asked.host), **parts}

    latest: tuple[Any, dict[str, object]] = (None, {})

    def sls(request: Any, recorded: Any) -> None:
        nonlocal latest
        newest = latest
        if newest[0] is not request:  # vcrpy compares one request with each recording in turn
            newest = latest = (request, key_of(request))
        kept = vars(recorded)
        if _SEEN not in kept:
            kept[_SEEN] = key_of(recorded)
        here, there = newest[1], kept[_SEEN]
        if here != there:
            raise AssertionError("; ".join(_difference(here, there)))

    return sls


def _difference(here: dict[str, object], there: dict[str, object]) -> Iterator[str]:
    for name in there | here:
        if here.get(name) != there.get(name):
            yield f"{name}: {_shown(there.get(name))} recorded, {_shown(here.get(name))} here"


def _shown(part: object) -> str:
    return f"{len(part)} bytes" if isinstance(part, bytes) else repr(part)
