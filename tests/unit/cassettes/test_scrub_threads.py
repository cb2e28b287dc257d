"""The scrub from several threads at once: what one learns, the others hunt."""

import base64
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sls_contract.cassettes.scrub import Scrubber
from sls_contract.exchange import Exchange, Request, Response


@pytest.fixture
def hasty():
    """Let threads take turns as often as they can; a tracer, such as coverage's, does not survive that."""
    before = sys.getswitchinterval()
    if sys.gettrace() is None:
        sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def responses_of(scrubber, body):
    """Scrub a response in two threads that begin at once; an error of either is raised here."""
    begin = threading.Barrier(2, timeout=60)

    def scrub(number):
        request = Request("GET", f"http://h/{number}", {"Host": "h"})
        begin.wait()
        return scrubber.exchange(Exchange(request, Response(200, {}, body))).exchange.response.body

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(scrub, range(2)))


@pytest.mark.usefixtures("hasty")
def test_what_two_threads_learn_at_once_neither_writes_in_another_spelling():
    """A password that its name gives away is taken out of encoded text beside it, whoever was first to see it."""
    for number in range(400 if os.environ.get("SLS_FULL") else 60):
        password = f"word{number:04}that{number:04}passes"
        copy = base64.b64encode(f"in {password} out".encode()).decode()
        body = f'{{"password":"{password}","note":"{copy}"}}'.encode()
        hidden = base64.b64encode(b"in *** out")
        assert all(hidden in response for response in responses_of(Scrubber(), body))
