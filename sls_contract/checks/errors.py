"""Judge an error response by the errors documented for its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.spelling import closest_name
from sls_contract.checks.subject import ERROR_MEMBERS
from sls_contract.spec import Level, errors_with, wording_is_known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sls_contract.checks.breaches import Breaches, Rule, Rules
    from sls_contract.spec import KnownError
    from sls_contract.spec.contract import Contract

FIELDS = frozenset({"errorCode", "errorMessage", "accessDeniedDetail"})
"""The documented members of an error body."""

_WRONG_CODE = {"full": Level.VIOLATION, "derived": Level.WARNING, "model": Level.UNSPECIFIED}


class ErrorJudge:
    """The errors of one operation.

    A table derived from pages alone may lack codes that the service returns. The level of a breach therefore depends on
    how well the operation is known.
    """

    def __init__(self, contract: Contract, rules: Rules) -> None:
        """Compile the rules for errors."""
        self._operation = contract.operation
        level = _WRONG_CODE[contract.coverage]
        kinds = ("error-unknown", "error-operation", "error-status")
        self._unknown, self._foreign, self._status = (rules.rule(kind, level) for kind in kinds)
        self._message = rules.rule("error-message") if contract.coverage == "full" else None
        self._member = rules.rule("error-member")

    def judge(self, breaches: Breaches, is_valid_request: Callable[[], bool]) -> None:
        """Judge an error response; ``is_valid_request`` returns whether the request keeps the contract."""
        body = breaches.subject.document
        if not isinstance(body, dict) or not body.keys() & FIELDS:
            return
        breaches.exercised.add(self._member.code)
        absent = ERROR_MEMBERS - body.keys()
        for key in sorted(body.keys() - FIELDS):
            if closest_name(key, absent):
                continue  # the absence of what it replaces is reported
            where = f"/{shown(key)[1:-1]}"
            fix = "check whether a documented key was renamed; clients ignore unknown keys."
            breaches.add(self._member, where, "the documented keys only", f"the key {shown(key)}", fix)
        code, message = body.get("errorCode"), body.get("errorMessage")
        if isinstance(code, str) and code:
            errors = self._errors_of(code, breaches, is_valid_request)
            self._judge_status(code, errors, breaches)
            if self._message and isinstance(message, str) and message:
                self._judge_message(self._message, code, message, errors, breaches, is_valid_request)

    def _errors_of(self, code: str, breaches: Breaches, is_valid_request: Callable[[], bool]) -> Sequence[KnownError]:
        """Judge the code; return the errors that status and message must agree with, none if the code is wrong."""
        known = errors_with(code)
        of_operation = [error for error in known if error.may_return(self._operation)]
        breaches.exercised.add(self._unknown.code)
        if not known:
            fix = "return a code of the operation's page or of the common tables."
            breaches.add(self._unknown, "/errorCode", "a documented code", shown(code), fix)
        elif of_operation:
            breaches.exercised.add(self._foreign.code)
        elif is_valid_request():
            belongs = ", ".join(dict.fromkeys(name for error in known for name in error.operations))
            expected, actual = f"a code of {self._operation}", f"{code}, which belongs to {belongs}"
            breaches.add(self._foreign, "/errorCode", expected, actual, "return a code of this operation.")
            return ()
        return of_operation or known

    def _judge_status(self, code: str, known: Sequence[KnownError], breaches: Breaches) -> None:
        statuses = {error.status for error in known if error.status is not None}
        if not statuses:
            return
        breaches.exercised.add(self._status.code)
        assert breaches.subject.response is not None
        status = breaches.subject.response.status
        if status not in statuses:
            expected = f"{' or '.join(map(str, sorted(statuses)))} with {code}"
            breaches.add(self._status, "status", expected, str(status), "return the code with its documented status.")

    def _judge_message(
        self,
        rule: Rule,
        code: str,
        message: str,
        errors: Sequence[KnownError],
        breaches: Breaches,
        is_valid_request: Callable[[], bool],
    ) -> None:
        wordings = [wording for error in errors for wording in error.wordings]
        if not wordings or any(error.free for error in errors) or not is_valid_request():
            return
        breaches.exercised.add(rule.code)
        if not wording_is_known(code, message):
            expected = shortened(f"such as {shown(wordings[0])}")
            fix = "compare errorCode, not the message; report a new wording to sls-contract."
            breaches.add(rule, "/errorMessage", expected, shown(message), fix)
