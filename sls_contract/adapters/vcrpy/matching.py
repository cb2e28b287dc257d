"""Our matcher for vcrpy: method, project, path, query, and the body without what moves in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.adapters.vcrpy.forms import exchange_of
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import Key
from sls_contract.hosts import host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sls_contract.cassettes.scrub import Scrubber

_SEEN = "_sls_contract_key"


def matcher(scrubber: Scrubber, hosts: Iterable[str]) -> Callable[[Any, Any], None]:
    """Return the matcher; hosts that are neither the service's nor named must be equal, too, but for their port."""
    owns = host_rule(hosts)

    def key_of(request: Any) -> dict[str, object]:
        asked = scrubber.asked(exchange_of(request, None).request)
        parts: dict[str, object] = Key.of(asked)._asdict()
        return parts if owns(asked.host) else {"host": host_name(asked.host), **parts}

    def sls(request: Any, recorded: Any) -> None:
        kept = vars(recorded)
        if _SEEN not in kept:  # vcrpy compares a request with each recording, and never changes what it holds
            kept[_SEEN] = key_of(recorded)
        here, there = key_of(request), kept[_SEEN]
        differ = [name for name in here if here[name] != there.get(name)]
        assert not differ, "; ".join(
            f"{name}: {_shown(there.get(name))} recorded, {_shown(here[name])} here" for name in differ
        )

    return sls


def _shown(part: object) -> str:
    return f"{len(part)} bytes" if isinstance(part, bytes) else repr(part)
