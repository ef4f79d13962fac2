"""docs/glossary.md: each word has one meaning, and the code uses it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = re.findall(r"^\| (\*\*.+?) \| (.+) \|$", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
WORDS = [word for names, _ in ROWS for word in re.findall(r"\*\*(.+?)\*\*", names)]
ASKED_FOR = {"flight", "hold", "capture", "claim", "lease", "settle", "sweep", "lane", "notice"}


def test_each_word_has_one_meaning() -> None:
    assert set(WORDS) >= ASKED_FOR
    assert len(WORDS) == len(set(WORDS))
    assert all(meaning.endswith(".") for _, meaning in ROWS)


def test_each_word_is_used_by_the_code() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py")).casefold()
    assert [word for word in WORDS if not re.search(rf"\b{re.sub('[ -]', '[ _-]?', word)}", source)] == []


def test_the_index_names_it() -> None:
    assert "[glossary.md](glossary.md)" in (ROOT / "docs" / "README.md").read_text()
