"""Both languages say everything, with the same values, by their own rules of number."""

import dataclasses
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_type_hints

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from augury import domain
from augury.domain.errors import DomainError
from augury.domain.model import RowError
from augury.domain.prediction import NoValidRow
from augury.inbound.telegram.texts import (
    FOLDER,
    LANGUAGES,
    Markup,
    language_of,
    refusal_name,
    shortened,
    speech,
)
from tests.telegram.markup import plain_text


class Placeholders(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802  # Fluent's own
        self.names.add(node.id.name)


def messages(language: str) -> dict[str, set[str]]:
    """Every message with the names of its values; fails on what Fluent cannot read."""
    resource = FluentParser().parse((FOLDER / f"{language}.ftl").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for entry in resource.body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name} is said twice"
            placeholders = Placeholders()
            placeholders.visit(entry)
            found[entry.id.name] = placeholders.names
    return found


def every_refusal() -> list[type[DomainError]]:
    for module in pkgutil.iter_modules(domain.__path__, "augury.domain."):
        import_module(module.name)
    return sorted(set(refusals(DomainError)), key=lambda each: each.__name__)


def refusals(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in error.__subclasses__():
        yield each
        yield from refusals(each)


def test_both_languages_have_every_message_with_the_same_values() -> None:
    russian, english = messages("ru"), messages("en")
    assert russian == english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", every_refusal())
def test_every_refusal_has_its_words(error: type[DomainError], language: str) -> None:
    values = messages(language)[refusal_name(error)]
    known = {field.name for field in dataclasses.fields(error)}
    known |= {"reason"} if error is NoValidRow else set()
    assert values <= known
    hints = get_type_hints(error)
    made: dict[str, Any] = {
        field.name: 3 if hints[field.name] is int else "<x>" for field in dataclasses.fields(error)
    }
    if error is NoValidRow:
        made["errors"] = (RowError(0, "a<b", "must be a string"),)
    words = speech(language).refusal(error(**made))
    assert plain_text(words)


@pytest.mark.parametrize(
    ("language", "credits", "words"),
    [
        ("en", 1, "1 credit"),
        ("en", 2, "2 credits"),
        ("en", 1234567, "1,234,567 credits"),
        ("ru", 1, "1 кредит"),
        ("ru", 3, "3 кредита"),
        ("ru", 11, "11 кредитов"),
        ("ru", 21, "21 кредит"),
        ("ru", 112, "112 кредитов"),
        ("ru", 1234567, "1\u00a0234\u00a0567 кредитов"),
    ],
)
def test_numbers_and_plurals_are_right(language: str, credits: int, words: str) -> None:
    assert speech(language)("credits", credits=credits) == words


def test_what_people_send_is_escaped_and_shortened() -> None:
    said = speech("en")("wrong-number", value="<b>&" + "x" * 10_000)
    assert "&lt;b&gt;&amp;" in said
    assert len(said) < 1_000
    assert plain_text(said)
    assert speech("en")("linked", credits=Markup("<b>1</b>")).count("<b>") == 2


def test_a_text_within_its_length_stays_as_it_is() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"


@pytest.mark.parametrize(
    ("code", "language"),
    [("ru", "ru"), ("ru-RU", "ru"), ("RU", "ru"), ("en-GB", "en"), ("de", "en"), (None, "en"), ("", "en")],
)
def test_everybody_is_spoken_to_in_a_language_that_there_is(code: str | None, language: str) -> None:
    assert language_of(code) == language
