"""The region in an endpoint's host.

Sources: the code of the 2020-12-30 SDKs that builds and parses endpoints from region and network; the service's page
of endpoints (``.dualstack`` serves IPv6 and IPv4).
"""

from __future__ import annotations

import re
from functools import lru_cache

from sls_contract.hosts import host_name

_SUFFIXES = (".log.aliyuncs.com", ".sls.aliyuncs.com")
_NETWORK = re.compile(r"(?:-share|-intranet|-internal|-vpc)+$")
# Regions begin like this; `zhangbei-corp`, `log-global` and a project name alone do not, so they give no region.
_REGION = re.compile(r"(?:cn|ap|us|eu|me|na|sa|af|rus)-[a-z0-9-]+")
_DUAL_STACK = ".dualstack"
# An older endpoint of cn-shenzhen-finance-1: some clients sign this name, others that of the region.
_AMBIGUOUS = frozenset({"cn-shenzhen-finance"})


@lru_cache(maxsize=64)  # a run uses few hosts
def region_of(host: str) -> str | None:
    """Return the region in a host; None if it names none (loopback, a proxy, a private domain).

    ``my-project.cn-hangzhou-intranet.log.aliyuncs.com:80`` gives ``cn-hangzhou``.
    """
    name = host_name(host)
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            label = _NETWORK.sub("", name.removesuffix(suffix).removesuffix(_DUAL_STACK).rpartition(".")[2])
            return label if _REGION.fullmatch(label) and label not in _AMBIGUOUS else None
    return None
