"""Judge an exchange by the contract of its operation; each contract is compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.breaches import Breaches, Rules, generic_codes
from sls_contract.checks.content_coding import plain_request_body
from sls_contract.checks.errors import ErrorJudge
from sls_contract.checks.parameters import HeaderFields, Query, Text
from sls_contract.checks.presentation import shown
from sls_contract.checks.whole_bodies import WholeBody
from sls_contract.spec.routing import names_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.checks.subject import Subject
    from sls_contract.exchange import Response
    from sls_contract.spec.contract import Contract


_PATH, _QUERY, _HEADERS = map(generic_codes, ("path", "query", "headers"))
_REQUEST_BODY, _RESPONSE_BODY = map(generic_codes, ("request-body", "response-body"))
_RESPONSE_HEADERS, _RESPONSE = map(generic_codes, ("response-headers", "response"))

_COMMON_HEADERS = frozenset({"content-length", "content-type", "connection", "date", "server", "x-log-requestid"})
"""Headers of responses that the clauses of all operations judge."""


class Compiled:
    """A compiled contract that judges exchanges of its operation; safe to share between threads."""

    def __init__(self, contract: Contract) -> None:
        """Compile every part of the contract."""
        self.contract = contract

        def rules(generic: Mapping[str, str], *kinds: str, **renamed: str) -> Rules:
            names = {**dict.fromkeys(kinds), **renamed}  # by kind of breach, the contract's name for it if it differs
            codes = {kind: contract.codes.get(name or kind) for kind, name in names.items()}
            return Rules(generic, contract.highest, {kind: code for kind, code in codes.items() if code})

        names = {name: Text(value, rules(_PATH)) for name, value in contract.path_parameters.items()}
        self._path = {name: text for name, text in names.items() if text.codes}
        self._query = Query(contract.query, contract.others, rules(_QUERY, "unknown"))
        self._headers = HeaderFields(contract.headers, rules(_HEADERS))
        self._body = WholeBody(contract.body, rules(_REQUEST_BODY)) if contract.body else None
        headers = {
            name: each for name, each in contract.response_headers.items() if name.lower() not in _COMMON_HEADERS
        }
        self._response_headers = HeaderFields(headers, rules(_RESPONSE_HEADERS))
        body_rules = rules(_RESPONSE_BODY, "json", "integer", absent="json")
        self._response_body = WholeBody(contract.response, body_rules) if contract.response else None
        response_rules = rules(_RESPONSE, *_RESPONSE)
        self._status = response_rules.rule("status")
        self._errors = ErrorJudge(contract, response_rules)

    def judge_request(self, subject: Subject) -> Breaches:
        """Judge path, query, headers and body of a request."""
        breaches = Breaches(subject, self.contract.operation)
        request = subject.request
        if self._path:
            names = self._names(request.path)
            for name, text in self._path.items():
                if name in names:
                    text.judge(names[name], f"path {name}", breaches)
        self._query.judge(request.query_pairs(), breaches)
        self._headers.judge(request.headers, breaches)
        if self._body and self._body.is_judged and request.wire:
            self._body.judge(plain_request_body(request).data, breaches)
        return breaches

    def judge_response(self, subject: Subject) -> Breaches:
        """Judge status, headers, body and error of a response."""
        response = subject.response
        assert response is not None
        breaches = Breaches(subject, self.contract.operation, self._request_value)
        breaches.exercised.add(self._status.code)
        if response.status in self.contract.success:
            self._judge_success(response, breaches)
        elif subject.is_error:
            self._errors.judge(breaches, lambda: not self.judge_request(subject).malformed)
        else:
            named = " or ".join(map(str, self.contract.success))
            expected, fix = f"{named}, or an error of 4xx or 5xx", f"return a success with {named}."
            breaches.add(self._status, "status", expected, shown(response.status), fix)
        return breaches

    def _judge_success(self, response: Response, breaches: Breaches) -> None:
        """Judge headers and body of a success; if its body is that of an error, report this alone."""
        subject, body = breaches.subject, self._response_body
        if not subject.served_error:
            self._response_headers.judge(response.headers, breaches)
        if body and not subject.bodiless and not (subject.served_error and body.takes(subject.document)):
            body.judge(subject.plain.data, breaches, subject.json)
        if subject.served_error and not breaches.found:  # otherwise the clause of the body's shape reports it
            actual = f"{response.status} with errorCode {shown(subject.served_error)}"
            fix = "return an error with its documented status of 4xx or 5xx."
            breaches.add(self._status, "status", "4xx or 5xx with the body of an error", actual, fix)

    def _names(self, path: str) -> Mapping[str, str]:
        templates = (self.contract.path, *self.contract.other_paths)
        return next((names for each in templates if (names := names_in(each, path)) is not None), {})

    def _request_value(self, name: str, subject: Subject) -> str | None:
        """Return the value that the request sends under a name, if it sends one value and the contract allows it."""
        place, _, key = name.partition(".")
        if place == "path":
            return self._names(subject.request.path).get(key)
        given = [value for name, value in subject.request.query_pairs() if name == key]
        return given[0] if len(given) == 1 and self._query.is_allowed(key, given[0]) else None


_COMPILED: dict[str, Compiled] = {}


def compiled(contract: Contract) -> Compiled:
    """Return the compiled contract, from the cache after the first call."""
    known = _COMPILED.get(contract.operation)
    if known is None or known.contract is not contract:
        known = _COMPILED[contract.operation] = Compiled(contract)
    return known
