"""Requests to sign in by a chat, and what becomes of an account's sessions when its chat moves."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.chats.ports.chats import Chat
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.people.ports.sessions import RefreshToken
from augury.domain.identifiers import UserId
from augury.domain.user import Role, UserNotFound
from augury.outbound.system_clock import SystemClock
from tests.adapters import Adapters
from tests.contract.test_chats import CHAT, chat, handed_over

MINUTE = timedelta(minutes=1)
CODE = b"digest"


async def confirmed(adapters: Adapters, by: Chat, digest: bytes = CODE) -> None:
    await adapters.chat_sign_ins.ask(digest, client="Firefox, Linux", lifetime=5 * MINUTE)
    assert await adapters.chat_sign_ins.confirm(digest, by.id)


async def finished(adapters: Adapters, refresh: bytes = b"refresh") -> UserId | None:
    return await adapters.chat_sign_ins.finish(CODE, refresh=refresh, family=uuid4(), lifetime=MINUTE)


async def test_a_confirmed_request_begins_one_session_of_the_chats_account(adapters: Adapters) -> None:
    person = await chat(adapters)
    await adapters.chat_sign_ins.ask(CODE, client="Firefox, Linux", lifetime=5 * MINUTE)
    assert await finished(adapters) is None, "nobody has confirmed it"
    asked = await adapters.chat_sign_ins.asked(CODE)
    assert asked is not None
    assert (asked.client, asked.chat_id) == ("Firefox, Linux", None)

    assert await adapters.chat_sign_ins.confirm(CODE, person.id)
    assert await adapters.chat_sign_ins.confirm(CODE, person.id), "it may be handled again"
    assert not await adapters.chat_sign_ins.confirm(CODE, 8)
    begun = await asyncio.gather(*(finished(adapters, uuid4().bytes) for _ in range(3)))

    assert sorted(each is None for each in begun) == [False, True, True]
    [session] = await adapters.sessions.of(person.user_id, limit=9)
    assert session.client == "Firefox, Linux"
    assert await adapters.chat_sign_ins.asked(CODE) is None


async def test_a_session_that_a_chat_began_is_its_owners(adapters: Adapters) -> None:
    person = await chat(adapters)
    await confirmed(adapters, person)
    assert await finished(adapters) == person.user_id
    owner = await adapters.sessions.owner(b"refresh")
    assert owner is not None
    assert owner.id == person.user_id
    await adapters.pass_time(2 * MINUTE)
    assert await adapters.sessions.owner(b"refresh") is None


async def test_a_request_ends_when_it_is_refused_or_too_old(adapters: Adapters) -> None:
    person = await chat(adapters)
    await confirmed(adapters, person)
    await adapters.chat_sign_ins.forget(CODE)
    assert await finished(adapters) is None

    await confirmed(adapters, person)
    await adapters.chat_sign_ins.ask(b"other", client="?", lifetime=20 * MINUTE)
    await adapters.pass_time(6 * MINUTE)
    assert await adapters.chat_sign_ins.asked(CODE) is None
    assert not await adapters.chat_sign_ins.confirm(CODE, person.id)
    assert await finished(adapters) is None
    assert await adapters.upkeep.purge() == 1
    assert await adapters.chat_sign_ins.asked(b"other") is not None


@pytest.mark.parametrize("what", ["blocked", "administrator", "closed"])
async def test_who_must_not_sign_in_by_a_chat_does_not(adapters: Adapters, what: str) -> None:
    person = await chat(adapters)
    await confirmed(adapters, person)
    user = await adapters.users.get(person.user_id)
    match what:
        case "blocked":
            await adapters.users.change_access(replace(user, blocked_at=datetime.now(UTC)))
        case "administrator":
            await adapters.users.change_role(replace(user, role=Role.ADMIN))
        case _:
            async with adapters.books() as books:
                await books.open([user.id])
                await books.close(user.close(at=datetime.now(UTC)))
            assert await adapters.chat_sign_ins.asked(CODE) is None, "it names the chat of a closed account"

    assert await finished(adapters) is None
    assert await adapters.sessions.owner(b"refresh") is None


async def test_an_account_that_moves_into_another_leaves_its_sessions_behind(adapters: Adapters) -> None:
    """A session of the chat's own account must not become one of the account that it is linked with."""
    person, other = await chat(adapters), await adapters.user()
    await confirmed(adapters, person)
    await finished(adapters)
    await handed_over(adapters, person, other)

    assert await adapters.sessions.owner(b"refresh") is None
    with pytest.raises(UserNotFound):
        await adapters.users.get(person.user_id)
    await confirmed(adapters, person)
    assert await finished(adapters, b"linked") == other
    known = await adapters.chats.get(CHAT)
    assert known is not None
    assert known.user_id == other


async def test_a_chat_that_is_unlinked_signs_its_browsers_out_and_no_others(adapters: Adapters) -> None:
    person, other = await chat(adapters), await adapters.user()
    await handed_over(adapters, person, other)
    await confirmed(adapters, person)
    await finished(adapters)
    await adapters.sessions.rotate(b"refresh", successor=b"successor", lifetime=MINUTE, grace=MINUTE)
    own = RefreshToken(digest=b"own", family=uuid4(), user_id=other, lifetime=MINUTE, client="Firefox, Linux")
    assert await adapters.sessions.begin(own, password_hash="hash")
    await confirmed(adapters, person, b"later")
    unlink = UnlinkChat(books=adapters.chat_books, users=adapters.users, clock=SystemClock())

    await unlink(chat=replace(person, user_id=other))

    assert await adapters.sessions.owner(b"successor") is None
    assert await adapters.sessions.owner(b"own") is not None
    later = await adapters.chat_sign_ins.finish(b"later", refresh=b"new", family=uuid4(), lifetime=MINUTE)
    assert later not in (None, other), "the chat has an account of its own again"
