"""Keeps the run's access key out of parameter ids, which pytest shows and uses in file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sized
from enum import Enum
from functools import lru_cache
from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sls_contract.cassettes.scrub.registry import SecretRegistry
    from sls_contract.signing import Credentials

_WITH_ID = type(pytest.param())
_SHORTEST = 8  # characters; shorter ones are ordinary text
_PREFIX = "ALIBABA_CLOUD_"  # without a variable of this prefix, nothing is imported


def without_key(shown: Any, environ: Mapping[str, str]) -> Any:
    """Remove the run's key from a text, or from every text in plain values: names of tests and files may contain it."""
    return each_text(shown, lambda text: _without_key(text, environ))


def each_text(shown: Any, change: Callable[[str], str]) -> Any:
    """Return plain values with each text in them changed; keys stay."""
    if isinstance(shown, str):
        return change(shown)
    if isinstance(shown, list):
        return [each_text(each, change) for each in shown]
    return {name: each_text(value, change) for name, value in shown.items()} if isinstance(shown, dict) else shown


def _without_key(text: str, environ: Mapping[str, str]) -> str:
    if len(text) < _SHORTEST or not _has_key(environ):
        return text
    from sls_contract.signing.environment import ID, SECRET, TOKEN

    given = tuple(environ.get(name, "") for name in (ID, SECRET, TOKEN))
    if not any(len(each) >= _SHORTEST for each in given):
        return text
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.cassettes.scrub.views import safe_bytes
    from sls_contract.signing.credentials import Credentials

    credentials = Credentials(given[0], given[1], given[2] or None)
    data = safe_bytes(text)
    lowered = data.lower()
    known = _registry(credentials)
    if not any(secret.occurs_in(data, lowered) for secret in known.given) and not known.fragments.any_in(data):
        return text
    return Scrubber([credentials]).text(text)


@lru_cache(maxsize=2)
def _registry(credentials: Credentials) -> SecretRegistry:
    from sls_contract.cassettes.scrub.registry import SecretRegistry

    return SecretRegistry([credentials])


def mask_given_ids(metafunc: pytest.Metafunc, environ: Mapping[str, str]) -> None:
    """Keep the key out of the ids that a test gives its parameters itself; pytest asks no plugin for these."""
    if not _has_key(environ):
        return
    parametrize = metafunc.parametrize

    def parametrize_masked(*args: Any, **kwargs: Any) -> None:
        given = signature(parametrize).bind(*args, **kwargs)
        values, ids = given.arguments.get("argvalues", ()), given.arguments.get("ids")
        clean = (
            each._replace(id=_id_without_key(each.id, environ)) if isinstance(each, _WITH_ID) else each
            for each in values
        )
        given.arguments["argvalues"] = [*clean] if isinstance(values, Collection) else clean  # pytest tells them apart
        if callable(ids):
            given.arguments["ids"] = lambda value: _id_without_key(ids(value), environ)
        elif ids is not None:
            masked = (_id_without_key(each, environ) for each in ids)  # perhaps without end
            given.arguments["ids"] = [*masked] if isinstance(ids, Sized) else masked
        parametrize(*given.args, **given.kwargs)

    metafunc.parametrize = parametrize_masked  # type: ignore[method-assign]


def _id_without_key(given: object, environ: Mapping[str, str]) -> Any:
    """Return an id without the key; other objects, such as `pytest.HIDDEN_PARAM`, stay."""
    shown = _shown(given)
    return given if shown is None or (clean := _without_key(shown, environ)) == shown else clean


def _has_key(environ: Mapping[str, str]) -> bool:
    return any(name.startswith(_PREFIX) for name in environ)


def parameter_id(value: object, environ: Mapping[str, str]) -> str | None:
    """Return a parameter's id without the key; None if pytest's own id contains no secret."""
    shown = _shown(value)
    if shown is None or (clean := _without_key(shown, environ)) == shown:
        return None
    return clean.encode("unicode_escape").decode("ascii")


def _shown(value: object) -> str | None:
    """Return the text that pytest makes the id of a value; None for values whose id cannot contain a key."""
    if isinstance(value, re.Pattern):
        value = value.pattern
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, Enum) else None
