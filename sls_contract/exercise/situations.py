"""All situations that a client runs in, by name; here the documented successes and errors."""

from __future__ import annotations

import copyreg
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sls_contract.checks.subject import GET_CHECK_POINT
from sls_contract.exercise import faults, unusual_responses
from sls_contract.exercise.reply import error
from sls_contract.exercise.situation import Situation
from sls_contract.spec import errors_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.spec.common_errors import KnownError


_PAGE = "GetCheckPoint page"
_SHARD = f"{_PAGE}, parameter shardId"
_ERRORS = "documented errors"

SHARDS = 5
"""The number of shards of the logstore; the last was never consumed."""


def _success(name: str, response: str, source: str = _SHARD, **changes: Any) -> Situation:
    return Situation(name, "documented successes", response, source, multiplied=True, **changes)


DOCUMENTED_SUCCESSES = (
    _success("shard-given", "the one entry of shard 0", shard=0),
    _success(
        "another-shard-given", "the one entry of shard 2, at another region's endpoint", shard=2, region="cn-shanghai"
    ),
    _success("shard-omitted", "every shard's entry", shard=None),
    _success("shard-unknown", "[]", shard=17),
    _success(
        "shard-never-consumed",
        'an entry with checkpoint "" and updateTime 0',
        "aliyun-log-python-sdk commit cc530e7",
        shard=SHARDS - 1,
    ),
)
"""Run in every scheme, with and without a security token."""


def _error(known: KnownError) -> Situation:
    message = re.sub(r"\{[^}]*\}", "example", known.wordings[0]) if known.wordings else "example"
    assert known.status is not None
    return Situation(
        f"error-{known.status}-{_kebab(known.code)}",
        _ERRORS,
        f"{known.status} {known.code}",
        known.sources[0],
        (error(known.status, known.code, message),),
        slow=known.status >= 500,  # noqa: PLR2004 - clients retry server errors
    )


def _kebab(code: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|\.", "-", code).lower()


DOCUMENTED_ERRORS = tuple(
    {
        known: _error(record)
        for record in errors_of(GET_CHECK_POINT)
        if record.status and (known := (record.status, record.code))
    }.values()
)
"""Every error that a page lists with its status, for this operation or for all; sent to every request."""


SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        each.name: each
        for table in (
            DOCUMENTED_SUCCESSES,
            DOCUMENTED_ERRORS,
            faults.BROKEN,
            faults.ERRORS,
            unusual_responses.UNUSUAL,
            unusual_responses.QUESTIONABLE,
            faults.FAULTS,
        )
        for each in table
    }
)
"""In the order of reports."""


def _by_name(name: str) -> Situation:
    return SITUATIONS[name]


copyreg.pickle(Situation, lambda each: (_by_name, (each.name,)))  # pickled by name, because turns are functions
