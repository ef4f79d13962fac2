"""`/start`, a text, the message that becomes the result: the bot, a worker, PostgreSQL and RabbitMQ as
processes."""

from tests.processes import STARTS_WITHIN, eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import TelegramServer

WORDS = {
    "en": ("You have 10 credits", "In the queue, 1 credit reserved", "1 credit · 9 left"),
    "ru": ("У вас 10 кредитов", "В очереди, зарезервирован 1 кредит", "1 кредит · осталось 9"),
}


def test_a_text_is_answered_by_a_message_that_becomes_the_result_in_russian_and_in_english(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.worker()
    service.bot()
    people = {language: telegram.person(number, language) for number, language in ((7, "en"), (8, "ru"))}

    for language, person in people.items():
        greeting, waiting, left = WORDS[language]
        person.says("/start")
        wait_for(telegram, person.id, greeting)
        telegram.hang("sendMessage", 0.1)
        telegram.garble("sendMessage", 502, "<html>Bad Gateway</html>")
        asked = person.says("<b>good day</b> & всё")
        wait_for(telegram, person.id, left)

        [answer] = telegram.answers(person.id, asked)
        assert waiting in answer.versions[0]
        assert any(label in answer.text for label in ("positive", "neutral", "negative"))
        assert "█" in answer.text
        assert not answer.buttons
    assert {each["language_code"] for each in telegram.called("setMyCommands") if "language_code" in each}
    assert not service.deviations()


def wait_for(telegram: TelegramServer, chat_id: int, words: str) -> None:
    eventually(lambda: any(words in each.text for each in telegram.to(chat_id)), STARTS_WITHIN, f"“{words}”")
