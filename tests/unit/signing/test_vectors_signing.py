"""Every published vector, stage by stage: the first stage that differs is the one that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sls_contract.signing import Credentials, content_md5, parse_authorization, verify_signature
from sls_contract.signing.canonical import (
    Form,
    Sls4Form,
    authorization,
    canonical_request,
    signature,
    signing_key,
    string_to_sign,
)
from sls_contract.signing.dialect import Dialect, form_of, log_query, percent_encode
from sls_contract.transcripts import transcript_of

VECTORS = Path(__file__).parents[2] / "vectors" / "signing"
CASES = sorted(path.parent.name for path in VECTORS.glob("*/request"))
FUNCTIONS = json.loads((VECTORS / "functions.json").read_text(encoding="utf-8"))


class Case:
    def __init__(self, name: str) -> None:
        self.folder = VECTORS / name
        self.meta = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
        self.request = transcript_of((self.folder / "request").read_bytes()).entries[0].request
        self.secret = self.meta["access_key_secret"]
        self.credentials = Credentials(self.meta["access_key_id"], self.secret)

    def form(self) -> Form:
        named = "host" in self.request.headers
        host = "received" if named else "none"
        dialect = Dialect(self.meta["scheme"], self.meta["region"], host=host)
        return form_of(self.request, dialect, parse_authorization(self.request.headers["authorization"]))

    def stage(self, name: str) -> str | None:
        file = self.folder / name
        return file.read_bytes().decode() if file.exists() else None


@pytest.fixture(params=CASES)
def case(request):
    return Case(request.param)


def test_every_case_is_found():
    """Thirteen published and seven computed cases are there, each with its final stage."""
    assert len(CASES) == 20
    assert all((VECTORS / name / "authorization").exists() for name in CASES)


def test_stages(case):
    """Each stage gives the published text, in the order in which a signature comes about."""
    form = case.form()
    stages = {"string_to_sign": string_to_sign(form), "signing_key": signing_key(form, case.secret).hex()}
    if isinstance(form, Sls4Form):
        stages = {"canonical_request": canonical_request(form), **stages}
    stages["signature"] = signature(form, case.secret)
    stages["authorization"] = authorization(form, case.credentials.access_key_id, case.secret)
    for stage, ours in stages.items():
        published = case.stage(stage)
        assert published is None or ours == published, stage


def test_verifies(case):
    """A published request verifies as it stands."""
    if case.meta["verify_skipped"]:
        pytest.skip(case.meta["verify_skipped"])
    assert verify_signature(case.request, case.credentials) is None


@pytest.mark.full(keep=7)
def test_another_secret_does_not_verify(case):
    """A published request does not verify with another secret."""
    other = Credentials(case.credentials.access_key_id, case.secret + "x")
    assert verify_signature(case.request, other) is not None


@pytest.mark.parametrize("vector", FUNCTIONS["percent_encode"], ids=["ascii", "unicode"])
def test_percent_encode(vector):
    """Values are percent-encoded as the SDKs' own vectors have it."""
    assert percent_encode(vector["input"]) == vector["expected"]


@pytest.mark.parametrize("vector", FUNCTIONS["content_md5"], ids=lambda vector: vector["expected"][:8])
def test_content_md5(vector):
    """Content-MD5 is upper-case hex, as the SDKs' own vectors and the pages' examples have it."""
    assert content_md5(bytes.fromhex(vector["input_hex"])) == vector["expected"]


@pytest.mark.parametrize("vector", FUNCTIONS["log_query"], ids=["spaces"])
def test_log_query(vector):
    """A v1 query is signed decoded and sorted."""
    assert log_query(vector["query"]) == vector["expected"]
