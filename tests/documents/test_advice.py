"""Each "How to fix" is followed by a test; what no test can follow says why."""

from __future__ import annotations

import re

from advice import advice, followed

ELSEWHERE = {
    r"^pip install 'httpx": "the tests need httpx",
    r"^pip install --upgrade sls-contract$": "there is no later version",
    r"^update sls-contract \(pip install": "a library that renames what we wrap",
    r"^for requests and botocore: pip uninstall": "tests/beside installs that library",
    r"^pip install alibabacloud-sls20201230": "the tests need that SDK",
    r"^save them again, with mitmproxy 7": "mitmproxy writes these files; tests/proxy reads what it writes now",
    r"^name a capture that can be read": "a disk that fails while a file is read",
    r"^name folders that you may read": "the administrator, who may run the tests, reads every folder",
    r"^run this again when that one has ended": "another run in the moment between two lines",
    r"^end the recording, and verify again": "another run in the moment between two lines",
    r"^delete the file, revoke the key if": "a secret of a form that the scrub does not know",
    r"^send the request to <project>": "another service responded",
    r"^please report it": "a mistake of ours",
    r"^start it, or correct the URL": "the tests start no database",
}
"""Patterns of texts that no test follows, each with the reason."""


def test_each_advice_is_followed():
    """A new text needs a test that does what it says, found by its words: a call of `advised`, or a row of a table."""
    left = [
        f"{', '.join(places)}: {text}"
        for text, places in advice().items()
        if not any(re.search(each, text) for each in (*followed(), *ELSEWHERE))
    ]
    assert left == []


def test_no_reason_is_left_over():
    """Each stands for a text that there is, and that no test follows."""
    for pattern in ELSEWHERE:
        (text,) = [each for each in advice() if re.search(pattern, each)]
        assert not any(re.search(each, text) for each in followed()), text
