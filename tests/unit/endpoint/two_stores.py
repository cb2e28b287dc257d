"""The store in memory beside the one in a file: whatever is done to both, they must agree."""

import tempfile
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine, rule

from sls_contract.endpoint import MemoryStore, ServiceError, SqliteStore


class TwoStores(RuleBasedStateMachine):
    """Does the same to both stores; the one with the file is reopened now and then."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "state")
        self.stores = [MemoryStore(), SqliteStore(self.path)]

    def teardown(self):
        self.stores[1].close()
        self.folder.cleanup()

    def both(self, act, *, write=True, fail=False):
        """Do something in a transaction, which is undone where it is to fail."""
        results = []
        for store in self.stores:
            try:
                with store.transaction(write=write):
                    results.append(act(store))
                    _fail_if(fail)
            except ServiceError:
                pass
        assert results[0] == results[1]

    @rule()
    def reopen(self):
        self.stores[1].close()
        self.stores[1] = SqliteStore(self.path)


def _fail_if(fail):
    if fail:
        raise ServiceError(400, "", "")
