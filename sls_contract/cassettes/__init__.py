"""Recordings: the file, what may be written into it, how real clients are recorded and answered.

Importing this room is cheap: the recorder, vcrpy and YAML are loaded when a cassette is opened.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sls_contract.cassettes.api import use_cassette
    from sls_contract.cassettes.cassette import Cassette, load_cassette
    from sls_contract.cassettes.cassette_set import send_from

__all__ = ["Cassette", "load_cassette", "send_from", "use_cassette"]

_MODULES = {"Cassette": "cassette", "load_cassette": "cassette", "send_from": "cassette_set", "use_cassette": "api"}


def __getattr__(name: str) -> object:
    """Look a public name up in its module."""
    module = _MODULES.get(name)
    if module is None:
        msg = f"module 'sls_contract.cassettes' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"sls_contract.cassettes.{module}"), name)
