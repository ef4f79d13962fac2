"""Predictions in a chat, over memory: the message that becomes the result, the dialogue, failures."""

from dataclasses import replace
from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.application.predictions.ports.work import ClaimTerms
from augury.domain.feature import Feature, FeatureKind
from augury.domain.model import ModelRef, ModelState
from augury.domain.prediction import Failure, Status
from augury.outbound.memory.predictor import BREAKING, DOUBTFUL
from tests.hexagon import Hexagon, a_model
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.telegram.server import TelegramServer

FEATURES = (
    Feature("age", FeatureKind.NUMERIC),
    Feature("plan", FeatureKind.CATEGORICAL, ("basic", "pro")),
    Feature("complaint", FeatureKind.TEXT),
)


def offer(town: Town, *, row_price: int = 2, retired: bool = False) -> None:
    """Offer the model `churn` of three features, with these properties from now on."""
    model = a_model("churn", row_price=row_price, features=FEATURES)
    town.hexagon.memory.state.models[model.ref] = replace(
        model, state=ModelState.RETIRED if retired else ModelState.ACTIVE
    )


async def choose_churn(town: Town) -> None:
    """Make `churn` the chat's model."""
    offer(town)
    town.person().says("/start")
    await town.said("Hello!")
    await town.hexagon.chats.choose(CHAT, "churn")


async def test_a_message_becomes_its_result_once_though_it_is_delivered_twice(town: Town) -> None:
    town.telegram.repeats = 1
    async with town.bot():
        ada = town.person()
        asked = ada.says("hi <b>&amp; you")
        waiting = await town.said("In the queue, 1 credit reserved")
        assert waiting.reply_to == asked
        assert waiting.button("Cancel")
        await town.all_handled()
        await town.hexagon.run_all()
        await town.said("✅ long\n1 credit · 9 left")

        assert town.telegram.to(CHAT) == [waiting]
        assert not waiting.buttons
    keys = town.hexagon.memory.state.idempotency_keys
    assert [key for _, key in keys] == [f"telegram:{CHAT}:{asked}"]
    assert not town.hexagon.memory.state.notices
    assert await town.hexagon.balanced()


# Only slices of batches can lose their input, and the bot has no batches.
ENDS: dict[str, dict[Failure | Status, str]] = {
    "en": {
        Failure.NO_VALID_ROW: "could not use any row. Your credits were returned.\n"
        "Reason: the model could not predict this row",
        Failure.MODEL_UNAVAILABLE: "The model is not available at the moment. Your credits were returned.",
        Failure.TOO_MANY_ATTEMPTS: "The prediction failed three times. Your credits were returned.",
        Status.CANCELED: "Canceled. Your credits were returned.",
        Status.EXPIRED: "The prediction waited too long and has expired. Your credits were returned.",
    },
    "ru": {
        Failure.NO_VALID_ROW: "Ни одна строка модели не подошла. Кредиты возвращены.\n"
        "Причина: эту строку модель посчитать не смогла",
        Failure.MODEL_UNAVAILABLE: "Модель сейчас недоступна. Кредиты возвращены.",
        Failure.TOO_MANY_ATTEMPTS: "не удалось с трёх попыток. Кредиты возвращены.",
        Status.CANCELED: "Отменено. Кредиты возвращены.",
        Status.EXPIRED: "ждало слишком долго, его срок истёк. Кредиты возвращены.",
    },
}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("end", ENDS["en"])
async def test_what_came_to_nothing_says_why_and_that_the_credits_are_back(
    telegram: TelegramServer, language: str, end: Failure | Status
) -> None:
    hexagon = Hexagon(Limits(max_expires_in=timedelta(days=1)))
    town = Town(hexagon, telegram)
    async with town.bot():
        ada = town.person(language=language)
        ada.says(BREAKING)
        placeholder = await town.said("⏳")
        if end is Status.CANCELED:
            ada.presses(placeholder, "✖")
        elif end is Status.EXPIRED:
            hexagon.clock.advance(timedelta(days=2))
            await hexagon.sweep()
        elif end is Failure.TOO_MANY_ATTEMPTS:
            await abandon_thrice(hexagon)
        else:
            hexagon.predictor.unavailable |= (
                {ModelRef("tone", 1)} if end is Failure.MODEL_UNAVAILABLE else set()
            )
            await hexagon.run_all()

        answered = await town.said(ENDS[language][end])
        assert answered is placeholder
        assert answered.text.endswith("10 left" if language == "en" else "Осталось 10")
        assert not answered.buttons
    assert await hexagon.balanced()


