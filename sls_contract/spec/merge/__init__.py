"""Builds contracts from claims: reads the layers on disk, merges the sources, and applies rulings.

Checks use the shipped contracts, which are already merged, and do not need this package.
"""

from sls_contract.spec.merge.build import generated, outdated, write
from sls_contract.spec.merge.extension import is_whole, load_folder, merge_folder, merge_with_shipped
from sls_contract.spec.merge.layers import read_layers
from sls_contract.spec.merge.merging import merge
from sls_contract.spec.merge.sources import Source, source_of
from sls_contract.spec.merge.writing import write_claims

__all__ = [
    "Source",
    "generated",
    "is_whole",
    "load_folder",
    "merge",
    "merge_folder",
    "merge_with_shipped",
    "outdated",
    "read_layers",
    "source_of",
    "write",
    "write_claims",
]
