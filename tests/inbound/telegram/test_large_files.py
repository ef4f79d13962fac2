"""CSV files that become batches, over memory: progress, canceling, results as files, refusals, restarts."""

import csv
import io
from collections.abc import Sequence
from datetime import timedelta

import pytest

from augury.application.chats.ports.results import BatchReply
from augury.application.limits import Limits
from augury.domain.balance import Balance
from augury.domain.feature import Feature, FeatureKind
from augury.inbound.telegram import client, lanes
from augury.outbound.memory.batch_replies import MemoryBatchReplies
from augury.outbound.memory.predictor import BREAKING, DOUBTFUL
from tests.hexagon import Hexagon, a_model
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.telegram.server import Sent

pytestmark = pytest.mark.usefixtures("hasty")
LONG = "a text that is long enough"


@pytest.fixture
def hexagon() -> Hexagon:
    """Three rows are a batch, and everybody gets enough credits for one."""
    return Hexagon(Limits(small_rows=2, telegram_welcome_credits=10_000))


def offer(town: Town, row_price: int = 1, text_price: int = 0) -> None:
    model = a_model("tone", row_price=row_price, text_price=text_price)
    town.hexagon.memory.state.models[model.ref] = model


def a_file(texts: Sequence[str]) -> bytes:
    lines = [f"n{number};{text}" for number, text in enumerate(texts, 1)]
    return "\n".join(["Примечание;text", *lines, ""]).encode("cp1251")


async def asked(town: Town, content: bytes, *, language: str = "en") -> Sent:
    """The bot's question whether to predict the file."""
    town.person(language=language).sends_file("people.csv", content)
    return await town.said("people.csv: ")


async def accepted(town: Town, content: bytes, *, language: str = "en") -> Sent:
    """The message of an accepted file."""
    question = await asked(town, content, language=language)
    town.telegram.people[CHAT].presses(question, "Пр" if language == "ru" else "Predict")
    return await town.said("в очереди" if language == "ru" else "in the queue")


async def told(town: Town, words: str) -> Sent:
    """The message with these words, which replaced others."""
    return await eventually(
        lambda: next((each for each in town.telegram.to(CHAT) if words in each.text), None), words
    )


def files(town: Town) -> dict[str, list[dict[str, str]]]:
    """The files that the bot sent, by name."""
    sent = [each.document for each in town.telegram.to(CHAT) if each.document]
    assert len({name for name, _ in sent}) == len(sent)
    return {
        name: list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
        for name, body in sent
    }


async def everything_is_delivered(town: Town) -> None:

    def delivered() -> bool:
        return all(each.due_at is None for each in town.hexagon.memory.state.batch_replies.values())

    await eventually(delivered, "the delivery")
    assert await town.hexagon.balanced()


async def test_a_file_is_answered_by_its_rows_and_by_those_that_have_no_answer(town: Town) -> None:
    async with town.bot():
        message = await accepted(town, a_file(["привет", BREAKING, LONG, DOUBTFUL]), language="ru")
        assert "4 строки для tone, 4 кредита." in message.versions[0]
        assert "Файл прочитан как Windows-1251." in message.versions[0]
        assert "зарезервировано 4 кредита" in message.text
        await town.hexagon.run_all()
        await told(town, "предсказано строк: 3 из 4.\n⚠ 1 предупреждение")
        await everything_is_delivered(town)
        town.telegram.people[CHAT].says("/history")
        assert "строк: 3 из 4" in (await town.said("Ваши предсказания")).text
    assert "3 кредита · осталось 9997" in message.text.replace("\u00a0", "")
    assert not message.buttons
    found = files(town)
    assert [(row["строка"], row["Примечание"], row["label"]) for row in found["people-predicted.csv"]] == [
        ("1", "n1", "short"),
        ("2", "n2", ""),
        ("3", "n3", "long"),
        ("4", "n4", found["people-predicted.csv"][3]["label"]),
    ]
    assert found["people-predicted.csv"][3]["предупреждение"]
    assert found["people-errors.csv"] == [
        {
            "строка": "2",
            "Примечание": "n2",
            "text": BREAKING,
            "ошибка": "эту строку модель посчитать не смогла",
        }
    ]


