"""How the bot behaves: floods, blocked bots, double deliveries, webhooks, Telegram's own troubles."""

import re
from functools import partial
from pathlib import Path

import httpx
from asyncpg import Pool

from tests.processes import STARTS_WITHIN, Process, environment, eventually, free_port, run, started
from tests.telegram.conftest import BotService
from tests.telegram.server import TelegramServer
from tests.telegram.test_dialogue import newest

STOPS_WITHIN = 10
"""Seconds after which a service is killed at a stop."""


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
    newest(telegram, "Too many messages")
    eventually(lambda: telegram.all_delivered, what="the second delivery")

    assert [len(telegram.answers(7, each)) for each in asked] == [1] * 4 + [0] * 3
    assert len([each for each in telegram.to(7) if "Too many messages" in each.text]) == 1
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
    bob.says("/balance")
    eventually(lambda: any("У вас" in each.text for each in telegram.to(8)), what="an answer for Bob")
    assert sum(body.get("chat_id") == 7 for _, body, _ in telegram.refused) <= 1  # the call that notices it

    ada.unblocks()
    ada.says("/history")
    assert "tone@1" in newest(telegram, "newest first").text
    assert not service.deviations()


def test_a_second_process_waits_healthy_and_takes_over_from_one_that_is_killed(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.worker()
    first = service.bot()
    eventually(lambda: "the bot is @" in first.output, STARTS_WITHIN, "the first bot")
    service.settings["health_port"] = port = free_port()
    second = service.bot()
    eventually(lambda: "another process is the bot already" in second.output, STARTS_WITHIN, "its wait")
    ada = telegram.person(7)
    for left in (9, 8):
        ada.says("good day")
        newest(telegram, f"{left} left")
    assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
    assert not [why for method, _, why in telegram.refused if method == "getUpdates"]

    first.kill()
    ada.says("good day")
    newest(telegram, "7 left")
    assert second.output.count("another process is the bot already") == 1
    assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
    counted = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert "\naugury_predictions_accepted_total 1.0\n" in counted
    assert "\nprocess_cpu_seconds_total " in counted
    assert second.stop() == 0
    assert not service.deviations()


def test_a_bot_that_lost_its_database_goes_on_when_that_is_back(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.worker()
    bot = service.bot()
    ada = telegram.person(7)
    ada.says("good day")
    newest(telegram, "9 left")

    async def end_all_sessions(pool: Pool) -> None:
        await pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    service.with_pool(end_all_sessions)
    ada.says("good day")
    newest(telegram, "8 left")
    assert bot.popen.poll() is None
    assert not service.deviations()


def waits_for_telegram(bot: Process, method: str) -> bool:
    return re.search(rf"{method} waits .*timeout", bot.output) is not None


def test_a_bot_that_is_stopped_while_telegram_is_silent_ends_and_answers_after_the_next_start(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.worker()
    service.settings["telegram_request_timeout"] = 1
    bot = service.bot()
    ada = telegram.person(7)
    telegram.hang("editMessageText", 60, times=1000)
    asked = ada.says("good day")
    newest(telegram, "In the queue")
    telegram.hang("sendMessage", 60, times=1000)
    said = ada.says("/balance")
    for method in ("EditMessageText", "SendMessage"):  # a result and an answer, both being sent
        eventually(partial(waits_for_telegram, bot, method), what=f"the timeout of {method}")
    telegram.hang("getUpdates", 60, times=1000)

    assert bot.stop(within=STOPS_WITHIN) == 0

    telegram.calm()
    service.bot()
    newest(telegram, "You have 9 credits", after=said)
    newest(telegram, "9 left")
    assert len(telegram.answers(7, asked)) == 1
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


def test_one_connection_is_too_few_for_a_bot_and_that_is_said_in_one_line(
    service: BotService, telegram: TelegramServer
) -> None:
    refused = run("bot", env=service.env | {"AUGURY_DATABASE_POOL_SIZE": "1"})
    assert refused.returncode == 1
    assert "AUGURY_DATABASE_POOL_SIZE must be at least 2" in refused.stderr.splitlines()[-1]
    assert not telegram.calls


def test_a_wrong_token_is_refused_in_one_line() -> None:
    refused = run("bot", env=environment(telegram_token="secret"))
    assert refused.returncode == 1
    assert "TELEGRAM_TOKEN" in refused.stderr
    assert "secret" not in refused.stderr
