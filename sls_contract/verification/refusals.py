"""Tell refusals of correct requests without a reason from refusals of operations that are not offered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import error_code, is_overloaded
from sls_contract.scenarios.bench import contract_of
from sls_contract.scenarios.steps import (
    Create,
    HeartBeat,
    Put,
    Read,
    RequestVariant,
    Write,
    documented_refusal,
    needs_group,
    operation_name,
)
from sls_contract.spec.known_errors import errors_of, errors_with
from sls_contract.verification.correctness import in_form_of_a_client, is_correct, place_refusal
from sls_contract.verification.unavailable import NOT_OFFERED, is_failure

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from sls_contract.exchange import Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.model import GroupKey, Model
    from sls_contract.scenarios.steps import Request
    from sls_contract.verification.wire import Sent

_BAD_REQUEST = 400
_FORBIDDEN = 403
_ABOUT_A_LIMIT = re.compile("quota|limit|exceed|too.?many", re.IGNORECASE)  # in an errorCode
_PLAIN_NAME = re.compile("[a-z0-9_-]{1,20}")  # of a consumer, and of a group after the prefix of the run


@dataclass(slots=True)
class RefusalJudge:
    """Judges the refusals of one scenario.

    Attributes:
        bench: resolves the names of steps.
        model: the state that the requests should have produced.
        served: names of the operations that returned 200.
        baseline: the variant of requests that name none.
        forced: by group, shard and consumer, the accepted forced writes of consumers that do not hold the shard.

    """

    bench: Bench
    model: Model
    served: AbstractSet[str]
    baseline: RequestVariant
    forced: set[tuple[GroupKey, int, str]] = field(default_factory=set)

    def is_wrong(self, step: Request, key: GroupKey, sent: Sent) -> bool:
        """Return whether a correct request was refused without a reason; False where its operation is not offered.

        After a success of the operation, 405 is wrong, and so is any refusal of another client's form. Always wrong are
        5xx, errors of the operation's own table, ConsumerGroupNotExist for an existing group, and SignatureNotMatch,
        because reads with the same signing were accepted.
        """
        if not is_correct(step):
            return False
        response, offered = sent.response, operation_name(step) in self.served
        if is_failure(response):
            return True
        if offered and (response.status in NOT_OFFERED or in_form_of_a_client(step.variant)):
            return True
        code = error_code(response)
        if isinstance(step, Create) and code == "ConsumerGroupAlreadyExist":
            return not self.model.may_be_taken(key)
        own = self.specific_errors(step) if self._must_be_accepted(step, key, sent) else set()
        exists = {"ConsumerGroupNotExist"} if needs_group(step) and self.model.exists(key) else set()
        is_plain = isinstance(step, Create) and offered and own and response.status == _BAD_REQUEST
        return code in {"SignatureNotMatch", *own, *exists} or bool(is_plain and self._has_other_meaning(response))

    def is_limit(self, step: Request, key: GroupKey, response: Response) -> bool:
        """Return whether a correct creation was refused because the logstore has as many groups as it may have.

        The pages give limits of 5 to 30 groups, and no errorCode: any that none of them gives another meaning may say
        so where the run has created a group, and one that names a quota or limit may say so of the first group.
        """
        code = error_code(response)
        if code is None or is_overloaded(response) or response.status not in {_BAD_REQUEST, _FORBIDDEN}:
            return False
        if not isinstance(step, Create) or not is_correct(step) or self.model.exists(key):
            return False
        if _ABOUT_A_LIMIT.search(code):
            return True
        others = self.model.listing(key.logstore, key.project)[0]
        return bool(others) and not self._has_other_meaning(response)

    def meanings(self, step: Request, response: Response) -> set[str]:
        """Return the errorCodes that are not about authentication: `specific_errors`, and those of other operations."""
        known = {each.code for each in errors_of(operation_name(step))}
        elsewhere = {each.code for each in errors_with(error_code(response) or "")} - known
        return self.specific_errors(step) | (elsewhere if response.status == _BAD_REQUEST else set())

    @staticmethod
    def _has_other_meaning(response: Response) -> bool:
        """Return whether pages list the error of a refused creation, of whatever operation: it is no unknown limit."""
        code = error_code(response)
        known = {each.code for each in errors_of("CreateConsumerGroup")}
        return code in known or (response.status == _BAD_REQUEST and bool(code and errors_with(code)))

    def is_about_a_name(self, step: Request, key: GroupKey, response: Response) -> bool:
        """Return whether a request was refused for the form of a name: no page says which ones exist.

        Nobody may refuse the name of an existing group, nor that of a consumer which holds shards.
        """
        code = error_code(response)
        if (
            step.variant != self.baseline
            or place_refusal(step.at) is not None
            or code in documented_refusal(step).split()
        ):
            return False
        strange = isinstance(step, Read) and not self.model.exists(key) and not _is_plain(step.at.group)
        if isinstance(step, HeartBeat):
            strange = not self.model.held(key, step.consumer) and not _is_plain(step.consumer)
        of_form = {(each.status, each.code) for each in errors_of(operation_name(step)) if each.status == _BAD_REQUEST}
        return strange and (response.status, code) in of_form

    def is_unsupported(self, step: Request, key: GroupKey, response: Response) -> bool:
        """Return whether a correct request was refused although it should succeed in this state."""
        if response.is_ok or not is_correct(step) or not self._should_succeed(step, key):
            return False
        exists = isinstance(step, Create) and error_code(response) == "ConsumerGroupAlreadyExist"
        return not exists or not self.model.may_be_taken(key)

    def _should_succeed(self, step: Request, key: GroupKey) -> bool:
        """Return whether a correct request must succeed in this state if the operation is offered."""
        if isinstance(step, Write):  # a consumer that does not hold the shard may be refused, even with forceSuccess
            shard = self.bench.shard(step.shard, step.at.logstore)
            return self.model.exists(key) and shard in self.model.held(key, step.consumer)
        if not needs_group(step):
            return True
        return not isinstance(step, Read) and self.model.exists(key)

    def specific_errors(self, step: Request) -> set[str]:
        """Return the errorCodes which say that the operation is offered and the request is wrong.

        Common errors with 400 count only for the baseline variant, because others may be refused for their form.
        """
        of_any = errors_of(operation_name(step)) if step.variant == self.baseline else ()
        own = {each.code for each in contract_of(step).errors}
        return own | {each.code for each in of_any if each.status == _BAD_REQUEST}

    def _must_be_accepted(self, step: Request, key: GroupKey, sent: Sent) -> bool:
        """Return whether no endpoint may refuse a correct request; the pages leave open some names and values."""
        if isinstance(step, Create):
            return _is_plain(step.at.group)
        if isinstance(step, HeartBeat):
            return not self.model.held(key, step.consumer)
        if isinstance(step, Write):
            shard = self.bench.shard(step.shard, step.at.logstore)
            number = not isinstance(step.value, str) or step.value.isdecimal()
            again = step.force.lower() == "true" and (key, shard, step.consumer) in self.forced
            return number and (again or self.model.certainly_holds(key, shard, step.consumer, sent.responded_at))
        return not isinstance(step, Put) or step.coding != "zstd"


def _is_plain(name: str) -> bool:
    """Return whether any endpoint must accept a name."""
    return _PLAIN_NAME.fullmatch(name) is not None
