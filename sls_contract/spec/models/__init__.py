"""Derives claims from the machine-readable sources: the models of an installed SDK, and OpenAPI metadata.

Both are generated from one document of the service. They know routes, places, types and what is required; they know no
errors that a client meets, no headers of answers, and call every member of an answer optional.
"""

from sls_contract.spec.models.metadata import derive_metadata
from sls_contract.spec.models.sdk import derive_sdk, installed_sdk

__all__ = ["derive_metadata", "derive_sdk", "installed_sdk"]
