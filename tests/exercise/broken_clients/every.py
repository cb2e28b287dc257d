"""Every client by name; importing this fills the register."""

from broken_clients import (  # noqa: F401 - each fills the register
    asks,
    bodies,
    ends,
    errors,
    names,
    reads,
    redirects,
    retries,
    unusual,
    values,
)
from broken_clients.registry import BUGS, UNUSUAL, Bug

__all__ = ["BUGS", "UNUSUAL", "Bug"]
