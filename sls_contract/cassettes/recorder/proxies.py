"""Proxies that the environment names."""

from __future__ import annotations

import os


def proxy_for(scheme: str) -> str:
    """Return the value of the variable that names a proxy for a scheme, as libcurl and reqwest read it; else empty."""
    names = (f"{scheme}_proxy", *([f"{scheme}_proxy".upper()] if scheme != "http" else []), "all_proxy", "ALL_PROXY")
    return next((value for value in map(os.environ.get, names) if value), "")
