"""Faults on demand: errors, changes and delays of the next responses, one per line; see docs/faults.md."""

from sls_contract.endpoint.faults.fault import Fault
from sls_contract.endpoint.faults.language import fault, parse_fault, read_faults

__all__ = ["Fault", "fault", "parse_fault", "read_faults"]
