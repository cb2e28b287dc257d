"""Claims made by hand, and what the checkout holds."""

from pathlib import Path

import pytest

from sls_contract.spec.claims import Page, Parameter
from sls_contract.spec.merge import Source, merge, read_layers

SCHEMAS = Path(__file__).parents[4] / "schemas"


def source(name="handbook-2021-en", **given):
    """Make a source; its id tells family and date."""
    family, date, language = name.split("-")
    return Source(**({"id": name, "family": family, "date": date, "language": language} | given))


def page(operation="ListBaskets", method="GET", path="/stores/{store}/baskets", **given):
    """Make what a page claims; query: by key, a parameter."""
    made = Page(operation=operation, method=method, path=path, host="{project}.{endpoint}")
    for name, value in given.items():
        setattr(made, name, value)
    return made


def key(kind="string", *, required=False, values=(), read=("table",)):
    """Make a parameter."""
    return Parameter(kind, required, tuple(values), set(read))


@pytest.fixture(scope="session")
def shipped():
    """The layers of the checkout."""
    return read_layers(SCHEMAS)


@pytest.fixture(scope="session")
def merged(shipped):
    """What the layers of the checkout give."""
    return merge(shipped)
