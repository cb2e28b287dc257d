"""docs/consumer-worker.md does what it says: its consumer and its test are run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from started_processes import IN_UTF8

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "consumer-worker.md").read_text("utf-8")
FILES = dict(re.findall(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
(RAISES,) = re.findall(r"^ {8}if any.*\n.*raise.*\n", PAGE, re.MULTILINE)


@pytest.fixture
def place(tmp_path):
    """Give a folder with the files that the page names."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", "utf-8")
    return tmp_path


def run(place, *options):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_consumer.py", *options]
    environ = {**os.environ, **IN_UTF8}
    done = subprocess.run(
        command, cwd=place, env=environ, check=False, capture_output=True, encoding="utf-8", timeout=120
    )
    return done.stdout + done.stderr


def test_the_page_has_both_files():
    """A file that is renamed would be shown and never tried."""
    assert set(FILES) == {"consumer.py", "test_consumer.py"}


@pytest.mark.full
def test_the_example_passes(place):
    """Two real workers, one killed at a random moment: no record is lost. One of the seeds is enough here."""
    output = run(place, "-k", "[0]")
    assert "1 passed, 1 deselected" in output, output


@pytest.mark.full
def test_the_example_fails_where_the_page_says_so(place):
    """A batch whose effect fails is passed over by the consumer library, and the test finds it."""
    consumer, test = FILES["consumer.py"], FILES["test_consumer.py"]
    written = "        with output.open"
    assert written in consumer
    (place / "consumer.py").write_text(consumer.replace(written, RAISES + written), "utf-8")
    (place / "test_consumer.py").write_text(test.replace("monotonic() + 30", "monotonic() + 5"), "utf-8")
    output = run(place, "-k", "[0]")
    assert "1 failed" in output, output
    assert "assert set(indices) == set(range(RECORDS))" in output
