"""A bot that is killed again and again: everybody is answered, nobody is charged twice."""

import logging
import random
from collections import defaultdict

from asyncpg import Pool

from tests.processes import Process, eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import Person, Sent, TelegramServer

CHATS, EACH, KILLS = 20, 5, 3
ROWS = 500
log = logging.getLogger(__name__)


def test_100_predictions_of_20_chats_are_answered_though_the_bot_is_killed_three_times(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.settings["telegram_welcome_credits"] = 1_000
    service.worker()
    people = [telegram.person(100 + number, "ru" if number % 2 else "en") for number in range(CHATS)]
    asked: dict[int, list[int]] = defaultdict(list)
    telegram.fail("sendMessage", 429, "Too Many Requests: retry after 1", times=2, retry_after=1)
    telegram.fail("sendMessage", 502, "Bad Gateway", times=2)
    telegram.fail("editMessageText", 500, times=2)

    bot = service.bot()
    for wave in range(EACH):
        for person in people:
            asked[person.id].append(person.says(f"good day number {wave}"))
        if wave < KILLS:
            wait_for_messages(telegram, (wave + 1) * CHATS * 2 // 5 + random.Random(wave).randrange(8))
            bot.kill()
            bot = service.bot()
    eventually(
        lambda: all(answered(telegram, chat, each) for chat in asked for each in asked[chat]),
        within=90,
        what="an answer to everyone",
    )

    for chat, messages in asked.items():
        assert first_replies_in_order(telegram.to(chat), messages)
    placeholders = len(telegram.sent)
    log.warning("%d placeholders for %d messages", placeholders, CHATS * EACH)
    assert placeholders <= CHATS * EACH + KILLS * CHATS  # one chat handles one message at a time
    for chat, messages in asked.items():
        for message in messages:  # a message that a kill repeated may stay, but beside a result
            results = [each for each in telegram.answers(chat, message) if "✅" in each.text]
            assert len(results) == 1

    async def charges_and_notices(pool: Pool) -> tuple[list[int], int]:
        charges = await pool.fetch("SELECT count(*) FROM transfers WHERE kind = 'capture' GROUP BY user_id")
        return [row[0] for row in charges], await pool.fetchval("SELECT count(*) FROM notices")

    def all_told() -> bool:
        return service.with_pool(charges_and_notices)[1] == 0

    eventually(all_told, what="the end of all notices")
    assert service.with_pool(charges_and_notices)[0] == [EACH] * CHATS
    results_of_a_long_file_arrive_once(service, telegram, people[0], bot)
    assert not service.deviations()


def results_of_a_long_file_arrive_once(
    service: BotService, telegram: TelegramServer, person: Person, bot: Process
) -> None:
    """The bot is killed as soon as the file was accepted, and again while its results are sent."""
    lines = [f"{number},{'good day' if number % 100 else ''}" for number in range(1, ROWS + 1)]
    sent_id = person.sends_file("long.csv", "\n".join(["id,text", *lines]).encode())
    question = eventually(lambda: asked(telegram, person, "500 rows for tone"), 90, "the question")

    telegram.after("answerCallbackQuery", lambda _: bot.kill())
    person.presses(question, "Predict")
    eventually(lambda: bot.popen.poll() is not None, 90, "the first end")
    second = service.bot()
    telegram.after("sendDocument", lambda _: second.kill())
    eventually(lambda: second.popen.poll() is not None, 90, "the second end")
    service.bot()
    eventually(lambda: "500 of 500 rows predicted" in question.text, 90, "the summary")

    names = [each.document[0] for each in telegram.answers(person.id, sent_id) if each.document]
    assert set(names) == {"long-predicted.csv"}
    assert len(names) <= 2  # a kill between Telegram's response and our record of it repeats the file
    assert "500 credits · 495 left" in question.text


def asked(telegram: TelegramServer, person: Person, words: str) -> Sent | None:
    return next((each for each in telegram.to(person.id) if words in each.text), None)


def wait_for_messages(telegram: TelegramServer, enough: int) -> None:
    eventually(lambda: len(telegram.sent) >= enough, what=f"{enough} messages")


def answered(telegram: TelegramServer, chat: int, message: int) -> bool:
    return any("✅" in each.text for each in telegram.answers(chat, message))


def first_replies_in_order(sent: list[Sent], messages: list[int]) -> bool:
    """Whether the messages were first replied to in the order in which they were sent."""
    return list(dict.fromkeys(each.reply_to for each in sent if each.reply_to)) == messages
