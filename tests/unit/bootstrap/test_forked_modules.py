"""The modules that tests load before they fork commands: a renamed one would break every such test."""

from importlib.util import find_spec

import pytest

from tests.forks import NEEDED


@pytest.mark.parametrize("command", NEEDED)
def test_the_modules_of_forked_commands_exist(command: str) -> None:
    assert [name for name in NEEDED[command] if find_spec(name) is None] == []
