"""libcurl (pycurl, curl_cffi), which resolves and connects in C: a transfer is refused before it begins."""

from __future__ import annotations

import os
from functools import partialmethod
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sls_contract.cassettes.recorder.guard import check_way
from sls_contract.exchange import wire_text
from sls_contract.hosts import authority_of, host_name, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable


def proxy_for(scheme: str) -> str:
    """Return the value of the variable that names a proxy for a scheme, as libcurl and reqwest read it; else empty."""
    names = (f"{scheme}_proxy", *([f"{scheme}_proxy".upper()] if scheme != "http" else []), "all_proxy", "ALL_PROXY")
    return next((value for value in map(os.environ.get, names) if value), "")


# Option numbers of libcurl, which never change.
_URL, _PROXY, _HEADERS, _PRE_PROXY = 10002, 10004, 10023, 10262
_SOCKETS = (10231, 10264)  # a path, or an abstract name
_REROUTES = (10203, 10243)  # RESOLVE, CONNECT_TO
_NOTED = {_URL, _PROXY, _HEADERS, _PRE_PROXY, *_SOCKETS, *_REROUTES}

_options: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()


def setopt(original: Callable[..., Any], handle: Any, option: Any, value: Any, *args: Any) -> Any:
    """Note where a transfer goes."""
    done = original(handle, option, value, *args)
    if int(option) in _NOTED:
        _options.setdefault(handle, {})[int(option)] = value
    return done


def reset(original: Callable[..., Any], handle: Any, *args: Any) -> Any:
    """Forget it."""
    _options.pop(handle, None)
    return original(handle, *args)


def perform(original: Callable[..., Any], handle: Any, *args: Any, **kwargs: Any) -> Any:
    """Ask the guards, then let the transfer run."""
    _check(handle)
    return original(handle, *args, **kwargs)


def add_handle(original: Callable[..., Any], multi: Any, handle: Any, *args: Any) -> Any:
    """Ask the guards before a transfer joins others."""
    _check(handle)
    return original(multi, handle, *args)


def easy_class(original: Any) -> Any:
    """Return pycurl's class of transfers with the guards asked; the original cannot be changed."""

    def unsetopt(self: Any, option: Any) -> Any:
        _options.get(self, {}).pop(int(option), None)
        return original.unsetopt(self, option)

    def duphandle(self: Any) -> Any:
        double = original.duphandle(self)
        _options[double] = dict(_options.get(self, {}))
        return double

    arounds = {"setopt": setopt, "setopt_string": setopt, "reset": reset}
    arounds |= dict.fromkeys(("perform", "perform_rb", "perform_rs"), perform)
    methods = {name: partialmethod(_around, around, getattr(original, name)) for name, around in arounds.items()}
    others = {"__doc__": original.__doc__, "unsetopt": unsetopt, "duphandle": duphandle}
    return type("Curl", (original,), {**methods, **others})


def _around(handle: Any, around: Callable[..., Any], original: Callable[..., Any], *args: Any) -> Any:
    return around(original, handle, *args)


def multi_class(original: Any) -> Any:
    """Return pycurl's class of transfers side by side with the guards asked."""

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
    for host in (authority, _named(options)):
        check_way(host, peer)


def _is_rerouted(name: str, options: dict[int, Any]) -> bool:
    """Tell whether the name was given an address of this machine: ``name:port:address`` or ``name:port:to:port``."""
    entries = [_text(each).lstrip("+") for option in _REROUTES for each in options.get(option) or ()]
    return any(
        entry.lower().startswith((f"{name}:", "*:", ":")) and is_loopback(authority_of(entry.split(":")[2].strip("[]")))
        for entry in entries
        if entry.count(":") > 1
    )


def _named(options: dict[int, Any]) -> str:
    """Return the Host header that was set by hand."""
    for line in map(_text, options.get(_HEADERS) or ()):
        name, _, value = line.partition(":")
        if name.strip().lower() == "host":
            return value.strip()
    return ""


def _text(value: Any) -> str:
    return wire_text(bytes(value)) if isinstance(value, bytes | bytearray) else str(value)
