"""Refusals of correct requests: those that have no reason, and those of an operation that is not offered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import error_code, not_tried
from sls_contract.scenarios.steps import Create, HeartBeat, Put, RequestVariant, Write, named_group, operation_name
from sls_contract.spec.known_errors import errors_of
from sls_contract.verification.answered import contract_of
from sls_contract.verification.correctness import in_form_of_a_client, is_correct
from sls_contract.verification.wire import FAILURES, NOT_OFFERED

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.model import GroupKey, Model
    from sls_contract.scenarios.steps import Request
    from sls_contract.verification.wire import Sent

_BAD_REQUEST = 400
_PLAIN_NAME = re.compile("[a-z0-9_-]{1,20}")  # of a group, behind the prefix of the run


@dataclass(frozen=True, slots=True)
class RefusalJudge:
    """Judges the refusals of one scenario.

    Attributes:
        bench: names.
        model: what was written.
        served: names of the operations that were answered 200.
        baseline: how requests are dressed that do not say.

    """

    bench: Bench
    model: Model
    served: AbstractSet[str]
    baseline: RequestVariant

    def is_wrong(self, step: Request, key: GroupKey, sent: Sent) -> bool:
        """Tell whether a correct request was refused for no reason; not where its operation is not offered.

        The signature of a write is made like that of a read, and a group that was made is there for every operation.
        What an operation answers with 5xx, or with an error of its own table, is no answer of one that is not offered.
        One that was served before is offered: 405 is no refusal, and what is written in the form of another client asks
        for nothing else.
        """
        if not is_correct(step):
            return False
        response, offered = sent.response, operation_name(step) in self.served
        if not_tried(response) or response.status in FAILURES:
            return True
        if offered and (response.status in NOT_OFFERED or in_form_of_a_client(step.variant)):
            return True
        code = error_code(response)
        if isinstance(step, Create) and code == "ConsumerGroupAlreadyExist":
            return self.is_denied(key)
        own = self.own_errors(step) if self._is_plain(step, key, sent) else set()
        exists = {"ConsumerGroupNotExist"} if named_group(step) and self.model.exists(key) else set()
        return code in {"SignatureNotMatch", *own, *exists}

    def own_errors(self, step: Request) -> set[str]:
        """Return the errorCodes that say that the operation is offered and the request is wrong.

        Those of 400 that any operation may answer are about its form, too: another form may be what is refused.
        """
        of_any = errors_of(operation_name(step)) if step.variant == self.baseline else ()
        own = {each.code for each in contract_of(step).errors}
        return own | {each.code for each in of_any if each.status == _BAD_REQUEST}

    def _is_plain(self, step: Request, key: GroupKey, sent: Sent) -> bool:
        """Tell whether a correct request asks for nothing that an endpoint may refuse; no page fixes all names."""
        if isinstance(step, Create):
            return _PLAIN_NAME.fullmatch(step.at.group) is not None
        if isinstance(step, HeartBeat):
            return not self.model.held(key, step.consumer)
        if isinstance(step, Write):
            shard = self.bench.shard(step.shard, step.at.logstore)
            number = step.value is None or step.value.isdecimal()
            return number and self.model.holds_surely(key, shard, step.consumer, sent.sent_at)
        return not isinstance(step, Put) or step.coding != "zstd"

    def is_denied(self, key: GroupKey) -> bool:
        """Tell whether there is no group in the whole project that ConsumerGroupAlreadyExist can speak of.

        Beside another group it may be meant: names are unique in a project, and no page says which ones are alike.
        """
        return not self.model.has_groups(key.project)
