"""The public strategies of single messages of an operation."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.scenarios.strategies.request_breaches import request_ways
from sls_contract.scenarios.strategies.request_parts import ENDPOINT, PROJECT, Sender, draw_request, draw_scheme
from sls_contract.scenarios.strategies.response_breaches import error_ways, response_ways
from sls_contract.scenarios.strategies.response_parts import draw_error, draw_response, request_values, sent_at
from sls_contract.scenarios.strategies.values import times
from sls_contract.signing import SCHEMES, TEST_CREDENTIALS, Credentials, Scheme
from sls_contract.spec.common_errors import COMMON
from sls_contract.spec.contract import Contract
from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sls_contract.scenarios.strategies.breaches import Breach, Way

_VIOLATIONS = frozenset({Level.VIOLATION})

_Way: TypeAlias = "tuple[Way, bool]"
"""A way to break a message, and whether the message is an error response."""


def requests(
    operation: str | Contract,
    *,
    credentials: Credentials | None = None,
    scheme: Scheme | None = None,
    project: str = PROJECT,
    endpoint: str = ENDPOINT,
    at: datetime | None = None,
) -> st.SearchStrategy[Request]:
    """Correct signed requests of an operation.

    Required parameters are always sent, optional ones sometimes; free names contain Chinese, spaces and ``%``.

    Args:
        operation: name, alias or contract.
        credentials: the key that signs; None for the public test key.
        scheme: ``v1``, ``v1-sha256`` or ``v4``; None for any.
        project: the project in the host name.
        endpoint: ``cn-hangzhou.log.aliyuncs.com``, or a URL such as ``http://127.0.0.1:8080``.
        at: when the request is sent, timezone-aware; None for any time since 2018.

    Raises:
        UsageError: the operation or the scheme is unknown.

    Example::

        @given(strategies.requests("GetCursor", scheme="v4"))
        def test_my_proxy_passes_requests_on_unchanged(request): ...

    """
    contract, sender = contract_of(operation), _sender(credentials, scheme, project, endpoint, at)
    return _requests(contract, sender)


def responses(operation: str | Contract, request: Request | None = None) -> st.SearchStrategy[Response]:
    """Correct successes of an operation.

    Args:
        operation: name, alias or contract.
        request: the request to respond to: filters, Accept-Encoding and time come from it; None for any request.

    Raises:
        UsageError: the operation is unknown.

    Example::

        @given(strategies.responses("GetCheckPoint"))
        def test_my_parser_reads_every_correct_response(response):
            assert all(entry.shard >= 0 for entry in my_parser(response.body))

    """
    return _responses(contract_of(operation), request)


@st.composite
def exchanges(draw: st.DrawFn, operation: str | Contract) -> Exchange:
    """Correct requests of an operation, each with a correct response to it.

    Example::

        @given(strategies.exchanges("ListShards"))
        def test_my_cache_keeps_what_was_returned(exchange): ...

    """
    contract = contract_of(operation)
    request = draw(_requests(contract, Sender()))
    return Exchange(request, draw(_responses(contract, request)))


def errors(operation: str | Contract, request: Request | None = None) -> st.SearchStrategy[Response]:
    """Error responses of an operation, those of its page before the common ones; placeholders of messages are replaced.

    Example::

        @given(strategies.errors("PullLogs"))
        def test_my_client_raises_with_the_code_of_the_service(response): ...

    """
    return _errors(contract_of(operation), request)


def broken_requests(  # noqa: PLR0913 - settings, by name
    operation: str | Contract,
    *,
    kinds: Collection[str] = (),
    levels: Collection[Level] = _VIOLATIONS,
    credentials: Credentials | None = None,
    scheme: Scheme | None = None,
    project: str = PROJECT,
    endpoint: str = ENDPOINT,
    at: datetime | None = None,
) -> st.SearchStrategy[tuple[Breach, Request]]:
    """Return requests that break one rule, each with its breach; the signature is correct unless it is the breach.

    Args:
        operation: name, alias or contract.
        kinds: kinds of breach (see `Breach`); empty for every kind.
        levels: severities of the breaches; violations by default.
        credentials: as in `requests`.
        scheme: as in `requests`.
        project: as in `requests`.
        endpoint: as in `requests`.
        at: as in `requests`.

    Raises:
        UsageError: the operation is unknown, or has no breach of these kinds and levels.

    Example::

        @given(strategies.broken_requests("CreateConsumerGroup", kinds=["missing", "type"]))
        def test_my_gateway_refuses_broken_requests(drawn):
            breach, request = drawn
            assert my_gateway(request).status == 400, breach

    """
    contract, sender = contract_of(operation), _sender(credentials, scheme, project, endpoint, at)
    ways = [(way, False) for way in request_ways(contract)]
    return _broken_requests(contract, sender, _chosen(ways, kinds, levels, contract))


def broken_responses(
    operation: str | Contract,
    request: Request | None = None,
    *,
    kinds: Collection[str] = (),
    levels: Collection[Level] = _VIOLATIONS,
) -> st.SearchStrategy[tuple[Breach, Response]]:
    """Responses that break one rule, each with its breach; mostly successes, some errors.

    Args:
        operation: name, alias or contract.
        request: the request to respond to; None for any request, and then no breach concerns a filter.
        kinds: kinds of breach (see `Breach`); empty for every kind.
        levels: severities of the breaches; violations by default.

    Raises:
        UsageError: the operation is unknown, or has no breach of these kinds and levels.

    Example::

        @given(strategies.broken_responses("PullLogs", kinds=["syntax", "coding"]))
        def test_my_parser_refuses_broken_responses(drawn):
            breach, response = drawn
            with pytest.raises(MyError):
                my_parser(response.headers, response.body)

    """
    contract = contract_of(operation)
    successes = [(way, False) for way in response_ways(contract, request_values(contract, request))]
    failures = [(way, True) for way in error_ways(contract)]
    # a gateway's 5xx breaks less
    errors = [each for each in errors_of(contract) if each[0] < HTTPStatus.INTERNAL_SERVER_ERROR]
    return _broken_responses(contract, request, _chosen(successes + failures, kinds, levels, contract), errors)


def _sender(
    credentials: Credentials | None, scheme: Scheme | None, project: str, endpoint: str, at: datetime | None
) -> Sender:
    if scheme is not None and scheme not in SCHEMES:
        msg = f"scheme must be one of {', '.join(SCHEMES)}, or None for any, got {scheme!r}"
        raise UsageError(msg)
    return Sender(credentials or TEST_CREDENTIALS, scheme, project, endpoint, at)


def _chosen(ways: list[_Way], kinds: Collection[str], levels: Collection[Level], contract: Contract) -> list[_Way]:
    """Return the ways of these kinds and levels."""
    fitting = [each for each in ways if each[0].breach.level in levels and (not kinds or each[0].breach.kind in kinds)]
    if not fitting:
        possible = sorted({f"{way.breach.kind} ({way.breach.level.value})" for way, _ in ways})
        msg = f"expected kinds and levels of breach that {contract.operation} has: {', '.join(possible)}; found none"
        raise UsageError(msg)
    return fitting


@st.composite
def _requests(draw: st.DrawFn, contract: Contract, sender: Sender) -> Request:
    scheme = draw_scheme(draw, sender)
    return draw_request(draw, contract, sender.at or draw(times())).signed(sender, scheme)


@st.composite
def _responses(draw: st.DrawFn, contract: Contract, request: Request | None) -> Response:
    return draw_response(draw, contract, request).response()


@st.composite
def _errors(draw: st.DrawFn, contract: Contract, request: Request | None) -> Response:
    status, code, message = draw(st.sampled_from(errors_of(contract)))
    return draw_error(draw, status, code, message, sent_at(draw, request)).response()


@st.composite
def _broken_requests(draw: st.DrawFn, contract: Contract, sender: Sender, ways: list[_Way]) -> tuple[Breach, Request]:
    (way, _), scheme = draw(st.sampled_from(ways)), draw_scheme(draw, sender)
    parts = draw_request(draw, contract, sender.at or draw(times()))
    breach = way.apply(draw, parts)
    return breach, parts.signed(sender, scheme)


@st.composite
def _broken_responses(
    draw: st.DrawFn, contract: Contract, request: Request | None, ways: list[_Way], errors: list[tuple[int, str, str]]
) -> tuple[Breach, Response]:
    way, is_error = draw(st.sampled_from(ways))
    if is_error:
        parts = draw_error(draw, *draw(st.sampled_from(errors)), sent_at(draw, request))
    else:
        parts = draw_response(draw, contract, request)
    breach = way.apply(draw, parts)
    return breach, parts.response()


def contract_of(operation: str | Contract) -> Contract:
    """Return the contract of an operation by name or alias; a contract is returned unchanged.

    Raises:
        UsageError: the operation is unknown.

    """
    if isinstance(operation, Contract):
        return operation
    from sls_contract.spec.registry import registry

    found = registry().named(operation)
    if found is None:
        msg = f"no operation is named {operation!r}; known are {', '.join(registry().names)}"
        raise UsageError(msg)
    return found


def errors_of(contract: Contract) -> list[tuple[int, str, str]]:
    """Return status, code and message of each error that an operation may return, those of its page first."""
    own = [(each.status, each.code, message) for each in contract.errors for message in each.messages]
    common = [(each, message) for each in COMMON if each.may_return(contract.operation) for message in each.wordings]
    own += [(each.status, each.code, message) for each, message in common]
    return [(status, code, message) for status, code, message in own if status is not None and code]
