"""A dialogue that asks for several features, one after the other, with a restart of the bot in the middle."""

from tests.processes import STARTS_WITHIN, eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import Sent, TelegramServer


def newest(telegram: TelegramServer, words: str, after: int = 0, *, chat_id: int = 7) -> Sent:
    """The bot's newest message with these words. Waits for it."""

    def found() -> Sent | None:
        return next(
            (
                each
                for each in reversed(telegram.to(chat_id))
                if words in each.text and each.message_id > after
            ),
            None,
        )

    sent: Sent = eventually(found, STARTS_WITHIN, f"“{words}”")  # the first one also waits for the process
    return sent


def test_a_dialogue_goes_on_after_a_restart_through_mistakes_and_back(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.has("mixed", price=2)
    service.worker()
    bot = service.bot()
    ada = telegram.person(7)

    ada.says("/models")
    ada.presses(newest(telegram, "choose yours"), "mixed")
    newest(telegram, "Your model is now mixed")
    ada.says("good day")
    newest(telegram, "mixed needs 3 values")

    began = ada.says("/predict")
    assert "mixed, 2 credits for this prediction" in newest(telegram, "Question 1 of 3: age").text
    wrong = ada.says("old")
    newest(telegram, "“old” is not a number", after=wrong)
    newest(telegram, "Question 1 of 3: age", after=wrong)
    ada.says("33,5")
    city = newest(telegram, "Question 2 of 3: city")
    ada.presses(city, "Oslo")
    text = newest(telegram, "Question 3 of 3: text")

    bot.kill()
    ada.presses(text, "Back")
    service.bot()
    again = newest(telegram, "Question 2 of 3: city", after=text.message_id)
    ada.presses(again, "Paris")
    newest(telegram, "Question 3 of 3: text", after=again.message_id)
    ada.says("good day")

    eventually(lambda: any("8 left" in each.text for each in telegram.answers(7, began)), what="a result")
    [answer] = telegram.answers(7, began)
    assert "2 credits reserved" in answer.versions[0]
    assert "✅ 1" in answer.text
    stale = ada.says("/balance")
    ada.presses(text, "Back")
    newest(telegram, "This button is from an earlier question", after=stale)
    assert "8 credits" in newest(telegram, "You have 8").text
    assert not service.deviations()


def test_a_dialogue_can_be_left(service: BotService, telegram: TelegramServer) -> None:
    service.has("mixed", price=2)
    service.settings["default_model"] = "mixed"
    service.bot()
    ada = telegram.person(7)

    ada.says("/predict")
    ada.presses(newest(telegram, "Question 1 of 3"), "Cancel")

    newest(telegram, "All right, canceled")
    said = ada.says("33")
    newest(telegram, "mixed needs 3 values", after=said)
