"""The garbage collector, once a server is all that a process does."""

import gc

from sls_contract.endpoint.server import avoid_pauses


def test_what_is_loaded_is_collected_no_more():
    """All that is loaded by now is out of the collector's sight, after the garbage has gone."""
    before = gc.get_freeze_count()
    avoid_pauses()
    try:
        assert gc.get_freeze_count() > before + 1000
        assert len(gc.get_objects()) < 1000
    finally:
        gc.unfreeze()
