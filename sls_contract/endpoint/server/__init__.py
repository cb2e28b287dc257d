"""Puts any `Send` on a socket; knows HTTP and no state.

Importing this pulls the web server library in; nothing else in the package does.
"""

from __future__ import annotations

from sls_contract.endpoint.server.background import Server, avoid_pauses, serve
from sls_contract.endpoint.server.limits import Limits

__all__ = ["Limits", "Server", "avoid_pauses", "serve"]
