"""The version of the contract: of its clauses and rulings, as recordings name it."""

CONTRACT_VERSION = "0.1.0"
