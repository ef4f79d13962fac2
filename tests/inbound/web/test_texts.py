"""The pages' texts are equal in both languages, and every refusal has words."""

import re
from enum import StrEnum
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Junk, Message, MessageReference, TermReference
from fluent.syntax.visitor import Visitor as FluentVisitor

from augury.domain.answer_meaning import ValueIs
from augury.domain.api_key import KeyScope
from augury.domain.deviation import WORDS as DEVIATIONS
from augury.domain.deviation import Deviation, DeviationCode
from augury.domain.errors import DomainError
from augury.domain.model import ModelRefused
from augury.domain.model_texts import UnfitForModel
from augury.domain.model_training import TrainingState
from augury.domain.prediction import Failure, Status
from augury.domain.reason_codes import ReasonCode
from augury.domain.reason_words import WORDS
from augury.domain.reasons import Reason
from augury.domain.row_errors import RowDoubt, RowFault
from augury.domain.training_plan import ColumnKind, TrainingTask
from augury.domain.transfer import TransferKind
from augury.domain.webhook import DisabledWhy, EventType
from augury.domain.webhook_delivery import DeliveryStatus
from augury.domain.webhook_try import TryError
from augury.inbound.web.operator.audit_words import worded
from augury.inbound.web.texts import FILES, FOLDER, LANGUAGES, Texts, refusal_name, texts

TEMPLATES = FOLDER.parent / "templates"


def files(language: str) -> list[Path]:
    return [file for folder, names in FILES for file in sorted(folder.glob(names.format(language)))]


def messages(language: str) -> dict[str, set[str]]:
    """The names of all messages with the values that each takes."""
    found: dict[str, set[str]] = {}
    for file in files(language):
        for part in re.split(r"^(?=[a-z])", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name = part.partition(" ")[0]
            assert name not in found, name
            found[name] = set(re.findall(r"\$(\w+)", part))
    return found


def of_domain(kind: type[DomainError] = DomainError) -> list[type[DomainError]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *of_domain(sub))]


