"""How Node is led to an endpoint on loopback: its HTTP clients read no proxy variable, so a file is preloaded."""

from __future__ import annotations

from importlib.resources import files


def preload() -> str:
    """Return the path of the file: it sends connections to ``*.log.aliyuncs.com`` to ``SLS_LOOPBACK`` (host:port)."""
    return str(files("sls_contract.endpoint") / "sls_loopback.cjs")


def node_options(inherited: str = "", path: str | None = None) -> str:
    """Add the preload to ``NODE_OPTIONS``; a path with spaces is quoted as Node reads it."""
    quoted = (path or preload()).replace("\\", "\\\\").replace('"', '\\"')
    return f'{inherited} --require "{quoted}"'.strip()
