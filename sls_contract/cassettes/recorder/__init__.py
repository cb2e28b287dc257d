"""Interception of real HTTP clients: each attempt on the wire is handed, complete, to a `Handler`.

Covered: http.client, urllib3, requests, httpx (sync and async), aiohttp. *Methods* of their classes are wrapped once,
while any handler or guard is active; no class is swapped and nothing is patched per request, so threads cannot slip
through. What nobody records is left alone, but for a real request that a `NetworkGuard` refuses.
"""

from sls_contract.cassettes.recorder.guard import NetworkGuard, let_through
from sls_contract.cassettes.recorder.handler import Broken, Handler, Kind, Outcome
from sls_contract.cassettes.recorder.wiring import install

__all__ = ["Broken", "Handler", "Kind", "NetworkGuard", "Outcome", "install", "let_through"]
