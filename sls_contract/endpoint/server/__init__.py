"""Puts any `Send` on a socket; handles HTTP and keeps no state of the service.

Importing this imports the web server library; no other part of the package does.
"""

from sls_contract.endpoint.server.background import Server, avoid_pauses, serve
from sls_contract.endpoint.server.dispatch import Limits

__all__ = ["Limits", "Server", "avoid_pauses", "serve"]
