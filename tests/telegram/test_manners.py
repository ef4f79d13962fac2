"""How the bot behaves: floods, blocked bots, double deliveries, webhooks, Telegram's own troubles."""

from pathlib import Path

import httpx
from asyncpg import Pool

from tests.processes import environment, eventually, free_port, run, started
from tests.telegram.conftest import BotService
from tests.telegram.server import TelegramServer
from tests.telegram.test_dialogue import newest


def test_updates_come_over_a_webhook_from_those_who_know_its_secret_and_twice_is_once(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    port = free_port()
    via = f"http://127.0.0.1:{port}/telegram/webhook"
    service.settings |= {
        "telegram_webhook_url": "https://augury.example/telegram/webhook",
        "telegram_webhook_port": port,
        "telegram_messages_per_minute": 4,
    }
    telegram.behind(via)
    telegram.repeats = 1
    service.worker()
    service.bot()
    eventually(lambda: telegram.webhook, what="setWebhook")
    forged = {"update_id": 1, "message": {"chat": {"id": 7}}}
    assert httpx.post(via, json=forged).status_code == 401
    wrong = {"X-Telegram-Bot-Api-Secret-Token": "a guess"}
    assert httpx.post(via, json=forged, headers=wrong).status_code == 401

    ada = telegram.person(7)
    asked = [ada.says("good day") for _ in range(7)]
    newest(telegram, "6 left")
    newest(telegram, "That is a lot at once")
    eventually(lambda: telegram.all_delivered, what="the second delivery")

    assert [len(telegram.answers(7, each)) for each in asked] == [1] * 4 + [0] * 3
    assert len([each for each in telegram.to(7) if "That is a lot" in each.text]) == 1
    assert not service.deviations()


def test_a_person_who_blocks_the_bot_is_left_in_peace_and_charged_once(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.bot()
    ada, bob = telegram.person(7), telegram.person(8, "ru")
    ada.says("good day")
    newest(telegram, "In the queue")
    ada.blocks()
    service.worker()

    async def open_notices(pool: Pool) -> int:
        return int(await pool.fetchval("SELECT count(*) FROM notices"))

    eventually(lambda: service.with_pool(open_notices) == 0, what="the end of the notice")
    calls = len(telegram.called("editMessageText"))
    bob.says("/balance")
    eventually(lambda: any("У вас" in each.text for each in telegram.to(8)), what="an answer for Bob")
    assert len(telegram.called("editMessageText")) == calls

    ada.unblocks()
    ada.says("/history")
    assert "tone@1" in newest(telegram, "newest first").text
    assert not service.deviations()


def test_without_a_token_the_bot_says_so_once_and_is_healthy(tmp_path: Path) -> None:
    port = free_port()
    with started("bot", env=environment(health_port=port), log=tmp_path / "bot.log") as bot:

        def healthy() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
            except httpx.TransportError:
                return False

        eventually(healthy, what="its health")
        assert bot.output.count("AUGURY_TELEGRAM_TOKEN is not set") == 1
        assert bot.stop() == 0


def test_a_wrong_token_is_refused_in_one_line() -> None:
    refused = run("bot", env=environment(telegram_token="secret"))
    assert refused.returncode == 1
    assert "TELEGRAM_TOKEN" in refused.stderr
    assert "secret" not in refused.stderr
