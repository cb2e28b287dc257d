"""`register`, the single call that configures a ``vcr.VCR``, and the matcher that it registers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, get_args

from sls_contract.adapters.vcrpy.cassette import checked_use_cassette
from sls_contract.adapters.vcrpy.checks import Checks, When
from sls_contract.adapters.vcrpy.forms import exchange_of
from sls_contract.adapters.vcrpy.storage import SlsPersister, SlsSerializer
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import Key
from sls_contract.cassettes.recording import Evidence
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.errors import UsageError
from sls_contract.hosts import host_name
from sls_contract.signing.environment import credentials_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sls_contract.signing import Credentials

NAME = "sls"
"""The name of our serializer and matcher in vcrpy's settings."""

_KEY_ATTRIBUTE = "_sls_contract_key"


def register(  # noqa: PLR0913 - keyword-only, each documented below
    vcr: Any,
    *,
    credentials: Credentials | None = None,
    check: When = "end",
    strict: bool = False,
    evidence: str = "reference",
    hosts: Iterable[str] = (),
    scrub: Iterable[str] = (),
    scrub_keys: Iterable[str] = (),
    rename: Mapping[str, str] | None = None,
) -> Checks:
    """Give a ``vcr.VCR`` our serializer, matcher, persister, scrub and checks, for each cassette that it opens next.

    They become its defaults: ``match_on=`` and ``serializer=`` of ``use_cassette`` override them, filters are added.

    Args:
        vcr: the ``vcr.VCR``; for example the one that ``pytest_recording_configure`` gets.
        credentials: the key that requests are signed with; by default that of the environment (``ALIBABA_CLOUD_…``).
        check: when findings raise `ContractViolation`: ``end``, when the cassette is closed; ``now``, from the call of
            the client, which may swallow it; ``collect``: never; read `Checks.findings`.
        strict: warnings raise, too.
        evidence: what recorded responses prove. ``live`` if the real service responds; vcrpy does not know that.
        hosts: more hosts whose requests match recordings of any other host, as the service's own do.
        scrub: regular expressions for text that must not be written; group 1, or the whole match, is replaced.
        scrub_keys: names of headers, query keys and JSON keys whose values must not be written.
        rename: real names to the public ones that are written.

    Raises:
        UsageError: an argument is wrong, or ``vcr`` is registered already.

    """
    _check_arguments(vcr, check, evidence)
    key = credentials if credentials is not None else credentials_from_environment(os.environ)
    kind = Evidence(evidence)
    scrubber = Scrubber(
        [key] if key else [], patterns=scrub, keys=scrub_keys, renames=rename, hide_names=kind is Evidence.LIVE
    )
    checks = Checks(key, kind, scrubber, strict=strict, when=check)
    vcr.register_serializer(NAME, SlsSerializer())
    vcr.register_matcher(NAME, _matcher(scrubber, hosts))
    vcr.register_persister(SlsPersister(vcr.persister, scrubber, checks))
    vcr.serializer, vcr.match_on = NAME, (NAME,)
    vcr.use_cassette = checked_use_cassette(vcr, checks)
    return checks


def _check_arguments(vcr: Any, check: object, evidence: object) -> None:
    if not hasattr(vcr, "register_persister"):
        msg = f"register takes a vcr.VCR first, got {type(vcr).__name__}\nHow to fix: register(vcr.VCR())."
        raise UsageError(msg)
    if isinstance(vcr.persister, SlsPersister):
        msg = "this vcr.VCR is registered already\nHow to fix: call register once for each VCR."
        raise UsageError(msg)
    if check not in get_args(When):
        msg = f"check must be one of {', '.join(get_args(When))}, got {check!r}"
        raise UsageError(msg)
    if evidence not in (Evidence.LIVE, Evidence.REFERENCE, Evidence.SYNTHETIC):
        msg = f"evidence must be live, reference or synthetic, got {evidence!r}"
        raise UsageError(msg)


def _matcher(scrubber: Scrubber, hosts: Iterable[str]) -> Callable[[Any, Any], None]:
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
