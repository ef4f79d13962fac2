"""`/start`, a text, the message that becomes the result: the bot, a worker, PostgreSQL and RabbitMQ as
processes."""

import pytest

from tests.processes import eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import TelegramServer


@pytest.mark.parametrize(
    ("language", "hello", "waiting", "left"),
    [
        ("en", "You have 10 credits", "In the queue, 1 credit set aside", "1 credit · 9 left"),
        ("ru", "У вас 10 кредитов", "В очереди, отложен 1 кредит", "1 кредит · осталось 9"),
    ],
)
def test_a_text_is_answered_by_a_message_that_becomes_the_result(
    service: BotService, telegram: TelegramServer, language: str, hello: str, waiting: str, left: str
) -> None:
    service.augury("model", "train")
    service.worker()
    service.bot()
    ada = telegram.person(7, language)

    ada.says("/start")
    eventually(lambda: any(hello in each.text for each in telegram.to(7)), what="a greeting")
    asked = ada.says("Отличный сервис, <b>спасибо</b> & всё")
    eventually(lambda: any(left in each.text for each in telegram.answers(7, asked)), what="a result")

    [answer] = telegram.answers(7, asked)
    assert waiting in answer.versions[0]
    assert "positive" in answer.text
    assert "█" in answer.text
    assert not answer.buttons
