"""The person's account, over memory: keyboard, language, history, models, promo code."""

import pytest

from augury.application.chats.ports.chats import Chat
from augury.domain.balance import Balance
from augury.domain.feature import Feature, FeatureKind
from tests.hexagon import a_model
from tests.inbound.telegram.conftest import CHAT, Town

BUTTONS = {
    "en": {
        "💳 Balance": "You have 10 credits",
        "📜 History": "No predictions yet",
        "🧠 Models": "choose yours",
        "⭐ Top up": "Buy credits with Telegram Stars",
        "❓ Help": "What I can do",
        "🔮 Predict": "Question 1 of 1: text",
    },
    "ru": {
        "💳 Баланс": "У вас 10 кредитов",
        "📜 История": "Предсказаний пока нет",
        "🧠 Модели": "выберите свою",
        "⭐ Пополнить": "Купите кредиты за Telegram Stars",
        "❓ Помощь": "Что я умею",
        "🔮 Предсказать": "Вопрос 1 из 1: text",
    },
}


async def chat_of(town: Town) -> Chat:
    chat = await town.hexagon.chats.get(CHAT)
    assert chat is not None
    return chat


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_who_begins_is_greeted_with_a_keyboard_and_every_button_does_something(
    town: Town, language: str
) -> None:
    async with town.bot():
        ada = town.person(language=language)
        ada.says("/start")
        greeting = await town.said("10 кредитов" if language == "ru" else "10 credits")
        assert {label for row in greeting.keyboard for label in row} == set(BUTTONS[language])
        for label, words in BUTTONS[language].items():
            pressed = ada.says(label)
            await town.said(words, after=pressed)


