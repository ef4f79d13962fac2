"""Deliveries of results, over memory: people who are gone, lost events, and a stop at any moment."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from augury.application.chats.ports.updates import ReceivedUpdate
from augury.application.ports import Unavailable
from augury.inbound.telegram import bot as module
from augury.inbound.telegram import deliverer, lanes
from augury.inbound.telegram.receiving import received
from augury.outbound.memory.inbox import MemoryInbox
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually


async def asked(town: Town) -> None:
    town.person().says("good day")
    await town.said("In the queue")


async def test_updates_whose_numbers_begin_anew_after_a_quiet_week_are_handled(town: Town) -> None:
    async with town.bot(poll_timeout=timedelta(seconds=0)):
        ada = town.person()
        first = ada.says("/balance")
        await town.said("You have 10 credits", after=first)
        await town.all_handled()
        town.telegram.begin_numbers_at(7)
        again = ada.says("/balance")
        await town.said("You have 10 credits", after=again)


async def test_what_another_process_stored_when_its_turn_was_over_is_handled(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_EVERY", 0.05)
    async with town.bot():
        ada = town.person()
        ada.says("/balance")
        first = await town.said("You have 10 credits")
        await town.all_handled()
        message = {"message_id": 99, "date": 0, "chat": ada.chat, "from": ada.user, "text": "/balance"}
        command = [{"type": "bot_command", "offset": 0, "length": 8}]
        update = {"update_id": 5, "message": {**message, "entities": command}}
        assert await town.hexagon.inbox.put([received(update)])
        await town.said("You have 10 credits", after=first.message_id)
        await town.all_handled()
        assert len(town.telegram.to(CHAT)) == 2


async def test_files_whose_storing_was_not_answered_are_asked_about_in_their_order(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, answers = MemoryInbox.put, [False]

    async def put_unanswered(self: MemoryInbox, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        new = await put(self, updates[:1] if answers else updates)
        if answers:
            answers.pop()
            raise Unavailable("the connection broke after the commit")
        return new

    monkeypatch.setattr(MemoryInbox, "put", put_unanswered)
    ada = town.person()
    sent = ada.sends_album({"one.csv": b"text\na\n", "two.csv": b"text\nb\n"})
    async with town.bot():
        questions = [await town.said(f"{name}.csv: 1 row") for name in ("one", "two")]
        await town.all_handled()
    assert [each.reply_to for each in questions] == sent
    assert [each.reply_to for each in town.telegram.to(CHAT)] == sent


async def test_a_chat_that_telegram_lets_wait_takes_the_place_of_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "AT_ONCE", 2)
    async with town.bot():
        ada, bob = town.person(), town.person(8)
        for chat_id, person in ((CHAT, ada), (CHAT, ada), (8, bob)):
            asked = person.says("good day")
            await town.said("In the queue", after=asked, chat_id=chat_id)
        town.telegram.fail("editMessageText", 429, "Too Many Requests: retry after 50", 2, retry_after=50)
        await town.hexagon.run_all()
        await town.said("9 left", chat_id=8)
        memory, clock = town.hexagon.memory, town.hexagon.clock
        await eventually(lambda: all(due > clock.now() for due in memory.state.notices.values()), "the delay")
        assert len(memory.state.notices) == 2
        clock.advance(timedelta(seconds=60))
        await eventually(lambda: not memory.state.notices, "the end of the notices")
    assert [each.text.splitlines()[0] for each in town.telegram.to(CHAT)] == ["✅ short"] * 2


async def test_who_has_blocked_the_bot_is_sent_nothing_and_finds_the_result_in_the_history(
    town: Town,
) -> None:
    async with town.bot():
        await asked(town)
        ada = town.telegram.people[CHAT]
        ada.blocks()
        await town.all_handled()
        await town.hexagon.run_all()
        await eventually(lambda: not town.hexagon.memory.state.notices, "the end of the notice")
        assert not town.telegram.refused  # nothing was even attempted
        ada.unblocks()
        ada.says("/history")
        assert "short" in (await town.said("newest first")).text


async def test_a_chat_that_is_no_more_is_noticed_where_a_result_meets_it(town: Town) -> None:
    async with town.bot():
        await asked(town)
        town.telegram.fail("editMessageText", 400, "Bad Request: chat not found")
        await town.hexagon.run_all()
        await eventually(lambda: not town.hexagon.memory.state.notices, "the end of the notice")
        chat = await town.hexagon.chats.get(CHAT)
        assert chat is not None
        assert chat.gone


async def test_what_meets_nobody_any_more_is_done_and_not_tried_again(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    async with town.bot():
        ada = town.person()
        town.telegram.fail("sendMessage", 400, "Bad Request: chat not found")
        ada.says("/balance")
        await town.all_handled()
        ada.has_blocked = True
        ada.says("/balance")
        await town.all_handled()
    assert len(town.telegram.refused) == 2
    assert "could not be handled" not in caplog.text


async def test_a_result_that_no_event_tells_of_is_found_all_the_same(town: Town) -> None:
    async with town.bot():
        await asked(town)
        town.hexagon.events._listeners.clear()
        await town.hexagon.run_all()
        await town.said("9 left")


async def test_a_result_whose_message_the_person_deleted_is_sent_anew(town: Town) -> None:
    async with town.bot():
        await asked(town)
        [placeholder] = town.telegram.sent
        town.telegram.sent.clear()
        await town.hexagon.run_all()
        answer = await town.said("9 left")
        assert answer.reply_to == placeholder.reply_to


async def test_a_result_waits_for_as_long_as_telegram_asks_and_for_books_that_are_away(town: Town) -> None:
    async with town.bot():
        await asked(town)
        town.telegram.fail("editMessageText", 429, "Too Many Requests: retry after 1", retry_after=1)
        town.telegram.hang("editMessageText", 0.1)
        town.telegram.garble("editMessageText", 502, "<html>Bad Gateway</html>")
        await town.hexagon.run_all()
        await town.said("9 left")
    assert [method for method, _, _ in town.telegram.refused] == ["editMessageText"]


async def test_a_prediction_whose_own_message_could_not_be_sent_is_answered_all_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "FIRST_PAUSE", 0.001)
    not_understood = '{"ok": true, "result": {"message_id": "?"}}'
    town.telegram.garble("sendMessage", 200, not_understood, times=lanes.MOST_TRIES)
    async with town.bot():
        town.person().says("good day")
        trouble = await town.said("Something went wrong on our side")
        await town.hexagon.run_all()
        assert await town.said("9 left") is trouble
    assert not town.hexagon.memory.state.notices
    assert await town.hexagon.balanced()


async def test_an_end_that_comes_with_a_result_is_an_end(town: Town) -> None:
    async with town.bot() as bot:
        run = asyncio.create_task(bot._desk.deliverer.run())
        bell = bot._desk.deliverer._under_way.bell
        await eventually(lambda: bool(bell._waiters), "its sleep")

        bell.set()
        run.cancel()

        done, _ = await asyncio.wait([run], timeout=10)
        assert done


async def test_books_that_are_away_end_no_bot(town: Town) -> None:
    async with town.bot() as bot:
        await asked(town)
        town.hexagon.memory.away = True
        running = asyncio.create_task(town.hexagon.run_all())
        ada = town.telegram.people[CHAT]
        said = ada.says("/balance")
        await eventually(lambda: not bot._work, "its pause")
        assert bot.alive()
        town.hexagon.memory.away = False
        await town.said("You have 9 credits, and 1 reserved", after=said)
        with pytest.raises(Unavailable):
            await running
