"""Guards for clients on Rust's reqwest (primp, pyreqwest): they refuse a call before it begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sls_contract.cassettes.recorder.guard import check_route
from sls_contract.cassettes.recorder.libcurl import proxy_for
from sls_contract.exchange import split_url


def call(original: Callable[..., Any], client: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a client's method is called; its URL is the first argument with ``://``."""
    proxy = getattr(client, "proxy", None)
    _check(_url(args, kwargs), kwargs.get("headers"), str(proxy or ""))
    return original(client, *args, **kwargs)


def function(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a function of the library is called."""
    _check(_url(args, kwargs), kwargs.get("headers"), str(kwargs.get("proxy") or ""))
    return original(*args, **kwargs)


def request(original: Callable[..., Any], request: Any, *args: Any) -> Any:
    """Check the guards before a complete request is sent."""
    _check(str(request.url), dict(request.headers), "")
    return original(request, *args)


def _url(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return next((text for text in map(str, (*args, *kwargs.values())) if "://" in text), "")


def _check(url: str, headers: Any, proxy: str) -> None:
    if not url:
        return
    scheme, authority, _ = split_url(url)
    proxy = proxy or proxy_for(scheme) or (os.environ.get("HTTP_PROXY", "") if scheme == "http" else "")
    named = next((str(value) for name, value in (headers or {}).items() if str(name).lower() == "host"), authority)
    for host in (authority, named):
        check_route(host, proxy.rpartition("://")[2].rstrip("/") or authority)
