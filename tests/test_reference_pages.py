"""The generated pages equal the code."""

import re
from pathlib import Path

import pytest

from tests.reference_pages import ROOT, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_reference_page_is_as_the_code_makes_it(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == pages()[page], "run: python -m tests.reference_pages"


@pytest.mark.parametrize(
    "pages",
    [("README.md", "README.ru.md"), ("docs/telegram.md", "docs/telegram.ru.md")],
    ids=lambda pages: pages[0],
)
def test_a_page_in_two_languages_has_the_same_parts_and_examples(pages: tuple[str, str]) -> None:
    """A translation has as many headings, paragraphs, code blocks, links and pictures as its original."""
    english, russian = ((ROOT / name).read_text(encoding="utf-8") for name in pages)
    for sign in ("\n\n", "\n## ", "\n### ", "\n```", "\n- ", "](", "![", "\n| "):
        assert english.count(sign) == russian.count(sign), sign


def test_the_bots_page_names_the_same_things_in_both_languages() -> None:
    """Its variables, commands, tables and everything else in backticks."""
    english, russian = (
        sorted(re.findall(r"`[^`\n]+`", (ROOT / name).read_text(encoding="utf-8").partition("## CSV")[2]))
        for name in ("docs/telegram.md", "docs/telegram.ru.md")
    )
    assert english == russian


def test_the_readme_is_short() -> None:
    for name in ("README.md", "README.ru.md"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 150
