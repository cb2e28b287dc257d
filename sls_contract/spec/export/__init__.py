"""Contracts for other tools: a JSON Schema for each part of an operation, and one OpenAPI document of all."""

from sls_contract.spec.export.openapi import Exported, openapi
from sls_contract.spec.export.schemas import operation_schemas, schema_files

__all__ = ["Exported", "openapi", "operation_schemas", "schema_files"]
