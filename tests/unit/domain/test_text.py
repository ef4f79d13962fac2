import pytest

from augury.domain.text import is_storable


@pytest.mark.parametrize("text", ["", "Ünïcödé 🦉\n", "\x01\x7f"])
def test_a_database_holds_nearly_every_text(text: str) -> None:
    assert is_storable(text)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "a\udfffb"])
def test_no_database_holds_a_nul_or_half_a_character(text: str) -> None:
    assert not is_storable(text)
