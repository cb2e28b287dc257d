"""Contract tests for Alibaba Cloud SLS.

Importing this package is cheap: each name is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.lazily import lazy_names

if TYPE_CHECKING:
    from sls_contract.cassettes import Cassette, load_cassette, use_cassette
    from sls_contract.checks import check
    from sls_contract.errors import ContractViolation, SlsContractError
    from sls_contract.exchange import Exchange, Request, Response, Send
    from sls_contract.headers import Headers
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

__getattr__ = lazy_names(
    __name__,
    cassettes=("Cassette", "load_cassette", "use_cassette"),
    checks=("check",),
    errors=("ContractViolation", "SlsContractError"),
    exchange=("Exchange", "Request", "Response", "Send"),
    headers=("Headers",),
    signing=("Credentials", "SignatureMismatch", "sign", "verify_signature"),
    spec=("Finding",),
    transcripts=("read_transcript",),
)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
