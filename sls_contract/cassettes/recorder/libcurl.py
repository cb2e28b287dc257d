"""Guards for libcurl (pycurl, curl_cffi), which resolves and connects in C: they refuse a transfer before it begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partialmethod
from typing import Any
from weakref import WeakKeyDictionary

from sls_contract.cassettes.recorder.guard import check_route
from sls_contract.exchange import wire_text
from sls_contract.hosts import authority_of, host_name, is_loopback


def proxy_for(scheme: str) -> str:
    """Return the proxy that the environment names for a scheme, by the rules of libcurl and reqwest; else empty."""
    names = (f"{scheme}_proxy", *([f"{scheme}_proxy".upper()] if scheme != "http" else []), "all_proxy", "ALL_PROXY")
    return next((value for value in map(os.environ.get, names) if value), "")


# Option numbers of libcurl; they are part of its ABI and never change.
_URL, _PROXY, _HEADERS, _PRE_PROXY = 10002, 10004, 10023, 10262
_SOCKETS = (10231, 10264)  # a path, or an abstract name
_REROUTES = (10203, 10243)  # RESOLVE, CONNECT_TO
_TRACKED = {_URL, _PROXY, _HEADERS, _PRE_PROXY, *_SOCKETS, *_REROUTES}

_options: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()


def setopt(original: Callable[..., Any], handle: Any, option: Any, value: Any, *args: Any) -> Any:
    """Set an option; record those that decide where a transfer goes."""
    result = original(handle, option, value, *args)
    if int(option) in _TRACKED:
        _options.setdefault(handle, {})[int(option)] = value
    return result


def reset(original: Callable[..., Any], handle: Any, *args: Any) -> Any:
    """Forget the recorded options, and reset the handle."""
    _options.pop(handle, None)
    return original(handle, *args)


def perform(original: Callable[..., Any], handle: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards, then run the transfer."""
    _check(handle)
    return original(handle, *args, **kwargs)


def add_handle(original: Callable[..., Any], multi: Any, handle: Any, *args: Any) -> Any:
    """Check the guards before a transfer is added to a multi handle."""
    _check(handle)
    return original(multi, handle, *args)


def easy_class(original: Any) -> Any:
    """Return a subclass of pycurl's ``Curl`` that checks the guards; the original is immutable."""

    def unsetopt(self: Any, option: Any) -> Any:
        _options.get(self, {}).pop(int(option), None)
        return original.unsetopt(self, option)

    def duphandle(self: Any) -> Any:
        copy = original.duphandle(self)
        _options[copy] = dict(_options.get(self, {}))
        return copy

    arounds = {"setopt": setopt, "setopt_string": setopt, "reset": reset}
    arounds |= dict.fromkeys(("perform", "perform_rb", "perform_rs"), perform)
    methods = {name: partialmethod(_around, around, getattr(original, name)) for name, around in arounds.items()}
    members = {"__doc__": original.__doc__, "unsetopt": unsetopt, "duphandle": duphandle}
    return type("Curl", (original,), {**methods, **members})


def _around(handle: Any, around: Callable[..., Any], original: Callable[..., Any], *args: Any) -> Any:
    return around(original, handle, *args)


def multi_class(original: Any) -> Any:
    """Return a subclass of pycurl's ``CurlMulti`` that checks the guards."""

    class CurlMulti(original):  # type: ignore[misc]  # known when it runs
        __doc__ = original.__doc__

        def add_handle(self, handle: Any) -> Any:
            return add_handle(original.add_handle, self, handle)

    return CurlMulti


def _check(handle: Any) -> None:
    options = _options.get(handle, {})
    url = _text(options.get(_URL, ""))
    scheme, _, rest = url.rpartition("://")
    authority = rest.partition("/")[0].partition("?")[0]
    if any(options.get(each) for each in _SOCKETS) or _is_rerouted(host_name(authority), options):
        return
    proxy = _text(options.get(_PRE_PROXY) or options.get(_PROXY) or "") or proxy_for(scheme or "http")
    peer = proxy.rpartition("://")[2] or authority
    for host in (authority, _host_header(options)):
        check_route(host, peer)


def _is_rerouted(name: str, options: dict[int, Any]) -> bool:
    """Return whether an option maps the name to this machine: ``name:port:address`` or ``name:port:to:port``."""
    entries = [_text(each).lstrip("+") for option in _REROUTES for each in options.get(option) or ()]
    return any(
        entry.lower().startswith((f"{name}:", "*:", ":")) and is_loopback(authority_of(entry.split(":")[2].strip("[]")))
        for entry in entries
        if entry.count(":") > 1
    )


def _host_header(options: dict[int, Any]) -> str:
    """Return the value of a Host header set by the user; empty without."""
    for line in map(_text, options.get(_HEADERS) or ()):
        name, _, value = line.partition(":")
        if name.strip().lower() == "host":
            return value.strip()
    return ""


def _text(value: Any) -> str:
    return wire_text(bytes(value)) if isinstance(value, bytes | bytearray) else str(value)