async def test_a_file_shows_its_progress_and_what_is_left_of_it_can_be_canceled(town: Town) -> None:
    async with town.bot():
        message = await accepted(town, a_file(["hi"] * 2_500))
        town.hexagon.queue.take_ticket()
        await town.hexagon.run_next()
        assert message is await told(town, "2,000 of 2,500 rows done, 2,000 credits so far")
        town.telegram.people[CHAT].presses(message, "Cancel")
        await told(town, "canceled; 2,000 of 2,500 rows predicted")
        await everything_is_delivered(town)
        town.telegram.people[CHAT].clicks(message.message_id, _cancel_of(town))
        await town.said("Too late: the batch has ended")
    assert "2,000 credits · 8,000 left" in message.text
    [(name, rows)] = files(town).items()  # canceled rows are no mistakes
    assert name == "people-predicted.csv"
    assert len(rows) == 2_500
    assert [rows[0]["label"], rows[-1]["label"], rows[-1]["error"]] == [
        "short",
        "",
        "was canceled before it was predicted",
    ]
    chat = await town.hexagon.chats.get(CHAT)
    assert chat is not None
    assert await town.hexagon.balance_of(chat.user_id) == Balance(chat.user_id, available=8_000, held=0)


def _cancel_of(town: Town) -> str:
    [batch_id] = town.hexagon.memory.state.batches
    return f"xb:{batch_id}"


