"""The databases of the tests: a branch's tables, and the federation over all branches."""

import pytest
from library import Branch, library

from exclave.federation import Federation


@pytest.fixture(scope="session")
def exclave_schema() -> object:
    """Give what each branch has; the branches are named in pytest.ini."""
    return Branch.metadata


@pytest.fixture(scope="session")
def exclave_federation() -> Federation:
    """Give what joins them."""
    return library
