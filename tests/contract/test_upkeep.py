from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.results import Reply
from augury.application.chats.ports.updates import ReceivedUpdate
from augury.application.people.ports.sessions import RefreshToken
from augury.application.people.ports.users import NewUser
from augury.application.ports import Json
from augury.application.predictions.ports.acceptance import Accepted
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Prediction
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import Role, User
from tests.adapters import INPUT, OUTPUT, Adapters, a_prediction, an_api_key

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def remembered(adapters: Adapters, user_id: UserId) -> bool:
    async with adapters.books() as books:
        return bool((await books.open([user_id], [(user_id, "key")])).remembered)


async def test_an_idempotency_key_is_kept_for_a_day(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.accept(user_id, a_prediction(user_id), key=IdempotencyKey("key", b"print"))

    await adapters.pass_time(23 * HOUR)
    assert await adapters.upkeep.purge() == 0
    assert await remembered(adapters, user_id)

    await adapters.pass_time(2 * HOUR)
    assert await adapters.upkeep.purge() == 1
    assert not await remembered(adapters, user_id)
    assert await adapters.deviations() == []


async def test_a_chats_key_is_kept_for_as_long_as_its_reply(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.accept(user_id, a_prediction(user_id), key=IdempotencyKey("telegram:7:1", b"print"))

    await adapters.pass_time(8 * DAY)
    assert await adapters.upkeep.purge() == 0
    await adapters.pass_time(2 * DAY)
    assert await adapters.upkeep.purge() == 1


async def test_what_has_ended_is_deleted_and_what_lives_is_kept(adapters: Adapters) -> None:
    user_id = await adapters.user()
    now = datetime.now(UTC)
    for lifetime in (HOUR, 10 * DAY):
        await adapters.sessions.begin(
            RefreshToken(digest=uuid4().bytes, family=uuid4(), user_id=user_id, lifetime=lifetime),
            password_hash="hash",
        )
    digests = {}
    for expires_at in (None, now + HOUR, now + 10 * DAY):
        key = an_api_key(user_id, expires_at=expires_at)
        digests[expires_at] = uuid4().bytes
        await adapters.api_keys.add(key, digests[expires_at], most=3)
    await adapters.throttle.hit(["short"], most=1, window=HOUR)
    await adapters.throttle.hit(["long"], most=1, window=10 * DAY)
    await adapters.pass_time(2 * HOUR)

    assert await adapters.upkeep.purge() == 3
    assert await adapters.upkeep.purge() == 0

    assert [await adapters.key_owner(digest) for digest in digests.values()] == [user_id, None, user_id]
    assert len(await adapters.api_keys.of(user_id)) == 2
    assert await adapters.throttle.hit(["long"], most=1, window=10 * DAY)


async def test_an_update_is_remembered_for_two_days_once_it_was_handled(adapters: Adapters) -> None:
    handled, waiting = (ReceivedUpdate(number, 7, Json(b"{}")) for number in (1, 2))
    await adapters.inbox.put([handled, waiting])
    await adapters.inbox.done(handled.id)

    await adapters.pass_time(2 * DAY - HOUR)
    assert await adapters.upkeep.purge() == 0
    assert not await adapters.inbox.put([handled]), "it was here"

    await adapters.pass_time(2 * HOUR)
    assert await adapters.upkeep.purge() == 1
    assert [each.id for each in await adapters.inbox.waiting()] == [waiting.id]
    assert set(await adapters.inbox.put([handled, waiting])) == {handled.id}


async def asked(adapters: Adapters, message_id: int) -> tuple[Prediction, Reply]:
    """A prediction that a chat waits for, with the message that becomes its result."""
    user_id = await adapters.user(credits=1)
    prediction = a_prediction(user_id)
    await adapters.accept_all([Accepted(prediction, INPUT, notify=True)])
    reply = Reply(chat_id=7, message_id=message_id, prediction_id=prediction.id, placeholder_id=1)
    return prediction, await adapters.notices.expect(reply)


async def is_kept(adapters: Adapters, reply: Reply) -> bool:
    """Whether the reply was still stored. Stores it in any case."""
    return await adapters.notices.expect(replace(reply, placeholder_id=2)) == reply


async def test_a_chats_answer_is_given_up_after_nine_days(adapters: Adapters) -> None:
    user = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=datetime.now(UTC))
    await adapters.chats.add(Chat(id=7, user_id=user.id, language="en"), NewUser(user=user))
    told, told_reply = await asked(adapters, 1)
    untold, untold_reply = await asked(adapters, 2)
    _, open_reply = await asked(adapters, 3)
    await adapters.settled(told, untold)
    await adapters.notices.delivered(told.id)

    await adapters.pass_time(9 * DAY - HOUR)
    assert await adapters.upkeep.purge() == 0
    assert [each.prediction.id for each in await adapters.notices.due(9, most_files=9)] == [untold.id]

    await adapters.pass_time(2 * HOUR)
    assert await adapters.upkeep.purge() == 3, "a notice and two replies"
    assert await adapters.notices.due(9, most_files=9) == []
    kept = [await is_kept(adapters, each) for each in (told_reply, untold_reply, open_reply)]
    assert kept == [False, False, True]


async def test_an_answer_that_is_still_tried_is_kept(adapters: Adapters) -> None:
    prediction, reply = await asked(adapters, 1)
    await adapters.settled(prediction)
    await adapters.pass_time(8 * DAY)
    await adapters.notices.put_off(prediction.id, HOUR)

    await adapters.pass_time(2 * DAY)

    assert await adapters.upkeep.purge() == 0
    assert await is_kept(adapters, reply)


async def test_a_guests_rows_and_answers_are_forgotten_when_nobody_can_read_them(adapters: Adapters) -> None:
    now, guests = datetime.now(UTC), {}
    for name, age in (("done", 2 * DAY + HOUR), ("waiting", 2 * DAY + HOUR), ("new", 2 * DAY - HOUR)):
        user = User(id=UserId(uuid7()), role=Role.GUEST, email=None, created_at=now - age)
        grant = Transfer(TransferKind.GRANT, user.id, 1, user.id)
        assert await adapters.users.add_guest(
            NewUser(user=user, guest_key=name.encode(), grant=grant), most_per_day=9
        )
        guests[name] = user.id
    member = await adapters.user(credits=1)
    asked = {}
    for name, user_id in (*guests.items(), ("member", member)):
        [asked[name]] = await adapters.predictions_of(user_id, 1)
    await adapters.settled(asked["done"], asked["new"], asked["member"])

    assert await adapters.upkeep.purge() == 1
    assert await adapters.upkeep.purge() == 0

    outputs = {
        name: (await adapters.predictions.get(each.id, owner=each.user_id)).output
        for name, each in asked.items()
    }
    assert outputs == {"done": None, "waiting": None, "new": OUTPUT, "member": OUTPUT}
    assert await adapters.users.guest(b"done") is None
    assert await adapters.users.guest(b"waiting")
    await adapters.settled(asked["waiting"])
    assert await adapters.upkeep.purge() == 1
    assert (await adapters.predictions.get(asked["waiting"].id, owner=guests["waiting"])).output is None
    assert await adapters.deviations() == []
