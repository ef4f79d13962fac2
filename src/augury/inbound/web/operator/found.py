"""What a training found in its table, in the reader's language. Trainings say it in English."""

import re

from augury.inbound.web.texts import Texts

_COLUMN = re.compile(
    r"(?P<name>.+?): (?P<kind>number|category|text|date|not used) \((?P<why>.+)\)", re.DOTALL
)
_KINDS = {"not used": "skip"}
_SENTENCES = (
    ("as-you-said", r"as you said"),
    ("constant", r"constant: every row has (?P<value>.+)"),
    ("empty", r"empty"),
    ("numbers", r"(?P<count>[\d,]+) different numbers"),
    ("dates", r"(?P<count>[\d,]+) different dates"),
    ("values", r"(?P<count>[\d,]+) different values"),
    ("beside-text", r"(?P<count>[\d,]+) different values, too many to be a category beside a text"),
    ("words", r"texts of (?P<count>\d+) words on average"),
    ("own-value", r"looks like an id: \(almost\) every row has its own value.*"),
    ("id-name", r"looks like an id by its name: .*"),
    ("counts-rows", r"looks like an id: it counts the rows"),
    ("range", r"looks like an id: every number of a range occurs once"),
    ("two-readings", r"dates such as .* have two readings: .*"),
    ("answer", r"reveals the answer: .*"),
    ("unanswered", r"(?P<count>[\d,]+) rows without an answer are left out"),
    ("rare", r"classes with fewer than (?P<least>\d+) rows are left out: (?P<classes>.+)"),
    ("split", r"(?P<train>[\d,]+) rows for training, (?P<test>[\d,]+) for the test: (?P<how>.+)"),
    ("by-chance", r"the test is a random (?P<share>\d+) % of the rows; (?P<rest>.+)"),
    ("by-time", r"the test is the latest (?P<share>\d+) % of the rows; (?P<rest>.+)"),
    ("groups", r"rows of a group stay on one side; (?P<rest>.+)"),
    (
        "duplicates",
        r"(?P<share>[\d.]+)% of the rows are duplicates of others, and stay on one side with them",
    ),
    ("few-rows", r"duplicates are not kept together: .*"),
)
_PATTERNS = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in _SENTENCES]
_PARTS = ("how", "rest")
"""Values that are sentences themselves."""


def worded(sentence: str, words: Texts) -> str:
    """The sentence in the reader's language, or as it is if it is an unknown one."""
    if (column := _COLUMN.fullmatch(sentence)) is not None:
        kind = words(f"desk-training-kind-{_KINDS.get(column['kind'], column['kind'])}")
        return words("found-column", name=column["name"], kind=kind, why=worded(column["why"], words))
    for name, pattern in _PATTERNS:
        if (found := pattern.fullmatch(sentence)) is not None:
            values = {
                key: worded(each, words) if key in _PARTS else _value(each)
                for key, each in found.groupdict().items()
            }
            return words(f"found-{name}", **values)
    return sentence


def _value(text: str) -> object:
    plain = text.replace(",", "")
    return int(plain) if plain.isdecimal() else text
