"""Telegram's HTML, read as strictly as Telegram reads it."""

import html
import re

TAGS = {"b", "strong", "i", "em", "u", "s", "code", "pre", "a", "tg-spoiler", "blockquote"}
_PART = re.compile(
    r"<(?P<close>/?)(?P<tag>[a-z-]*)(?P<rest>[^<>]*)>|(?P<wrong>[<>])|&(?P<entity>[^;\s]{0,8};?)"
)
_ENTITIES = {"lt;", "gt;", "amp;", "quot;"}


class BadMarkup(Exception):
    """Telegram's error for wrong markup."""


def plain_text(text: str) -> str:
    """The text that is shown. Raises `BadMarkup`."""
    open_tags: list[str] = []
    for part in _PART.finditer(text):
        tag, entity = part["tag"], part["entity"]
        if part["wrong"] or (tag is not None and tag not in TAGS):
            raise BadMarkup(f'Unsupported start tag "{tag or part[0]}" at byte offset {part.start()}')
        if entity is not None:
            if entity not in _ENTITIES and not re.fullmatch(r"#\d+;", entity):
                raise BadMarkup(f"an unescaped & at byte offset {part.start()}")
        elif not part["close"]:
            open_tags.append(str(tag))
        elif not open_tags or open_tags.pop() != tag:
            raise BadMarkup(f"Unmatched end tag at byte offset {part.start()}")
    if open_tags:
        raise BadMarkup(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return html.unescape(re.sub(r"<[^<>]*>", "", text))
