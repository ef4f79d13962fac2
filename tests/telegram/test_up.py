"""`augury up` runs the bot in its own process when it has a token; no broker is needed."""

from pathlib import Path

from tests.processes import eventually, started
from tests.telegram.conftest import BotService
from tests.telegram.server import TOKEN, TelegramServer


def test_up_with_a_token_serves_people_in_telegram_too(
    service: BotService, telegram: TelegramServer, tmp_path: Path
) -> None:
    service.has("tone")
    env = {name: value for name, value in service.env.items() if name != "AUGURY_RABBITMQ_URL"}
    with started("up", "--data", str(tmp_path / "data"), env=env, log=tmp_path / "up.log") as up:
        ada = telegram.person(7)
        asked = ada.says("good day")
        eventually(lambda: any("9 left" in each.text for each in telegram.answers(7, asked)), within=60)
        assert up.stop() == 0
        assert TOKEN not in up.output
    assert not service.deviations()
