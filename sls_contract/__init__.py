"""Contract tests for Alibaba Cloud SLS.

Importing this package is cheap: each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sls_contract.cassettes import Cassette, load_cassette, use_cassette
    from sls_contract.checks import check
    from sls_contract.errors import ContractViolation, SlsContractError
    from sls_contract.exchange import Exchange, Headers, Request, Response, Send
    from sls_contract.signing import Credentials, SignatureMismatch, sign, verify_signature
    from sls_contract.spec import Finding
    from sls_contract.transcripts import read_transcript

__all__ = [
    "Cassette",
    "ContractViolation",
    "Credentials",
    "Exchange",
    "Finding",
    "Headers",
    "Request",
    "Response",
    "Send",
    "SignatureMismatch",
    "SlsContractError",
    "__version__",
    "check",
    "load_cassette",
    "read_transcript",
    "sign",
    "use_cassette",
    "verify_signature",
]

__version__ = "0.1.0"

_ROOMS = {
    "Cassette": "cassettes",
    "ContractViolation": "errors",
    "Credentials": "signing",
    "Exchange": "exchange",
    "Finding": "spec",
    "Headers": "exchange",
    "Request": "exchange",
    "Response": "exchange",
    "Send": "exchange",
    "SignatureMismatch": "signing",
    "SlsContractError": "errors",
    "check": "checks",
    "load_cassette": "cassettes",
    "read_transcript": "transcripts",
    "sign": "signing",
    "use_cassette": "cassettes",
    "verify_signature": "signing",
}


def __getattr__(name: str) -> object:
    """Look a public name up in the room that holds it."""
    room = _ROOMS.get(name)
    if room is None:
        msg = f"module 'sls_contract' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"sls_contract.{room}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
