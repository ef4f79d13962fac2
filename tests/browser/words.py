"""Words of another language on a page in Russian."""

import re
from collections.abc import Iterable

from playwright.sync_api import Page

NAMES = frozenset(
    (
        *("Augury", "API", "CSV", "JSON", "Lines", "Parquet", "gzip", "Telegram", "CatBoost", "SHA", "UTC"),
        *("HTTP", "HTTPS", "https", "URL", "e-mail", "English", "UTF", "Windows", "Chrome", "Linux", "cbm"),
    )
)
"""Names of things, which are the same in every language."""
SAID = """() => {
    const skipped = "script, style, pre, code, textarea, [lang]:not(html):not([lang=ru])";
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
        if (!node.parentElement.closest(skipped)) found.push(node.data);
    for (const name of ["aria-label", "placeholder", "alt"])
        for (const each of document.querySelectorAll(`[${name}]`))
            if (!each.closest(skipped)) found.push(each.getAttribute(name));
    return found.filter(each => /[A-Za-z]{2}/.test(each));
}"""
"""All texts of the page, except what is marked as another language."""
_IDS = re.compile(r"Запрос \S+|\S*@\S+|[0-9a-f]{8}(?:-[0-9a-f]+)+|\b[0-9a-f]{12,}\b|aug_[\w-]+")
"""Ids of requests, addresses, versions of models, other ids and hashes."""
_QUOTED = re.compile(r"\((?:CatBoost|программа|он) сообщает: .*\)", re.DOTALL)
"""The own words of another program, which the page introduces as such."""
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")


def foreign_words(page: Page, known: Iterable[str] = ()) -> list[str]:
    """Words in Latin letters that are no names, each with the text that has it. `known` are texts of people:
    names of models, columns and keys, which the page shows as they are."""
    found: list[str] = page.evaluate(SAID)
    given = sorted(known, key=len, reverse=True)
    return [
        f"{word}: {text.strip()[:80]}" for text in found for word in _words(text, given) if word not in NAMES
    ]


def _words(text: str, known: Iterable[str]) -> list[str]:
    for each in known:
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", "", text)
    return [each for each in _WORD.findall(_IDS.sub("", _QUOTED.sub("", text))) if len(each) > 1]
