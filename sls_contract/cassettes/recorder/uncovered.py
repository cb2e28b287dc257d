"""Libraries in use whose requests nobody can refuse: they are named, since silence would say that nothing left."""

from __future__ import annotations

import sys

from sls_contract.cassettes.recorder.wiring import not_wrapped

_OWN_NETWORK = (
    "tls_client",  # Go, called through ctypes; the same for the next two
    "hrequests",
    "requests_go",
    "rnet",  # Rust, as the next one, by which it was replaced
    "wreq",
    "PyQt5.QtNetwork",
    "PyQt6.QtNetwork",
    "PySide6.QtNetwork",
)


def uncovered() -> list[str]:
    """Return the libraries, imported by now, that are neither recorded nor blocked; sorted."""
    return sorted({*(name for name in _OWN_NETWORK if name in sys.modules), *not_wrapped()})