def test_both_languages_say_the_same() -> None:
    english, *others = (messages(language) for language in LANGUAGES)
    assert others == [english]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_words(language: str) -> None:
    ours = [each for each in of_domain() if each.__module__.startswith("augury.")]
    assert len(ours) > 50
    assert [refusal_name(each) for each in ours if not texts(language).has(refusal_name(each))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_with_all_its_values(language: str) -> None:
    known = messages(language)
    for code, english in WORDS.items():
        assert known[f"reason-{code.replace('_', '-')}"] == set(re.findall(r"{(\w+)}", english)), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_deviation_of_the_books_has_words_with_all_its_values(language: str) -> None:
    known = messages(language)
    for code, english in DEVIATIONS.items():
        assert known[f"deviation-{code.replace('_', '-')}"] == set(re.findall(r"{(\w+)}", english)), code


def test_a_deviation_is_said_in_the_language_of_the_page() -> None:
    charge = Deviation.of(DeviationCode.CHARGE, prediction="0190", status="queued", charged=1_000, rows=2_000)
    assert texts("ru").deviation(charge) == (
        "Предсказание 0190, состояние «В очереди»: списано строк 1\xa0000 из 2\xa0000"
    )
    twice = Deviation.of(DeviationCode.TRANSFER_TWICE, kind="write_off", reference="0190", count=2)
    assert texts("ru").deviation(twice) == "Движение «списание долга» для 0190 записано раз: 2"


@pytest.mark.parametrize(
    ("language", "message", "values", "said"),
    [
        ("ru", "rows-shown", {"shown": 50, "rows": 51}, "Показаны первые 50 из 51 строки."),
        ("ru", "rows-shown", {"shown": 50, "rows": 52}, "Показаны первые 50 из 52 строк."),
        ("ru", "rows-shown", {"shown": 50, "rows": 111}, "Показаны первые 50 из 111 строк."),
        ("ru", "desk-letter-bytes", {"bytes": 1}, "1 байт"),
        ("ru", "desk-letter-bytes", {"bytes": 23}, "23 байта"),
        ("ru", "desk-letter-bytes", {"bytes": 25}, "25 байт"),
        ("en", "desk-letter-bytes", {"bytes": 1}, "1 byte"),
    ],
)
def test_every_number_has_its_form(language: str, message: str, values: dict[str, object], said: str) -> None:
    assert texts(language)(message, **values) == said


def test_a_reason_is_said_in_the_language_of_the_page() -> None:
    differs = Reason.of(ReasonCode.OTHER_KIND, name="age", mine="categorical", other="numeric")
    reason = Reason.of(ReasonCode.NOT_A_CANARY, [differs], model="tone@1")

    assert texts("ru").refusal(UnfitForModel(reason=reason)) == (
        "Модели это не подходит: версию нельзя дать части пользователей рядом с tone@1: "
        "age — категория, а не число"
    )


def test_a_refunded_payment_says_whether_telegram_had_returned_its_stars_before() -> None:
    said = [list(worded({"credits": 5, "given_back": True}, texts(language))) for language in ("en", "ru")]
    assert said[0] == [("Credits", "5"), ("Telegram had returned the stars already", "yes")]
    assert said[1] == [("Кредиты", "5"), ("Telegram уже вернул звёзды", "да")]


def test_the_scores_of_our_trainings_have_names() -> None:
    words = texts("ru")
    assert words.metric("macro_f1") == "Макро-F1"
    assert words.metric("accuracy_en") == "Доля верных ответов, английские тексты"
    assert words.metric("gini_of_mine") == "gini_of_mine"


def test_the_advice_of_a_reason_is_not_cut() -> None:
    reason = Reason.of(ReasonCode.METADATA_UNFIT, [Reason.of(ReasonCode.COMPRESSED)], name="augury")

    assert texts("ru").refusal(ModelRefused(reason=reason)).endswith('model.save_model("model.cbm")')


def test_every_text_of_a_template_exists() -> None:
    named = {
        (file.name, name)
        for file in sorted(TEMPLATES.rglob("*.html"))
        for name in re.findall(r"""\bt\(["']([a-z-]*[a-z])["']""", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert [each for each in named if not texts("en").has(each[1])] == []


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("status", Status),
        ("movement", TransferKind),
        ("failure", Failure),
        ("fault", RowFault),
        ("doubt", RowDoubt),
        ("value", ValueIs),
        ("event", EventType),
        ("delivery", DeliveryStatus),
        ("try", TryError),
        ("webhook-off", DisabledWhy),
        ("scope", KeyScope),
        ("transfer", TransferKind),
        ("desk-training", TrainingState),
        ("desk-training-kind", ColumnKind),
        ("desk-training-task", TrainingTask),
    ],
)
def test_every_value_has_words(prefix: str, values: type[StrEnum]) -> None:
    names = [f"{prefix}-{each.value.replace('_', '-').replace('.', '-')}" for each in values]
    assert [each for each in names if not texts("en").has(each)] == []


def test_no_template_has_a_style_or_a_script_of_its_own() -> None:
    for file in sorted(Path(TEMPLATES).rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"\sstyle=|\son\w+=|<style|<script(?! defer src=)|\|\s*safe|javascript:|js:", text
        ), file
        assert not re.search(r"hx-trigger=[\"'][^\"']*\[", text), f"{file}: an event filter needs eval"


class References(FluentVisitor):
    """The names of the messages and terms that are referred to."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_MessageReference(self, node: MessageReference) -> None:  # noqa: N802  # by the library
        self.found.append(node.id.name)

    def visit_TermReference(self, node: TermReference) -> None:  # noqa: N802  # by the library
        self.found.append(node.id.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_can_be_parsed_without_the_others(language: str) -> None:
    for file in files(language):
        parsed = FluentParser().parse(file.read_text(encoding="utf-8"))
        references = References()
        references.visit(parsed)
        assert references.found == []
        assert not any(isinstance(each, Junk) for each in parsed.body)
        names = [each.id.name for each in parsed.body if isinstance(each, Message)]
        assert names
        assert all(Texts(language).has(name) for name in names)
