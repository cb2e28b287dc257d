"""``python -m sls_contract`` is ``sls-contract``."""

from sls_contract.cli import main

main()
