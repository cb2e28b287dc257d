"""For users of vcrpy and pytest-recording: `register` gives a ``vcr.VCR`` our checks, matcher, scrub and file format.

::

    checks = register(vcr.VCR())                       # or, in conftest.py of a pytest-recording suite:

    def pytest_recording_configure(config, vcr):
        register(vcr)

vcrpy intercepts clients and decides which recording is played. `cassette` sees both sides of each exchange, and has
it scrubbed and judged (`checks`); `storage` writes it to a file; `forms` converts vcrpy's values.
"""

from sls_contract.adapters.vcrpy.checks import Checks
from sls_contract.adapters.vcrpy.registration import register

__all__ = ["Checks", "register"]