async def abandon_thrice(hexagon: Hexagon) -> None:
    """Three workers claim it and fall silent."""
    for _ in range(3):
        task = hexagon.queue.take()
        assert task is not None
        await hexagon.work.claim(
            task.prediction_ids,
            ClaimTerms(
                token=task.prediction_ids[0],
                lease=hexagon.limits.lease,
                most_rows=100,
                most_bytes=10**6,
            ),
        )
        hexagon.clock.advance(hexagon.limits.lease + timedelta(seconds=1))
        await hexagon.sweep()


async def test_a_cancel_that_comes_too_late_is_refused_in_words(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("good day")
        placeholder = await town.said("In the queue")
        says = placeholder.button("Cancel")["callback_data"]
        await town.hexagon.run_all()
        await town.said("9 left")
        ada.clicks(placeholder.message_id, says)
        await town.said("Too late: the prediction is already running or finished")


async def test_who_has_no_credits_left_is_told_what_it_costs(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        await choose_churn(town)
        offer(town, row_price=11)
        began = ada.says("/predict")
        for words, value in (("Question 1", "33"), ("Question 2", "pro"), ("Question 3", "slow")):
            began = (await town.said(words, after=began)).message_id
            ada.says(value)
        await town.said("Not enough credits: this costs 11, you have 10")
        assert not town.hexagon.queue.take()


async def test_a_price_that_changes_on_the_way_is_said_before_it_is_charged(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        await choose_churn(town)
        began = ada.says("/predict")
        await town.said("churn, 2 credits for this prediction")
        ada.says("33")
        ada.presses(await town.said("Question 2 of 3: plan"), "pro")
        last = await town.said("Question 3 of 3: complaint")
        offer(town, row_price=3)
        ada.says("slow")
        again = await town.said("churn, 3 credits for this prediction", after=last.message_id)
        assert "Question 3 of 3: complaint" in again.text
        assert not town.hexagon.queue.take()
        ada.says("slow")
        assert (await town.said("3 credits reserved")).reply_to == began


async def test_a_model_that_is_withdrawn_on_the_way_ends_the_dialogue(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        await choose_churn(town)
        ada.says("/predict")
        await town.said("Question 1 of 3")
        offer(town, retired=True)
        refused = ada.says("33")
        await town.said("The model “churn@1” is no longer available", after=refused)
        await town.hexagon.chats.choose(CHAT, "tone")
        ada.says("good day")
        await town.said("In the queue")


async def test_a_dialogue_takes_a_missing_number_a_new_category_and_goes_back_to_its_beginning(
    town: Town,
) -> None:
    async with town.bot():
        ada = town.person()
        await choose_churn(town)
        ada.says("/predict")
        first = await town.said("Question 1 of 3: age")
        assert not [each for row in first.buttons for each in row if "Back" in each["text"]]
        ada.presses(first, "no value")
        ada.says("enterprise")
        third = await town.said("Question 3 of 3")
        ada.presses(third, "Back")
        second = await town.said("Question 2 of 3", after=third.message_id)
        ada.presses(second, "Back")
        await town.said("Question 1 of 3", after=second.message_id)
        for value in ("1 000,5", "enterprise", "slow"):
            ada.says(value)
        await town.said("2 credits reserved")
    [record] = town.hexagon.memory.state.predictions.values()
    assert bytes(record.input) == b'{"age":1000.5,"plan":"enterprise","complaint":"slow"}'
    assert record.prediction.single


async def test_messages_that_waited_for_the_bot_are_no_flood_and_none_is_passed_over(town: Town) -> None:
    ada = town.person()
    for number in range(8):
        ada.says("/balance", age=60 * (8 - number))
    async with town.bot(messages_per_minute=2):
        await town.said("You have 10 credits")
        await town.all_handled()
    assert len(town.telegram.to(CHAT)) == 8


async def test_an_update_that_is_tried_again_makes_nobody_flood(town: Town) -> None:
    ada = town.person()
    town.telegram.garble("sendMessage", 400, '{"ok": true, "result": {"message_id": "?"}}', times=2)
    async with town.bot(messages_per_minute=1):
        ada.says("/balance")
        await town.said("You have 10 credits")
    assert len(town.telegram.to(CHAT)) == 1


async def test_an_answer_that_may_be_wrong_says_so(town: Town) -> None:
    async with town.bot():
        town.person().says(DOUBTFUL)
        await town.said("In the queue")
        await town.all_handled()
        await town.hexagon.run_all()

        await town.said("✅ short\n⚠ text: the model was not trained on this category\n1 credit · 9 left")


async def test_the_bots_submits_updates_and_results_are_counted(town: Town) -> None:
    def counted(name: str, **labels: str) -> float | None:
        return town.hexagon.registry.get_sample_value(name, labels)

    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        ada.says("a text")
        await town.said("In the queue")
        await town.hexagon.run_all()
        await town.all_handled()
        await eventually(lambda: counted("augury_telegram_results_total"), "the delivery")

    assert counted("augury_predictions_accepted_total") == 1
    assert counted("augury_submit_flight_size_count") == 1
    assert counted("augury_telegram_updates_total", outcome="handled") == 2
    assert counted("augury_telegram_updates_total", outcome="given_up") == 0


@pytest.mark.parametrize(
    ("language", "unknown", "known"),
    [
        (
            "en",
            "In the queue, 1 credit reserved.\nAhead of it: 3.",
            "Ahead of it: 3. It should start in about 3 s, most likely within 6 s.",
        ),
        (
            "ru",
            "В очереди, зарезервирован 1 кредит.\nВпереди: 3.",
            "Впереди: 3. Начнётся примерно через 3 с, почти наверняка не позже чем через 6 с.",
        ),
    ],
)
async def test_the_message_tells_the_place_in_the_queue(
    town: Town, language: str, unknown: str, known: str
) -> None:
    hexagon, now = town.hexagon, 0.0
    hexagon.places._now = lambda: now
    other = await hexagon.user(credits=3)
    ahead = [await hexagon.request_prediction(other.id) for _ in range(3)]
    hexagon.backlog.waiting = 3
    await hexagon.places.look()
    async with town.bot():
        ada = town.person(language=language)
        ada.says("hi")
        await town.said(unknown)
        await hexagon.run_predictions([ahead[0].id])
        now = 1.0
        await hexagon.places.look()
        ada.says("hi again")
        await town.said(known)


@pytest.mark.parametrize(("language", "words"), [("en", "This text is too long"), ("ru", "слишком длинный")])
async def test_a_value_that_is_too_long_is_refused_where_it_is_asked_for(
    telegram: TelegramServer, language: str, words: str
) -> None:
    town = Town(Hexagon(Limits(max_text=10)), telegram)
    features = (Feature("complaint", FeatureKind.TEXT), Feature("age", FeatureKind.NUMERIC))
    model = a_model("tone", features=features)
    town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        ada = town.person(language=language)
        ada.says("/predict")
        first = await town.said("complaint")
        ada.says("far more than ten characters")
        refused = await town.said(words, after=first.message_id)
        assert "complaint" in (await town.said("complaint", after=refused.message_id)).text
        ada.says("slow")
        await town.said("age")
