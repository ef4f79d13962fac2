"""The pages that are made from the code say what the code says."""

from pathlib import Path

import pytest

from tests.reference_pages import ROOT, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_reference_page_is_as_the_code_makes_it(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == pages()[page], "run: python -m tests.reference_pages"


def test_the_two_readmes_have_the_same_parts_and_examples() -> None:
    """A translation follows its original: as many headings, code blocks, links and pictures."""
    english, russian = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ru.md"))
    for sign in ("\n## ", "\n### ", "\n```", "](docs/", "![", "\n| "):
        assert english.count(sign) == russian.count(sign), sign


def test_the_readme_is_short() -> None:
    for name in ("README.md", "README.ru.md"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 150
