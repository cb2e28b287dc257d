"""Derives claims from machine-readable sources: the models of an installed SDK, and OpenAPI metadata.

Both are generated from a single document of the service. They state routes, places, types and required parameters. They
state no errors returned to clients and no response headers, and mark every member of a response as optional.
"""

from sls_contract.spec.models.metadata import derive_metadata
from sls_contract.spec.models.sdk import derive_sdk, installed_sdk

__all__ = ["derive_metadata", "derive_sdk", "installed_sdk"]
