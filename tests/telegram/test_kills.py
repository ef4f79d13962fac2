"""A bot that is killed again and again: everybody is answered, nobody is charged twice."""

import logging
import random
from collections import defaultdict

from asyncpg import Pool

from tests.processes import eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import Sent, TelegramServer

CHATS, EACH, KILLS = 20, 5, 3
log = logging.getLogger(__name__)


def test_100_predictions_of_20_chats_are_answered_though_the_bot_is_killed_three_times(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
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
    assert not service.deviations()


def wait_for_messages(telegram: TelegramServer, enough: int) -> None:
    eventually(lambda: len(telegram.sent) >= enough, what=f"{enough} messages")


def answered(telegram: TelegramServer, chat: int, message: int) -> bool:
    return any("✅" in each.text for each in telegram.answers(chat, message))


def first_replies_in_order(sent: list[Sent], messages: list[int]) -> bool:
    """Whether the messages were first replied to in the order in which they were sent."""
    return list(dict.fromkeys(each.reply_to for each in sent if each.reply_to)) == messages
