"""Interception of real HTTP clients: each attempt on the wire is passed, complete, to a `Handler`.

Covered: http.client, urllib3, requests, httpx (sync and async), aiohttp. *Methods* of their classes are wrapped once,
while a handler or guard is active. No class is swapped and nothing is patched per request, so threads cannot slip
through. Traffic that no handler owns passes unchanged, unless a `NetworkGuard` refuses it.
"""

from sls_contract.cassettes.recorder.guard import RECORDED, NetworkGuard, let_through
from sls_contract.cassettes.recorder.handler import Broken, Handler, Kind, Outcome
from sls_contract.cassettes.recorder.wiring import install

__all__ = ["RECORDED", "Broken", "Handler", "Kind", "NetworkGuard", "Outcome", "install", "let_through"]
