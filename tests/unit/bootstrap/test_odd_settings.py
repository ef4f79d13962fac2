"""Every setting with odd values: it is refused in one line that names it, or it is taken."""

import dataclasses
from collections.abc import Mapping

import pytest

from augury.application.limits import Limits
from augury.bootstrap.config import MOST, SettingError, read, variable
from augury.inbound.telegram.settings import TelegramSettings
from augury.outbound.postgres.settings import PostgresSettings
from tests.reference_pages import ROOMS

REQUIRED = {
    "AUGURY_DATABASE_URL": "postgresql://user@host/database",
    "AUGURY_RABBITMQ_URL": "amqp://user@host/",
    "AUGURY_SECRET_KEY": "k" * 32,
}
ODD = (
    *("-1", "0", "nan", "inf", "1e400", "1.5", "abc", " ", "1,2", "a@b@c", "x" * 5_000, "9" * 30),
    *("9" * 5_000, "\udcff", "a\x00b", "a\nb", str(MOST)),
)
ROOM = [settings for room in ROOMS.values() for settings in room]


@pytest.mark.parametrize("settings", ROOM, ids=lambda settings: settings.__name__)
def test_an_odd_value_is_refused_in_one_line_that_names_its_variable(settings: type) -> None:
    for field in dataclasses.fields(settings):
        name = variable(settings, field.name)
        for value in ODD:
            try:
                read(settings, REQUIRED | {name: value})
            except SettingError as error:
                line = str(error)
                assert name in line, (name, value[:20], line)
                assert len(line.splitlines()) == 1, (name, value[:20], line)
                assert len(line) < 500, (name, value[:20])


@pytest.mark.parametrize(
    ("settings", "environ", "line"),
    [
        (Limits, {"AUGURY_MAX_ROWS": "9" * 30}, "must be a whole number from 0 to"),
        (Limits, {"AUGURY_DEFAULT_MODEL": "My model"}, "must be a model's name, such as tone"),
        (Limits, {"AUGURY_DEFAULT_MODEL": "tone@x"}, "must be a model's name, such as tone"),
        (PostgresSettings, {"AUGURY_DATABASE_POOL_SIZE": "1000000000"}, "must be at most 10000"),
        (PostgresSettings, {"AUGURY_DATABASE_STATEMENT_TIMEOUT": "99999999"}, "must be at most 2073600"),
        (TelegramSettings, {"AUGURY_TELEGRAM_API_URL": "telegram.example.org"}, "must begin with https://"),
        (TelegramSettings, {"AUGURY_TELEGRAM_SUPPORT": "\udcff"}, "is not text in UTF-8"),
    ],
)
def test_a_value_that_nothing_could_work_with_is_refused_at_the_start(
    settings: type, environ: Mapping[str, str], line: str
) -> None:
    with pytest.raises(SettingError) as refused:
        read(settings, REQUIRED | dict(environ))

    assert line in str(refused.value)
    assert next(iter(environ)) in str(refused.value)


def test_a_model_of_one_version_may_be_the_default() -> None:
    assert read(Limits, {"AUGURY_DEFAULT_MODEL": "churn@2"}).default_model == "churn@2"
