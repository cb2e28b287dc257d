"""The key of the run where pytest itself shows it, and makes names of files of it: in ids of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORTEST = 8  # characters; shorter ones are ordinary text
_PREFIX = "ALIBABA_CLOUD_"  # without one such variable nothing is imported: runs of others pay nothing


def without_key(shown: Any, environ: Mapping[str, str]) -> Any:
    """Take the key of the run out of a text, or of every text in plain values: names of tests and files may hold it."""
    if isinstance(shown, str):
        return _without_key(shown, environ)
    if isinstance(shown, list):
        return [without_key(each, environ) for each in shown]
    if isinstance(shown, dict):
        return {name: without_key(value, environ) for name, value in shown.items()}
    return shown


def _without_key(text: str, environ: Mapping[str, str]) -> str:
    if len(text) < _SHORTEST or not any(name.startswith(_PREFIX) for name in environ):
        return text
    from sls_contract.signing.environment import ID, SECRET, TOKEN

    key_id, secret, token = given = [environ.get(name, "") for name in (ID, SECRET, TOKEN)]
    if not any(len(each) >= _SHORTEST and each in text for each in given):
        return text
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.signing.credentials import Credentials

    return Scrubber([Credentials(key_id, secret, token or None)]).text(text)


def parameter_id(value: object, environ: Mapping[str, str]) -> str | None:
    """Return what stands for a parameter in the name of its test; None where pytest's own choice holds no secret."""
    if not isinstance(value, str) or (clean := _without_key(value, environ)) == value:
        return None
    return clean.encode("unicode_escape").decode("ascii")
