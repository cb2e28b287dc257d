"""Derives claims from pages of the API reference: Markdown as published, of any year, in Chinese or English."""

from sls_contract.spec.claims import Page, Parameter, Problem
from sls_contract.spec.pages.page import derive, derive_each

__all__ = ["Page", "Parameter", "Problem", "derive", "derive_each"]