async def test_a_chosen_language_is_spoken_from_then_on_and_the_old_keyboard_still_works(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/language")
        ada.presses(await town.said("Язык?"), "Русский")
        chosen = await town.said("Теперь я говорю по-русски")
        assert any("💳 Баланс" in row for row in chosen.keyboard)
        pressed = ada.says("💳 Balance")
        await town.said("У вас 10 кредитов", after=pressed)
        assert (await chat_of(town)).language == "ru"


async def test_the_history_is_turned_page_by_page(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        user_id = (await chat_of(town)).user_id
        await town.hexagon.top_up(user_id=user_id, amount=20)
        for _ in range(18):
            await town.hexagon.request_prediction(user_id)
        await town.hexagon.run_all()
        await town.hexagon.request_prediction(user_id, [{"text": "a"}, {"text": "b"}])

        ada.says("/history")
        page = await town.said("newest first")
        assert page.text.count("tone@1") == 8
        assert "2 rows" in page.text
        assert page.text.count("✅") == 7
        for _ in range(2):
            ada.presses(page, "older")
            await town.all_handled()
        assert page.text.count("tone@1") == 3
        assert [[each["text"] for each in row] for row in page.buttons] == [["⏮ newest"]]
        ada.presses(page, "newest")
        await town.all_handled()
        assert page.text.count("tone@1") == 8


@pytest.mark.parametrize(
    ("language", "credits", "words"),
    [
        ("en", 1, "1 credit refunded"),
        ("en", 2, "2 credits refunded"),
        ("ru", 1, "возвращён 1 кредит"),
        ("ru", 3, "возвращены 3 кредита"),
        ("ru", 5, "возвращено 5 кредитов"),
    ],
)
async def test_the_history_shows_what_was_refunded(
    town: Town, language: str, credits: int, words: str
) -> None:
    async with town.bot():
        ada = town.person(language=language)
        ada.says("/start")
        await town.all_handled()
        user_id = (await chat_of(town)).user_id
        refunded = await town.hexagon.request_prediction(user_id, [{"text": "a"}] * 5)
        await town.hexagon.request_prediction(user_id)
        await town.hexagon.run_all()
        await town.hexagon.refund_prediction(prediction_id=refunded.id, amount=credits)
        ada.says("/history")
        page = await town.said("tone@1")
        assert [line.endswith(f" · {words}") for line in page.text.splitlines()] == [False, False, True]


async def test_every_model_can_be_chosen_however_many_there_are_and_however_long_their_names(
    town: Town,
) -> None:
    longest = "z" * 63
    features = [
        Feature(f"a feature with a long name, number {number}", FeatureKind.TEXT) for number in range(9)
    ]
    for name in [longest, *(f"model-{number:02}-" + "x" * 50 for number in range(24))]:
        model = a_model(name, row_price=1_000_000, features=features)
        town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        ada = town.person(language="ru")
        ada.says("/models")
        page = await town.said("выберите свою")
        for _ in range(2):
            ada.presses(page, "ещё")
            await town.all_handled()
        assert longest in page.text
        ada.presses(page, "zzz")
        await town.said(f"Теперь ваша модель — {longest}")
        assert (await chat_of(town)).model == longest
        assert not [each for each in town.telegram.refused if each[0] != "getUpdates"]


async def test_a_page_of_models_that_is_no_more_is_the_first_one(town: Town) -> None:
    for number in range(10):
        model = a_model(f"model-{number}")
        town.hexagon.memory.state.models[model.ref] = model
    async with town.bot():
        ada = town.person()
        ada.says("/models")
        page = await town.said("choose yours")
        del town.hexagon.memory.state.models[town.hexagon.model.ref]
        ada.presses(page, "more")
        await town.all_handled()
        assert page.text.count("model-") == 10
        assert page.button("model-9")


async def test_a_promo_code_is_redeemed_once_though_it_is_delivered_twice(town: Town) -> None:
    await town.hexagon.create_promo_code(code="SPRING", credits=5, limit=10, expires_in=None)
    town.telegram.repeats = 1
    async with town.bot():
        ada = town.person()
        ada.says("/redeem")
        await town.said("Send /redeem and the code")
        sent = ada.says("/redeem spring")
        await town.said("you now have 15")
        again = ada.says("/redeem SPRING")
        await town.said("You have already redeemed this code", after=again)
        ada.says("/redeem OTHER")
        await town.said("This code does not exist")
        await town.all_handled()
    user_id = (await chat_of(town)).user_id
    assert (user_id, f"telegram:{CHAT}:{sent}") in town.hexagon.memory.state.idempotency_keys
    assert (await town.hexagon.balance_of(user_id)).available == 15


async def test_a_promo_code_that_settles_a_debt_says_what_is_still_owed(town: Town) -> None:
    await town.hexagon.create_promo_code(code="SPRING", credits=5, limit=10, expires_in=None)
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        user_id = (await chat_of(town)).user_id
        town.hexagon.memory.state.balances[user_id] = Balance(user_id, debt=7)
        ada.says("/redeem SPRING")
        await town.said("you now have 0 credits. It settled a part of your debt: you still owe 2 credits.")


@pytest.mark.parametrize(
    ("support", "words"),
    [("@ada", "Questions about a payment: @ada"), ("", "write to the operator of this bot")],
)
async def test_whom_to_ask_about_a_payment_is_said(town: Town, support: str, words: str) -> None:
    async with town.bot(support=support):
        town.person().says("/paysupport")
        await town.said(words)


async def test_what_is_no_text_and_no_file_and_no_command_is_answered_all_the_same(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.sends_a_photo()
        await town.said("I understand texts and CSV files")
        ada.says("/nonsense")
        await town.said("I do not know this command")
        ada.says("/cancel")
        await town.said("Nothing to cancel")
        ada.clicks(1, "a-button-of-long-ago")
        await town.said("This button is from an earlier question")
        await town.all_handled()
        assert len(town.telegram.called("answerCallbackQuery")) == 1


async def test_groups_are_passed_over(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("good day", chat={"id": -100, "type": "supergroup", "title": "us"})
        ada.says("/balance")
        await town.said("You have 10 credits")
        await town.all_handled()
    assert [each.chat_id for each in town.telegram.sent] == [CHAT]
    assert not town.hexagon.queue.take()


async def test_a_blocked_person_is_told_so_and_still_gets_what_is_under_way(town: Town) -> None:
    async with town.bot():
        ada = town.person()
        ada.says("/start")
        await town.said("Hello!")
        ada.says("a text")
        await town.said("In the queue")
        user_id = (await chat_of(town)).user_id

        await town.hexagon.block_user(user_id=user_id, by=None)
        sent = ada.says("another text")
        await town.said("This account is blocked", after=sent)
        sent = ada.says("/balance")
        await town.said("This account is blocked", after=sent)
        for asked in ("/paysupport", "/paysupport@augury_test_bot", "/paysupport where is my payment?"):
            sent = ada.says(asked)
            await town.said("For a refund, please write to the operator", after=sent)
        await town.hexagon.run_all()
        await town.said("short")
        assert (await town.hexagon.balance_of(user_id)).available == 9

        await town.hexagon.unblock_user(user_id=user_id)
        sent = ada.says("/balance")
        await town.said("9", after=sent)