async def test_a_file_is_received_once_and_its_results_arrive_once_though_the_bot_stopped_in_between(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(client, "MOST_WAITING", 0.0)  # a call that Telegram asks to wait is put off at once
    expect, failures = MemoryBatchReplies.expect, [None]

    async def fail_once(self: MemoryBatchReplies, reply: BatchReply) -> None:
        if failures:
            failures.pop()
            raise RuntimeError("the process ends here")
        await expect(self, reply)

    monkeypatch.setattr(MemoryBatchReplies, "expect", fail_once)
    async with town.bot():
        await accepted(town, a_file(["hi"] * 3))
        offer(town, row_price=7)  # no concern of what was accepted
        await town.all_handled()
        town.telegram.fail("editMessageText", 429, "Too Many Requests", times=1000, retry_after=60)
        await town.hexagon.run_all()
        await eventually(lambda: files(town), "the file")
        [record] = town.hexagon.memory.state.batch_replies.values()
    async with town.bot():
        town.telegram.calm()
        town.hexagon.clock.advance(timedelta(minutes=2))
        await told(town, "3 of 3 rows predicted.\n3 credits · 9,997 left")
        await everything_is_delivered(town)
    assert [record.reply.batch_id] == list(town.hexagon.memory.state.batches)
    assert len(files(town)["people-predicted.csv"]) == 3


async def test_a_file_whose_price_changed_is_asked_about_again_before_anything_is_charged(town: Town) -> None:
    offer(town, row_price=0, text_price=2)
    async with town.bot():
        question = await asked(town, a_file(["hi"] * 3))
        assert "3 rows for tone, 2 credits" in question.text
        offer(town, row_price=1)
        town.telegram.people[CHAT].presses(question, "Predict")
        again = await town.said("3 rows for tone, 3 credits", after=question.message_id)
        assert not town.hexagon.memory.state.batches
        town.telegram.people[CHAT].presses(again, "Predict")
        await town.said("3 credits reserved")


async def test_a_refused_file_costs_nothing_and_leaves_nothing_behind(town: Town) -> None:
    offer(town, row_price=5_000)
    async with town.bot():
        question = await asked(town, a_file(["hi"] * 3))
        town.telegram.people[CHAT].presses(question, "Predict")
        refused = await town.said("Not enough credits: this costs 15,000, you have 10,000")
        assert refused.reply_to == question.reply_to
        for content, words in (
            (b"text;n\n" + b"hi;1;2\n" * 3, "row 1 has more values"),
            (b"other\n" + b"hi\n" * 3, "these columns are missing: text"),
            ("other;имя\n".encode("cp1251") + b"hi;1\n" * 3, "I read the file as Windows-1251"),
        ):
            town.telegram.people[CHAT].sends_file("wrong.csv", content)
            await town.said(words)
    assert not town.hexagon.memory.state.batches
    assert not town.hexagon.batch_store.objects


async def test_mistakes_in_the_first_rows_are_said_before_the_price_is_confirmed(town: Town) -> None:
    age = Feature("age", FeatureKind.NUMERIC)
    model = a_model("tone", features=[age, Feature("text", FeatureKind.TEXT)])
    town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        rows = ["1,5;a", "old;b", *["2;c"] * 10_500, "old;d"]
        question = await asked(town, "\n".join(["age;text", *rows]).encode())
        assert question.text.split("\n")[:3] == [
            "people.csv: 10,503 rows for tone, 10,503 credits; 1 row has a mistake and is not charged.",
            "I have checked the first 10,000 rows. Rows with mistakes further down are not charged either.",
            "row 2: age: must be a number",
        ]
        town.person(8).sends_file("all.csv", b"age;text\n" + b"old;a\n" * 3)
        await town.said("The model cannot use any of this input", chat_id=8)


async def test_results_that_are_too_large_for_a_chat_are_said_to_be_in_the_api(town: Town) -> None:
    async with town.bot(max_result_bytes=10):
        await accepted(town, a_file(["hi"] * 3))
        await town.hexagon.run_all()
        message = await told(town, "3 of 3 rows predicted")
        [batch_id] = town.hexagon.memory.state.batches
    assert "does not accept people-predicted.csv (1 MB)" in message.text
    assert f"/batches/{batch_id}/results" in message.text
    assert not files(town)


@pytest.mark.parametrize("refusal", ["too large for the settings", "refused by Telegram"])
async def test_where_a_file_is_that_was_not_sent_is_said_though_the_message_must_wait(
    town: Town, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    monkeypatch.setattr(client, "MOST_WAITING", 0.0)  # a call that Telegram asks to wait is put off at once
    is_large = refusal == "too large for the settings"
    async with town.bot(max_result_bytes=1_000 if is_large else 1_000_000):
        await accepted(town, a_file([*[LONG] * 40, BREAKING]))
        town.telegram.fail("editMessageText", 429, "Too Many Requests", times=1000, retry_after=60)
        if not is_large:
            town.telegram.fail("sendDocument", 400, "Bad Request: file is broken")
        await town.hexagon.run_all()
        await eventually(lambda: files(town), "the file with the errors")
        [record] = town.hexagon.memory.state.batch_replies.values()
        clock = town.hexagon.clock

        def is_put_off() -> bool:
            [record] = town.hexagon.memory.state.batch_replies.values()
            return record.due_at is not None and record.due_at > clock.now() + timedelta(seconds=50)

        await eventually(is_put_off, "the delay")
        town.telegram.calm()
        clock.advance(timedelta(minutes=2))
        message = await told(town, "40 of 41 rows predicted")
        await everything_is_delivered(town)
    assert "does not accept people-predicted.csv" in message.text
    assert f"/batches/{record.reply.batch_id}/results" in message.text
    assert "people-errors.csv" not in message.text
    assert list(files(town)) == ["people-errors.csv"]


async def test_a_person_who_blocked_the_bot_is_sent_nothing_and_finds_the_file_in_the_history(
    town: Town,
) -> None:
    async with town.bot():
        await accepted(town, a_file(["hi"] * 3))
        ada = town.telegram.people[CHAT]
        ada.blocks()
        await town.all_handled()
        await town.hexagon.run_all()
        await everything_is_delivered(town)
        assert not files(town)
        ada.unblocks()
        ada.says("/history")
        assert "3 of 3 rows" in (await town.said("newest first")).text
