"""What is said of a signature holds no part of a secret, four letters in a row included."""

import dataclasses
from datetime import UTC, datetime

import pytest

from sls_contract.exchange import Request
from sls_contract.signing import Credentials, sign, verify_signature

AT = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
ID, SECRET, TOKEN = "LTAI5tMadeUpKey00001", "Zq7Wm2Xk9Vp4Jt6Lb3Nf8Hd5Gc1Rs0", "CAISmadeUpT0ken" + "q7" * 40
GIVEN = Credentials(ID, SECRET, TOKEN)
SWAPPED = Credentials(SECRET, ID, TOKEN)
URL = "https://shop-prod.cn-hangzhou.log.aliyuncs.com/logstores/orders/consumergroups/readers?shard=0"


def parts(secret):
    """Return every four characters in a row of a secret."""
    return {secret[at : at + 4] for at in range(len(secret) - 3)}


@pytest.mark.parametrize("scheme", ["v1", "v4"])
@pytest.mark.parametrize(
    ("client", "given", "swapped"),
    [
        (GIVEN, SWAPPED, True),
        (SWAPPED, GIVEN, True),
        (Credentials(SECRET, SECRET, TOKEN), Credentials("LTAI5tAnother00Key42", "x" * 30), False),
        (Credentials(ID, SECRET[::-1], TOKEN), GIVEN, False),
        (GIVEN, Credentials("LTAI5tAnother00Key42", "x" * 30), False),
    ],
)
def test_no_part_is_shown(scheme, client, given, swapped):
    """Neither id, secret, token nor signature: whichever key is wrong, on whichever side id and secret are swapped."""
    request = sign(Request("GET", URL), client, scheme=scheme, at=AT)
    found = verify_signature(request, given)
    assert ("look swapped" in found.explanation) == swapped
    shown = "\n".join([str(found), *map(str, dataclasses.astuple(found))])
    signature = request.headers["authorization"].rpartition("=" if scheme == "v4" else ":")[2][:43]
    for secret in (ID[4:], SECRET, TOKEN[4:], "x" * 30, signature):
        assert not [part for part in parts(secret) if part in shown], secret
