"""Send Node to an endpoint on loopback: its HTTP clients ignore HTTP_PROXY, so a file is preloaded."""

from __future__ import annotations

from importlib.resources import files


def preload() -> str:
    """Return the path of the file that connects ``*.log.aliyuncs.com`` to ``SLS_LOOPBACK`` (host:port)."""
    return str(files("sls_contract.endpoint") / "sls_loopback.cjs")


def node_options(inherited: str = "", path: str | None = None) -> str:
    """Add the preload to ``NODE_OPTIONS``; a path is quoted as Node reads it."""
    quoted = (path or preload()).replace("\\", "\\\\").replace('"', '\\"')
    return f'{inherited} --require "{quoted}"'.strip()
