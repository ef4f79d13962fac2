"""Both languages have every message, with the same values and their own plural rules."""

import dataclasses
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, get_type_hints

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from augury import domain
from augury.domain.errors import DomainError
from augury.domain.prediction import Failure
from augury.domain.request import NoValidRow
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.telegram.texts import (
    FOLDER,
    LANGUAGES,
    Markup,
    language_of,
    refusal_name,
    shortened,
    speech,
    unreadable_name,
)
from tests.telegram.markup import plain_text
from tests.telegram.server import MOST_TEXT


class Placeholders(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802  # Fluent's own
        self.names.add(node.id.name)


@cache
def messages(language: str) -> dict[str, set[str]]:
    """Every message with the names of its values. Fails if Fluent cannot parse the file, which takes it a
    quarter of a second."""
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
        made["errors"] = (RowError(0, "a<b", RowFault.NOT_A_TEXT),)
    words = speech(language).refusal(error(**made))
    assert plain_text(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_its_words(failure: Failure, language: str) -> None:
    assert f"failed-{failure}" in messages(language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", Unreadable.__subclasses__())
def test_every_file_that_cannot_be_read_is_told_why(error: type[Unreadable], language: str) -> None:
    assert messages(language)[unreadable_name(error)] == {field.name for field in dataclasses.fields(error)}
    hints = get_type_hints(error)
    made: dict[str, Any] = {
        field.name: 3 if hints[field.name] is int else "<x>" for field in dataclasses.fields(error)
    }
    assert plain_text(speech(language).unreadable(error(**made)))


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


@pytest.mark.parametrize(
    ("language", "message", "values", "words"),
    [
        ("ru", "balance", {"available": 21, "held": 0, "owed": 0}, "У вас 21 кредит."),
        (
            "ru",
            "balance",
            {"available": 2, "held": 1, "owed": 0},
            "У вас 2 кредита, и ещё 1 зарезервирован для",
        ),
        (
            "ru",
            "balance",
            {"available": 0, "held": 5, "owed": 0},
            "У вас 0 кредитов, и ещё 5 зарезервировано для",
        ),
        ("en", "balance", {"available": 1, "held": 0, "owed": 0}, "You have 1 credit."),
        ("en", "balance", {"available": 0, "held": 0, "owed": 1}, "0 credits. You owe 1 credit for"),
        ("ru", "balance", {"available": 0, "held": 1, "owed": 22}, "в работе. Вы должны 22 кредита: "),
        ("ru", "queued", {"price": 1}, "зарезервирован 1 кредит."),
        ("ru", "queued", {"price": 0}, "бесплатно."),
        ("ru", "slow-down", {"seconds": 41}, "через 41 секунду;"),
        ("ru", "slow-down", {"seconds": 22}, "через 22 секунды;"),
        ("en", "slow-down", {"seconds": 1}, "in 1 second and"),
        ("ru", "refusal-too-many-rows", {"rows": 10_001, "most": 10_000}, "10 001 строка — слишком много"),
        ("en", "refusal-too-many-rows", {"rows": 1, "most": 0}, "1 row is too many"),
        ("ru", "refusal-too-many-api-keys", {"most": 23}, "уже 23 ключа API"),
        ("ru", "refusal-predictions-under-way", {"pending": 21}, "не завершено: 21 предсказание."),
        ("ru", "refusal-predictions-under-way", {"pending": 0}, "не завершён пакет."),
        (
            "en",
            "refusal-predictions-under-way",
            {"pending": 0},
            "is an unfinished batch. Wait for it or",
        ),
        ("ru", "refusal-invalid-password", {"least": 8, "most": 121}, "от 8 до 121 символа."),
        ("ru", "csv-too-large", {"most": 5_000_001}, "не больше 5 000 001 байта."),
        ("ru", "csv-too-large", {"most": 22}, "не больше 22 байт."),
        ("ru", "csv-checked", {"checked": 1}, "Я проверил первую строку."),
        ("ru", "csv-checked", {"checked": 8_001}, "первые 8 001 строку."),
        ("ru", "csv-checked", {"checked": 8_002}, "первые 8 002 строки."),
        ("en", "batch-done", {"file": "a", "valid": 1, "rows": 1}, "1 of 1 row predicted."),
        ("ru", "invoice-title", {"credits": 500}, "500 кредитов"),
        ("ru", "paid", {"credits": 101, "available": 1, "repaid": 0, "charge": "c"}, "Добавлен 101 кредит;"),
        (
            "ru",
            "paid",
            {"credits": 104, "available": 1, "repaid": 0, "charge": "c"},
            "Добавлено 104 кредита;",
        ),
        (
            "ru",
            "paid",
            {"credits": 5, "available": 1, "repaid": 4, "charge": "c"},
            "в счёт долга — 4; теперь",
        ),
    ],
)
def test_every_number_has_its_form(
    language: str, message: str, values: dict[str, object], words: str
) -> None:
    assert words in speech(language).plain(message, **values)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 21, 10**15])
def test_no_message_is_ever_too_long_or_malformed(language: str, number: int) -> None:
    for name, values in messages(language).items():
        for value in ("<b>&" + "😀" * 5000, number):
            said = speech(language)(name, **dict.fromkeys(values, value))
            assert "{" not in said, said
            assert len(plain_text(said).encode("utf-16-le")) // 2 <= MOST_TEXT


def test_every_message_is_said_somewhere() -> None:
    """Names that the code composes end in one of the known suffixes."""
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
    put_together = set(re.findall(r'f"([a-z-]+)\{', code))
    unsaid = {
        name
        for name in messages("en")
        if f'"{name}"' not in code and not any(name.startswith(each) for each in put_together)
    }
    assert not {name for name in unsaid if not name.startswith("refusal-")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("doubt", RowDoubt)
def test_what_may_mislead_in_a_row_is_said_in_the_persons_language(language: str, doubt: RowDoubt) -> None:
    said = speech(language).doubt(RowWarning(0, "x", doubt, 3))

    assert said.startswith("x: ")
    assert len(said) > len("x: ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", RowFault)
def test_what_is_wrong_with_a_row_is_said_in_the_persons_language(language: str, fault: RowFault) -> None:
    said = speech(language).reason(RowError(0, "x", fault))

    assert said.startswith("x: ")
    assert len(said) > len("x: ")


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [
        ("en", 0.000123456789, "0.000123457"),
        ("en", 1234567.891, "1,234,567.89"),
        ("ru", 1234.5, "1 234,5"),
        ("en", 12.0, "12"),
        ("en", 0.0, "0"),
        ("en", -3.5e-12, "-3.5e-12"),
        ("en", 6.02e23, "6.02e+23"),
    ],
)
def test_an_answer_that_is_a_number_has_as_many_digits_as_say_something(
    language: str, value: float, words: str
) -> None:
    say = speech(language)
    assert plain_text(say("answer-value", value=say.figure(value))) == f"✅ {words}"


def test_what_people_send_is_escaped_and_shortened() -> None:
    said = speech("en")("wrong-number", value="<b>&" + "x" * 10_000)
    assert "&lt;b&gt;&amp;" in said
    assert len(said) < 1_000
    assert plain_text(said)
    assert speech("en")("linked", credits=Markup("<b>1</b>")).count("<b>") == 2


def test_a_text_within_its_length_stays_as_it_is() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"
    assert shortened("a" + "\U0001f600" * 2, 4) == "a\U0001f600…"


@pytest.mark.parametrize(
    ("code", "language"),
    [("ru", "ru"), ("ru-RU", "ru"), ("RU", "ru"), ("en-GB", "en"), ("de", "en"), (None, "en"), ("", "en")],
)
def test_everybody_is_spoken_to_in_a_language_that_there_is(code: str | None, language: str) -> None:
    assert language_of(code) == language
