"""The version of the contract, that is of its clauses and rulings; recordings store it."""

CONTRACT_VERSION = "0.1.0"
