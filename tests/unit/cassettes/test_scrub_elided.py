"""What shortening leaves of a secret."""

from __future__ import annotations

import base64

import pytest

from sls_contract.cassettes.scrub import Scrubber
from sls_contract.signing import Credentials

HIDDEN = "0123456789abcdefghijklmnopqrst"
KEY = Credentials("LTAI5tIdOfThisRunOnly", HIDDEN)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (f"assert '{HIDDEN[:12]}...{HIDDEN[-13:]}' == 'x'", "assert '***...***' == 'x'"),
        (f"{HIDDEN[:9]}... and so on", "***... and so on"),
        (f"cut ...{HIDDEN[-8:]}!", "cut ...***!"),
        (f"{base64.b64encode(HIDDEN.encode()).decode()[:11]}...z", "***...z"),
        (f"our own: {HIDDEN[:20]}\N{HORIZONTAL ELLIPSIS}", "our own: ***\N{HORIZONTAL ELLIPSIS}"),
        (f"{HIDDEN[:5]}...{HIDDEN[-5:]}", f"{HIDDEN[:5]}...{HIDDEN[-5:]}"),
        (f"{HIDDEN[:8]}... {HIDDEN[:7]}...{HIDDEN[-7:]}", f"***... {HIDDEN[:7]}...{HIDDEN[-7:]}"),
        (f"{HIDDEN[:12]} is no part that was cut...", f"{HIDDEN[:12]} is no part that was cut..."),
        ("nothing... at all", "nothing... at all"),
    ],
)
def test_both_ends_of_a_shortened_secret_go(shown, expected):
    """Eight characters and more beside the dots; what stands around them stays."""
    assert Scrubber([KEY]).text(shown) == expected


@pytest.mark.parametrize(("size", "left"), [(15, "0a1b2c3d"), (16, "***")])
def test_pieces_of_short_secrets_are_ordinary_text(size, left):
    """From sixteen characters on, eight of them are no chance."""
    key = Credentials("LTAI5tIdOfThisRunOnly", "0a1b2c3d4e5f6071"[:size])
    assert Scrubber([key]).text("0a1b2c3d... and so on") == f"{left}... and so on"
