"""Exports contracts: as JSON Schemas for each part of an operation, and as a single OpenAPI document."""

from sls_contract.spec.export.openapi import openapi
from sls_contract.spec.export.schemas import operation_schemas, schema_files

__all__ = ["openapi", "operation_schemas", "schema_files"]
