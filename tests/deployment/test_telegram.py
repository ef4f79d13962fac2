"""The bot in its container, with a token: it uses a Bot API server on the engine's machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from tests.deployment.project import SELDOM, Project, docker
from tests.deployment.test_faults import healthy_again, kill_process_in
from tests.processes import eventually
from tests.telegram.server import TOKEN, TelegramServer

WEBHOOK = "https://augury.example/telegram/webhook"
GLAD = "thank you, everything works perfectly"
"""A text of which the starter model is sure."""


@pytest.fixture(scope="module")
def telegram(project: Project) -> Iterator[TelegramServer]:
    """One server for all tests, because update ids must not start again: handled ids are ignored. It listens
    on the machine's address in the bot's network.
    """
    gateway = "{{(index .IPAM.Config 0).Gateway}}"
    address = docker("network", "inspect", "--format", gateway, f"{project.name}_edge").strip()
    before = dict(project.settings)
    project.settings |= {"AUGURY_TELEGRAM_TOKEN": TOKEN, "BOT_ENV_FILE": "docker/bot/.env"}
    with TelegramServer(address) as server:
        yield server
    project.settings = before  # after the next `up`, the bot has no token


def serve(project: Project, telegram: TelegramServer, *options: str, **settings: str) -> None:
    """Start the bot with a token and these settings, given as docs/operation.md says."""
    own = project.folder / "docker/bot/.env"
    lines = [(project.folder / "docker/bot/.env.example").read_text()]
    lines += [f"{name}={value}" for name, value in settings.items()]
    lines.append(f"AUGURY_TELEGRAM_API_URL={telegram.url}\n")
    own.write_text("\n".join(lines))
    project.up("--no-deps", *options, "telegram-bot")


@contextmanager
def logs_if_it_fails(project: Project) -> Iterator[None]:
    try:
        yield
    except AssertionError:
        print("\n".join(project.logs("telegram-bot")[-50:]))  # pytest shows it if a test fails
        print("\n".join(project.logs("nginx")[-20:]))
        raise


def answered(telegram: TelegramServer, chat_id: int, message_id: int) -> str:
    """The text of the message that answers this one, once it is the result."""

    def found() -> str | None:
        return next((each.text for each in telegram.answers(chat_id, message_id) if "✅" in each.text), None)

    text = eventually(found, 120, "an answer in the chat")
    assert isinstance(text, str)
    return text


def serving(project: Project) -> list[str]:
    """The containers whose process is the bot."""
    lines = {each: docker("logs", each) for each in project.containers("telegram-bot")}
    return [each for each, log in lines.items() if "the bot is @" in log]


def test_a_text_is_answered_by_the_bot_in_its_container(project: Project, telegram: TelegramServer) -> None:
    serve(project, telegram)
    with logs_if_it_fails(project):
        ada = telegram.person(7, "ru")
        ada.says("/start")
        asked = ada.says("Отличный день, всё получилось!")
        answer = answered(telegram, ada.id, asked)
        assert any(label in answer for label in ("отрицательный", "нейтральный", "положительный"))
        assert "1 кредит · осталось 9" in answer
        (container,) = project.containers("telegram-bot")
        eventually(lambda: project.is_healthy(container), 60, "its health for the engine", every=SELDOM)
        logged = project.logs("telegram-bot")
        assert any("the bot is @" in msgspec.json.decode(line)["message"] for line in logged)
        assert TOKEN not in "\n".join(logged)
    project.books_verify()


def test_of_two_bots_one_serves_and_the_other_takes_over_when_that_dies(
    project: Project, telegram: TelegramServer
) -> None:
    serve(project, telegram, "--scale", "telegram-bot=2")
    with logs_if_it_fails(project):
        assert len(project.containers("telegram-bot")) == 2
        ada = telegram.person(8)
        answered(telegram, ada.id, ada.says(GLAD))
        (first,) = serving(project)

        kill_process_in(first)
        assert "8 left" in answered(telegram, ada.id, ada.says(GLAD))
        healthy_again(project, first)
        assert len(project.containers("telegram-bot")) == 2
    project.books_verify()


def test_what_nginx_hands_to_the_webhook_is_answered_whichever_of_two_bots_serves(
    project: Project, telegram: TelegramServer
) -> None:
    serve(project, telegram, "--scale", "telegram-bot=2", AUGURY_TELEGRAM_WEBHOOK_URL=WEBHOOK)
    with logs_if_it_fails(project):
        telegram.behind(f"{project.url}/telegram/webhook")
        eventually(lambda: telegram.webhook == WEBHOOK, 120, "setWebhook")
        ada = telegram.person(9)
        for left in (9, 8, 7):
            assert f"{left} left" in answered(telegram, ada.id, ada.says(GLAD))
    project.books_verify()
