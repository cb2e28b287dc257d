"""The matcher for vcrpy: method, project, path, query, and the body without volatile parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.adapters.vcrpy.forms import exchange_of
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import Key
from sls_contract.hosts import host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.scrub import Scrubber

_KEY_ATTRIBUTE = "_sls_contract_key"


def matcher(scrubber: Scrubber, hosts: Iterable[str]) -> Callable[[Any, Any], None]:
    """Return the matcher; hosts that are neither the service's nor in ``hosts`` must be equal too, except the port."""
    owns = host_rule(hosts)

    def key_of(request: Any) -> dict[str, object]:
        scrubbed = scrubber.scrubbed_request(exchange_of(request, None).request)
        parts: dict[str, object] = Key.of(scrubbed)._asdict()
        return parts if owns(scrubbed.host) else {"host": host_name(scrubbed.host), **parts}

    latest: tuple[Any, dict[str, object]] = (None, {})

    def sls(request: Any, recorded: Any) -> None:
        nonlocal latest
        current = latest
        if current[0] is not request:  # vcrpy compares one request with each recording in turn
            current = latest = (request, key_of(request))
        attributes = vars(recorded)
        if _KEY_ATTRIBUTE not in attributes:
            attributes[_KEY_ATTRIBUTE] = key_of(recorded)
        key, recorded_key = current[1], attributes[_KEY_ATTRIBUTE]
        if key != recorded_key:
            raise AssertionError("; ".join(_difference(key, recorded_key)))

    return sls


def _difference(key: dict[str, object], recorded_key: dict[str, object]) -> Iterator[str]:
    for name in recorded_key | key:
        if key.get(name) != recorded_key.get(name):
            yield f"{name}: {_shown(recorded_key.get(name))} recorded, {_shown(key.get(name))} here"


def _shown(part: object) -> str:
    return f"{len(part)} bytes" if isinstance(part, bytes) else repr(part)
