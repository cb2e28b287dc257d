"""Judge an error answer by the errors that its operation may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.presentation import shortened, shown
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

    A table that was derived from pages alone may lack codes that the service answers: how much a breach matters depends
    on how far the operation is known.
    """

    def __init__(self, contract: Contract, rules: Rules) -> None:
        """Compile what the contract says."""
        self._operation = contract.operation
        level = _WRONG_CODE[contract.coverage]
        kinds = ("error-unknown", "error-operation", "error-status")
        self._unknown, self._foreign, self._status = (rules.rule(kind, level) for kind in kinds)
        self._message = rules.rule("error-message") if contract.coverage == "full" else None
        self._member = rules.rule("error-member")

    def judge(self, breaches: Breaches, is_well_asked: Callable[[], bool]) -> None:
        """Judge an answer of 4xx or 5xx; what the service answers to a malformed request is said nowhere."""
        body = breaches.subject.document
        if not isinstance(body, dict) or not body.keys() & FIELDS:
            return
        breaches.exercised.add(self._member.code)
        for key in sorted(body.keys() - FIELDS):
            where, fix = (
                f"/{shown(key)[1:-1]}",
                "check whether a documented key was renamed; clients ignore unknown keys.",
            )
            breaches.add(self._member, where, "the documented keys only", f"the key {shown(key)}", fix)
        code, message = body.get("errorCode"), body.get("errorMessage")
        if isinstance(code, str) and code:
            known = errors_with(code)
            self._judge_code(code, known, breaches, is_well_asked)
            if self._message and isinstance(message, str) and message:
                self._judge_message(self._message, code, message, known, breaches, is_well_asked)

    def _judge_code(
        self, code: str, known: Sequence[KnownError], breaches: Breaches, is_well_asked: Callable[[], bool]
    ) -> None:
        breaches.exercised.add(self._unknown.code)
        if not known:
            fix = "answer with a code of the operation's page or of the common tables."
            breaches.add(self._unknown, "/errorCode", "a documented code", shown(code), fix)
            return
        its_own = [error for error in known if error.may_answer(self._operation)]
        if not its_own and is_well_asked():
            belongs = ", ".join(dict.fromkeys(name for error in known for name in error.operations))
            expected, actual = f"a code of {self._operation}", f"{code}, which belongs to {belongs}"
            breaches.add(self._foreign, "/errorCode", expected, actual, "answer with a code of this operation.")
        elif its_own:
            breaches.exercised.add(self._foreign.code)
        self._judge_status(code, its_own or known, breaches)

    def _judge_status(self, code: str, known: Sequence[KnownError], breaches: Breaches) -> None:
        statuses = {error.status for error in known if error.status is not None}
        if not statuses:
            return
        breaches.exercised.add(self._status.code)
        assert breaches.subject.response is not None
        status = breaches.subject.response.status
        if status not in statuses:
            expected = f"{' or '.join(map(str, sorted(statuses)))} with {code}"
            breaches.add(self._status, "status", expected, str(status), "give the code the status of its table.")

    def _judge_message(
        self,
        rule: Rule,
        code: str,
        message: str,
        known: Sequence[KnownError],
        breaches: Breaches,
        is_well_asked: Callable[[], bool],
    ) -> None:
        its_own = [error for error in known if error.may_answer(self._operation)]
        asked = its_own or known
        wordings = [wording for error in asked for wording in error.wordings]
        if not wordings or any(error.free for error in asked) or not is_well_asked():
            return
        breaches.exercised.add(rule.code)
        if not wording_is_known(code, message):
            expected, fix = (
                shortened(f"such as {shown(wordings[0])}"),
                "compare errorCode, not the message; report a new wording to sls-contract.",
            )
            breaches.add(rule, "/errorMessage", expected, shown(message), fix)
