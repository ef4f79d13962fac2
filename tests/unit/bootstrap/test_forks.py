"""The modules that processes of tests import before they fork."""

from importlib.util import find_spec

import pytest

from tests.forks import NEEDED


@pytest.mark.parametrize("parent", NEEDED)
def test_what_a_parent_imports_is_there(parent: str) -> None:
    assert [name for name in NEEDED[parent] if find_spec(name) is None] == []
