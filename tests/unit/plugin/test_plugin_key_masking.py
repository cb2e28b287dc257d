"""The key of the run in what pytest makes names of."""

from __future__ import annotations

import base64

import pytest

from sls_contract.plugin.key_masking import parameter_id, without_key
from sls_contract.signing.environment import ID, SECRET, TOKEN

HIDDEN = "0123456789abcdefghijklmnopqrst"
KEY = {ID: "LTAI5tIdOfThisRunOnly", SECRET: HIDDEN}


def test_every_text_of_a_document_is_cleaned():
    """Values of any depth; what holds no secret, and what is no text, stays."""
    shown = {"tests": [f"test[{HIDDEN}]", 3, None], "id": KEY[ID]}
    assert without_key(shown, KEY) == {"tests": ["test[testAccessKeySecret]", 3, None], "id": "testAccessKeyId"}
    assert without_key(shown, {}) is not shown
    assert without_key(shown, {}) == shown


def test_a_secret_without_its_id_is_cleaned_too():
    """Half a key in the environment is told elsewhere, and is a secret all the same."""
    assert HIDDEN not in without_key(f"x {HIDDEN}", {SECRET: HIDDEN})
    assert without_key("x", {TOKEN: "short"}) == "x"
    assert without_key(f"x {HIDDEN}", {TOKEN: HIDDEN}) == "x testSecurityToken"


def test_a_key_in_pieces_or_in_another_alphabet_is_cleaned_too():
    """What is no text of its own in the name of a test is searched for like in a recording."""
    secret = "pW8+v/Unseen3Of9This=Run0x7Lk"
    for value in (base64.b32encode(secret.encode()).decode(), f"{secret[:15]}<br>{secret[15:]}"):
        named = parameter_id(value, KEY | {SECRET: secret})
        assert named is not None
        assert "***" in named


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HIDDEN, "testAccessKeySecret"),
        (f"\u5ba2 {HIDDEN}", "\\u5ba2 testAccessKeySecret"),
        (HIDDEN.upper(), "testAccessKeySecret"),
        (f"a {HIDDEN.encode().hex()}", f"a {b'testAccessKeySecret'.hex()}"),
        (base64.b64encode(HIDDEN.encode()).decode(), base64.b64encode(b"testAccessKeySecret").decode()),
        (b"x " + HIDDEN.encode(), "x testAccessKeySecret"),
        ("LTAI5tIdOfSomebodyElse", None),
        ("x", None),
        (3, None),
    ],
)
def test_only_parameters_with_a_secret_are_named_anew(value, expected):
    """The rest is left to pytest, whose names others may rely on."""
    assert parameter_id(value, KEY) == expected
