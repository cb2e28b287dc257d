"""The reference endpoint, a test double of the service: `state` is a `Send`, `server` puts any `Send` on a socket.

The web server is slow to import; only ``from sls_contract.endpoint.server import serve`` imports it.
"""

from sls_contract.endpoint.delivery import DeliveredResponse, Delivery
from sls_contract.endpoint.faults import fault
from sls_contract.endpoint.state.reference import DEFAULT_LOGSTORE, DEFAULT_PROJECT, ReferenceEndpoint, Served
from sls_contract.endpoint.state.responses import ServiceError
from sls_contract.endpoint.state.scripted import Scripted
from sls_contract.endpoint.state.store import Store
from sls_contract.endpoint.state.store_memory import MemoryStore
from sls_contract.endpoint.state.store_sqlite import SqliteStore

__all__ = [
    "DEFAULT_LOGSTORE",
    "DEFAULT_PROJECT",
    "DeliveredResponse",
    "Delivery",
    "MemoryStore",
    "ReferenceEndpoint",
    "Scripted",
    "Served",
    "ServiceError",
    "SqliteStore",
    "Store",
    "fault",
]
