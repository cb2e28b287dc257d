"""Every situation that a client is run in, by name; here the successes and errors that pages document."""

from __future__ import annotations

import copyreg
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from sls_contract.checks.subject import GET_CHECK_POINT
from sls_contract.exercise import faults, unusual_answers
from sls_contract.exercise.reply import error
from sls_contract.exercise.situation import Situation
from sls_contract.spec import errors_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.spec.error_record import KnownError


_PAGE = "GetCheckPoint page"
_SHARD = f"{_PAGE}, parameter shardId"
_SUCCESSES = "documented successes"
_ERRORS = "documented errors"

SHARDS = 5
"""How many shards the logstore has; the last was never consumed."""

DOCUMENTED_SUCCESSES = (
    Situation("shard-given", _SUCCESSES, "the one entry of shard 0", _SHARD, shard=0, multiplied=True),
    Situation(
        "another-shard-given",
        _SUCCESSES,
        "the one entry of shard 2, at another region's endpoint",
        _SHARD,
        shard=2,
        region="cn-shanghai",
        multiplied=True,
    ),
    Situation("shard-omitted", _SUCCESSES, "every shard's entry", _SHARD, shard=None, multiplied=True),
    Situation("shard-unknown", _SUCCESSES, "[]", _SHARD, shard=17, multiplied=True),
    Situation(
        "shard-never-consumed",
        _SUCCESSES,
        'an entry with checkpoint "" and updateTime 0',
        "aliyun-log-python-sdk commit cc530e7",
        shard=SHARDS - 1,
        multiplied=True,
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
        slow=known.status >= 500,  # noqa: PLR2004 - clients repeat the class of the service's own errors
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
"""Every error that a page lists with its status, for this operation or for all; answered to every request."""


SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        each.name: each
        for table in (
            DOCUMENTED_SUCCESSES,
            DOCUMENTED_ERRORS,
            faults.BROKEN,
            faults.ERRORS,
            unusual_answers.RIGHT,
            unusual_answers.ODD,
            faults.FAULTS,
        )
        for each in table
    }
)
"""In the order in which reports tell them."""


def _named(name: str) -> Situation:
    return SITUATIONS[name]


copyreg.pickle(Situation, lambda each: (_named, (each.name,)))  # between processes by name: turns are functions
