"""Sign SLS requests, verify their signatures, and find the first wrong step. Pure; the time is passed in."""

from sls_contract.signing.authorization import LogAuthorization, Sls4Authorization, access_key_id, parse_authorization
from sls_contract.signing.canonical import Form, authorization
from sls_contract.signing.clock import (
    MAX_SKEW,
    http_date,
    iso_basic,
    parse_http_date,
    parse_iso_basic,
    request_time,
    within_skew,
)
from sls_contract.signing.credentials import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, Keyring
from sls_contract.signing.diagnosis import Searches
from sls_contract.signing.dialect import LOG_SCHEMES, SCHEMES, Dialect, Scheme
from sls_contract.signing.environment import credentials_from_environment
from sls_contract.signing.mismatch import STEPS, SignatureMismatch
from sls_contract.signing.region import region_of
from sls_contract.signing.signer import content_md5, content_sha256, resign, sign
from sls_contract.signing.verifier import Examination, examine, verifies, verify_signature

__all__ = [
    "LOG_SCHEMES",
    "MAX_SKEW",
    "SCHEMES",
    "STEPS",
    "TEST_CREDENTIALS",
    "TEST_STS_CREDENTIALS",
    "Credentials",
    "Dialect",
    "Examination",
    "Form",
    "Keyring",
    "LogAuthorization",
    "Scheme",
    "Searches",
    "SignatureMismatch",
    "Sls4Authorization",
    "access_key_id",
    "authorization",
    "content_md5",
    "content_sha256",
    "credentials_from_environment",
    "examine",
    "http_date",
    "iso_basic",
    "parse_authorization",
    "parse_http_date",
    "parse_iso_basic",
    "region_of",
    "request_time",
    "resign",
    "sign",
    "verifies",
    "verify_signature",
    "within_skew",
]
