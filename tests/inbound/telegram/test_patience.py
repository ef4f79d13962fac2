"""The waits that Telegram asks for, and the meaning of broken answers."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import GetMe, TelegramMethod

from augury.inbound.telegram import client
from augury.inbound.telegram.client import MOST_WAITING, Patience
from augury.inbound.telegram.receiving import GetRawUpdates

METHOD = GetMe()
DECODING = ValueError("not JSON")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The length of each wait, in seconds. Nothing really waits."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(client, "asyncio", SimpleNamespace(sleep=sleep))
    return waits


async def asked(*answers: Exception | str, method: TelegramMethod[Any] = METHOD) -> tuple[object, int]:
    """The result of a call that gets these answers, the last one repeatedly, and the number of calls."""
    calls = 0

    async def make_request(bot: Bot, method: TelegramMethod[Any]) -> Any:
        nonlocal calls
        answer = answers[min(calls, len(answers) - 1)]
        calls += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    bot = Bot("42:a")
    try:
        return await Patience()(make_request, bot, method), calls
    except Exception as error:
        return error, calls


async def test_a_call_waits_for_as_long_as_telegram_asks(slept: list[float]) -> None:
    answer, calls = await asked(TelegramRetryAfter(METHOD, "Too Many Requests", 7), "yes")
    assert (answer, calls) == ("yes", 2)
    [wait] = slept
    assert 7 <= wait < 8


@pytest.mark.parametrize(
    "trouble",
    [
        TelegramServerError(METHOD, "Internal Server Error"),
        TelegramNetworkError(METHOD, "connection reset"),
        ClientDecodeError("Failed to decode object", DECODING, "<html>502 Bad Gateway</html>"),
    ],
)
async def test_what_passes_is_tried_again_for_a_minute_at_the_most(
    trouble: Exception, slept: list[float]
) -> None:
    assert await asked(trouble, trouble, "yes") == ("yes", 3)
    slept.clear()
    error, calls = await asked(trouble)
    assert isinstance(error, (TelegramServerError, TelegramNetworkError))
    assert calls == len(slept) + 1 > 5
    assert sum(slept) <= MOST_WAITING


@pytest.mark.parametrize(
    "refusal",
    [
        TelegramBadRequest(METHOD, "chat not found"),
        TelegramEntityTooLarge(METHOD, "Request Entity Too Large"),
        ClientDecodeError("Failed to deserialize object", DECODING, {"ok": True}),
    ],
)
async def test_what_would_be_refused_or_done_again_is_not_tried_again(
    refusal: Exception, slept: list[float]
) -> None:
    assert await asked(refusal, "yes") == (refusal, 1)
    assert not slept


async def test_a_poll_has_a_rhythm_of_its_own(slept: list[float]) -> None:
    trouble = ClientDecodeError("Failed to decode object", DECODING, "<html>")
    error, calls = await asked(trouble, method=GetRawUpdates())
    assert isinstance(error, TelegramServerError)
    assert (calls, slept) == (1, [])
