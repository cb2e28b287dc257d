"""Judge a body as a whole: whether it is there, is JSON, and has the right shape; then judge its contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.checks.bodies import Column
from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.strict_json import JsonText, read_json

if TYPE_CHECKING:
    from sls_contract.checks.breaches import Breaches, Rules
    from sls_contract.spec.contract import Body

_NO_BODY_FIX = "leave the body out; return errors with an error status."


class WholeBody:
    """The body of a request or of a success."""

    def __init__(self, body: Body, rules: Rules) -> None:
        """Compile the contract's rules for the body."""
        self._body = body
        codes = {"unexpected": body.code, "shape": body.value.codes.get("type") or body.code}
        own_rules = rules.with_codes({kind: code for kind, code in codes.items() if code})
        self._absent = rules.rule("absent", body.required) if body.required else None
        self._unexpected, self._json = own_rules.rule("unexpected"), rules.rule("json")
        self._shape = own_rules.rule("shape", body.value.level)
        items = body.value.items
        members = items.members if items else {}
        self._element = frozenset(name for name, each in members.items() if each.required)
        self._column = Column(body.value, own_rules, kind="shape") if body.content == "json" else None
        self.is_judged = body.content in ("json", "none")

    def takes(self, value: Any) -> bool:
        """Return whether the body may be a JSON text with this value, as far as its type says."""
        return self._column is not None and self._column.takes(value)

    def judge(self, content: bytes | None, breaches: Breaches, text: JsonText | None = None) -> None:
        """Judge a decoded body, None if it cannot be decoded; ``text`` is the parsed body of a response."""
        if content is None or not self.is_judged:
            return
        if self._column:
            self._judge_json(self._column, content, breaches, text)
            return
        breaches.exercised.add(self._unexpected.code)
        if content and text and _is_error(text.value):
            breaches.add(
                self._shape, "body", "no body", _kind_of(text.value, self._element, of_response=True), _NO_BODY_FIX
            )
        elif content:
            breaches.add(self._unexpected, "body", "no body", f"{len(content)} bytes", "leave the body out.")

    def _judge_json(self, column: Column, content: bytes, breaches: Breaches, response_text: JsonText | None) -> None:
        if self._absent:
            breaches.exercised.add(self._absent.code)
        if not content:
            if self._absent:
                breaches.add(self._absent, "body", "one JSON text", "an empty body", breaches.fix_for("the body"))
            return
        text = response_text or read_json(content)
        breaches.exercised.add(self._json.code)
        flaw = text.syntax if response_text else _request_flaw(text)
        if flaw:
            fix = "write one JSON text in UTF-8 and nothing else."
            breaches.add(self._json, "body", "one JSON text", shortened(flaw), fix)
        elif column.takes(text.value):
            column.judge([text.value], lambda _: "", breaches)
        else:
            expected = column.expected()
            fix = f"write {expected} as the whole body."
            if response_text:
                fix = f"write {expected} as the whole body; return errors with an error status."
            found = _kind_of(text.value, self._element, of_response=bool(response_text))
            breaches.add(self._shape, "body", expected, found, fix)


def _request_flaw(text: JsonText) -> str:
    """Return the flaw of a request's JSON; the common clauses report all but the first kind for responses."""
    repeated = f"the key {shown(text.repeated[0])} more than once in an object" if text.repeated else ""
    return text.syntax or text.charset or repeated


def _is_error(value: Any) -> bool:
    return isinstance(value, dict) and ("errorCode" in value or "error_code" in value)


def _kind_of(value: Any, element: frozenset[str], *, of_response: bool) -> str:
    if not isinstance(value, dict):
        return shown(value)
    if _is_error(value) and of_response:
        return f"an error body under a status of success: {shown(value)}"
    if _is_error(value):
        return f"the body of an error: {shown(value)}"
    wrapped = [key for key, inner in value.items() if isinstance(inner, list)]
    if wrapped:
        return f"the list wrapped in an object, under the key {shown(wrapped[0])}"
    return "a single element without its list" if element & value.keys() else shown(value)
