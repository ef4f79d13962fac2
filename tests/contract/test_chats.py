"""Chats and their dialogues, received updates, outstanding replies, links and payments."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import StarPayment
from augury.application.chats.ports.results import BatchReply, Reply
from augury.application.chats.ports.updates import ReceivedUpdate
from augury.application.people.ports.users import NewUser
from augury.application.ports import Json
from augury.application.ports.books import AlreadyRecorded
from augury.application.predictions.ports.acceptance import Accepted
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Prediction
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import Role, User, UserNotFound
from tests.adapters import INPUT, OUTPUT, Adapters, a_prediction
from tests.contract.test_batches import a_batch, accept

CHAT = 7


def new_user(credits: int = 0) -> NewUser:
    user = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=datetime.now(UTC))
    grant = Transfer(TransferKind.GRANT, user.id, credits, uuid4()) if credits else None
    return NewUser(user=user, grant=grant)


async def chat(adapters: Adapters, chat_id: int = CHAT, credits: int = 0) -> Chat:
    new = new_user(credits)
    return await adapters.chats.add(Chat(id=chat_id, user_id=new.user.id, language="en"), new)


async def asked(adapters: Adapters, person: Chat, message_id: int = 1, *, notify: bool = True) -> Prediction:
    """An accepted prediction of one credit that the chat waits for."""
    prediction = a_prediction(person.user_id)
    key = IdempotencyKey(f"telegram:{person.id}:{message_id}", b"what")
    await adapters.accept_all([Accepted(prediction, INPUT, key, notify)])
    return prediction


def reply(person: Chat, prediction: Prediction, message_id: int = 1) -> Reply:
    return Reply(chat_id=person.id, message_id=message_id, prediction_id=prediction.id)


async def accepted_batch(adapters: Adapters, person: Chat, message_id: int, price: int = 1) -> BatchReply:
    """A batch of one row that came as a file in the chat."""
    batch, slices = a_batch(person.user_id, [1])
    slices = [replace(each, row_price=price) for each in slices]
    key = IdempotencyKey(f"telegram:{person.id}:{message_id}:file", b"what")
    await accept(adapters, replace(batch, price=price), slices, key)
    return BatchReply(
        chat_id=person.id,
        message_id=message_id,
        batch_id=batch.id,
        placeholder_id=99,
        file_name="people.csv",
        thread_id=2**31,
    )


async def handed_over(adapters: Adapters, person: Chat, owner: UserId) -> None:
    """The chat's account becomes a part of the owner's."""
    async with adapters.chat_books() as books:
        opened = await books.open([person.user_id, owner])
        _, _, transfers = opened.balance(person.user_id).merge_into(opened.balance(owner))
        await books.record(transfers=transfers)
        await books.hand_over(person.id, absorbed=person.user_id, into=owner, at=datetime.now(UTC))


async def test_a_chat_is_added_once_with_its_account_whoever_comes_first(adapters: Adapters) -> None:
    added = await asyncio.gather(*(chat(adapters, credits=5) for _ in range(3)))

    assert {each.user_id for each in added} == {added[0].user_id}
    assert await adapters.chats.get(CHAT) == added[0]
    assert (await adapters.balance(added[0].user_id)).available == 5
    assert await adapters.deviations() == []


async def test_a_grant_that_was_given_before_adds_nobody(adapters: Adapters) -> None:
    new = new_user(5)
    await adapters.chats.add(Chat(id=CHAT, user_id=new.user.id, language="en"), new)
    again = new_user()
    assert new.grant is not None
    grant = Transfer(TransferKind.GRANT, again.user.id, 5, new.grant.reference)

    with pytest.raises(AlreadyRecorded):
        await adapters.chats.add(
            Chat(id=8, user_id=again.user.id, language="en"), NewUser(user=again.user, grant=grant)
        )

    assert await adapters.chats.get(8) is None


async def test_a_chat_remembers_language_model_dialogue_and_whether_it_is_gone(adapters: Adapters) -> None:
    await chat(adapters)
    await adapters.chats.speak(CHAT, "ru")
    await adapters.chats.choose(CHAT, "tone")
    await adapters.dialogues.put(CHAT, Json(b"{}"))
    await adapters.chats.leave(CHAT)

    known = await adapters.chats.get(CHAT)
    assert known is not None
    assert (known.language, known.model, known.dialogue, known.gone) == ("ru", "tone", b"{}", True)
    await adapters.dialogues.put(CHAT, None)
    await adapters.chats.leave(CHAT, gone=False)
    known = await adapters.chats.get(CHAT)
    assert known is not None
    assert (known.dialogue, known.gone) == (None, False)


async def test_an_update_is_taken_once_and_waits_until_it_is_done(adapters: Adapters) -> None:
    updates = [ReceivedUpdate(number, 7, Json(b"{}")) for number in (3, 1, 2)]

    assert set(await adapters.inbox.put(updates[:2])) == {1, 3}
    assert set(await adapters.inbox.put(updates)) == {2}
    assert [each.id for each in await adapters.inbox.waiting()] == [1, 2, 3]
    await adapters.inbox.done(2)
    assert [each.id for each in await adapters.inbox.waiting()] == [1, 3]
    assert set(await adapters.inbox.put(updates)) == set()


async def test_the_tries_of_what_was_left_behind_are_counted_until_it_is_done(adapters: Adapters) -> None:
    await adapters.inbox.put([ReceivedUpdate(number, 7, Json(b"{}")) for number in (1, 2, 3)])

    for update_id in (1, 1, 2):
        assert await adapters.inbox.begin(update_id)
    assert [each.tries for each in await adapters.inbox.waiting()] == [2, 1, 0]
    await adapters.inbox.put_back([1, 2])
    assert [each.tries for each in await adapters.inbox.waiting()] == [1, 0, 0]
    await adapters.inbox.done(1)
    assert not await adapters.inbox.begin(1)
    assert not await adapters.inbox.begin(4)


async def test_a_result_is_due_once_it_is_final_and_has_a_placeholder(adapters: Adapters) -> None:
    person = await chat(adapters, credits=5)
    prediction = await asked(adapters, person)
    stored = await adapters.notices.expect(reply(person, prediction))
    assert stored.placeholder_id is None
    await adapters.settled(prediction)
    assert await adapters.notices.due(10, most_files=10) == []

    await adapters.notices.placed(stored, 99)
    assert (await adapters.notices.expect(reply(person, prediction))).placeholder_id == 99
    [due] = await adapters.notices.due(10, most_files=10)
    assert (due.reply.placeholder_id, due.prediction.id, due.language) == (99, prediction.id, "en")
    assert (due.input, due.output, due.errors) == (INPUT, OUTPUT, ())
    assert await adapters.notices.due(10, most_files=10, but_not=[prediction.id]) == []

    await adapters.notices.put_off(prediction.id, timedelta(minutes=1))
    assert await adapters.notices.due(10, most_files=10) == []
    await adapters.pass_time(timedelta(minutes=2))
    assert len(await adapters.notices.due(10, most_files=10)) == 1
    await adapters.notices.delivered(prediction.id)
    assert await adapters.notices.due(10, most_files=10) == []


async def test_what_a_files_answer_takes_from_it_is_kept_until_it_is_delivered(adapters: Adapters) -> None:
    person = await chat(adapters, credits=5)
    prediction = await asked(adapters, person)
    batch = replace(reply(person, prediction), placeholder_id=99, file_name="people.csv", thread_id=2**31)
    sheet = Json(b'{"header":["id"]}')
    assert await adapters.notices.expect(batch, sheet=sheet) == batch
    assert await adapters.notices.expect(replace(batch, thread_id=None), sheet=None) == batch
    await adapters.settled(prediction)
    [due] = await adapters.notices.due(10, most_files=10)
    assert (due.reply, due.sheet) == (batch, sheet)

    await adapters.notices.delivered(prediction.id)
    assert await adapters.notices.due(10, most_files=10) == []
    assert await adapters.notices.expect(batch) == batch


async def test_only_so_many_answers_to_files_are_due_at_once_and_they_hold_up_no_others(
    adapters: Adapters,
) -> None:
    person = await chat(adapters, credits=5)
    asked_for = [await asked(adapters, person, number) for number in range(4)]
    for number, prediction in enumerate(asked_for):
        name = None if number == 3 else "people.csv"
        await adapters.notices.expect(
            replace(reply(person, prediction, number), placeholder_id=90 + number, file_name=name)
        )
        await adapters.settled(prediction)
    ids = [each.id for each in asked_for]

    async def due(limit: int, most_files: int, but_not: Sequence[PredictionId] = ()) -> list[PredictionId]:
        found = await adapters.notices.due(limit, most_files=most_files, but_not=but_not)
        return [each.prediction.id for each in found]

    assert await due(10, 4) == ids
    assert await due(10, 2) == [*ids[:2], ids[3]]
    assert await due(2, 2) == ids[:2]
    assert await due(10, 0) == [ids[3]]
    assert await due(10, 1, ids[:1]) == [ids[1], ids[3]]


async def test_what_has_no_placeholder_gets_a_common_one(adapters: Adapters) -> None:
    person, other = await chat(adapters, credits=5), await chat(adapters, 8, credits=5)
    placed, lost, others = (
        await asked(adapters, person),
        await asked(adapters, person, 2),
        await asked(adapters, other),
    )
    stored = await adapters.notices.expect(reply(person, placed))
    await adapters.notices.placed(stored, 99)
    await adapters.notices.expect(reply(person, lost, 2))
    await adapters.notices.expect(reply(other, others))

    await adapters.notices.place_rest(CHAT, 100)

    await adapters.settled(placed, lost, others)
    due = await adapters.notices.due(10, most_files=10)
    assert [(each.prediction.id, each.reply.placeholder_id) for each in due] == [
        (placed.id, 99),
        (lost.id, 100),
    ]


async def test_a_chat_that_is_gone_is_known_where_a_result_is_due(adapters: Adapters) -> None:
    person = await chat(adapters, credits=5)
    prediction = await asked(adapters, person)
    await adapters.notices.placed(await adapters.notices.expect(reply(person, prediction)), 99)
    await adapters.settled(prediction)
    assert [each.gone for each in await adapters.notices.due(10, most_files=10)] == [False]
    await adapters.chats.leave(CHAT)
    assert [each.gone for each in await adapters.notices.due(10, most_files=10)] == [True]


async def test_a_canceled_one_is_due_as_well_and_one_that_nobody_waits_for_never(adapters: Adapters) -> None:
    person = await chat(adapters, credits=5)
    canceled, unheard = await asked(adapters, person), await asked(adapters, person, 2, notify=False)
    for number, each in enumerate((canceled, unheard), 1):
        stored = await adapters.notices.expect(reply(person, each, number))
        await adapters.notices.placed(stored, 90 + number)
        async with adapters.books() as books:
            ended = (await books.prediction(each.id)).cancel(at=datetime.now(UTC))
            await books.record(changed=[ended], transfers=ended.settlement())

    assert [due.prediction.id for due in await adapters.notices.due(10, most_files=10)] == [canceled.id]


async def test_the_results_of_a_chats_batch_are_due_until_they_are_delivered(adapters: Adapters) -> None:
    person = await chat(adapters, credits=20)
    replies = [await accepted_batch(adapters, person, message_id) for message_id in (1, 2, 3)]
    for each in replies:
        await adapters.batch_replies.expect(each)
    await adapters.batch_replies.expect(replace(replies[0], file_name="again.csv"))

    async def due(**given: Any) -> list[BatchReply]:
        return [each.reply for each in await adapters.batch_replies.due(10, **given)]

    assert await due() == replies
    assert await due(but_not=[replies[0].batch_id]) == replies[1:]
    [first] = await adapters.batch_replies.due(1)
    assert (first.language, first.gone) == ("en", False)

    await adapters.batch_replies.put_off([replies[0].batch_id], timedelta(minutes=1))
    await adapters.batch_replies.sent(replies[1].batch_id, 2)
    await adapters.batch_replies.delivered(replies[2].batch_id)
    assert await due() == [replace(replies[1], files_sent=2)]
    await adapters.pass_time(timedelta(minutes=2))
    await adapters.batch_replies.put_off([replies[2].batch_id], timedelta())  # it is delivered
    await adapters.batch_replies.expect(replies[2])
    assert {each.message_id for each in await due()} == {1, 2}

    await adapters.pass_time(timedelta(days=20))
    assert await adapters.upkeep.purge() >= 3
    assert await due() == []


async def test_a_chats_batches_follow_it_into_another_account_and_end_with_it(adapters: Adapters) -> None:
    person, owner = await chat(adapters), await adapters.user()
    reply = await accepted_batch(adapters, person, 1, price=0)
    await adapters.batch_replies.expect(reply)

    await handed_over(adapters, person, owner)

    assert (await adapters.batches.get(reply.batch_id, owner=owner)).batch.user_id == owner
    assert not await adapters.batches.outdated(keep=timedelta(days=7), limit=10)
    key = f"telegram:{person.id}:1:file"
    async with adapters.books() as books:
        opened = await books.open([], [(owner, key)])
    assert opened.remembered[owner, key].reference == reply.batch_id
    async with adapters.books() as books:
        user = await adapters.users.get(owner)
        await books.open([owner])
        await books.close(user.close(at=datetime.now(UTC)))
    assert not await adapters.batch_replies.due(10)
    await adapters.batch_replies.delivered(reply.batch_id)


async def test_a_link_is_good_for_one_chat_and_a_while(adapters: Adapters) -> None:
    owner = await adapters.user()
    await adapters.links.issue(b"first", owner, timedelta(minutes=10))
    await adapters.links.issue(b"late", owner, timedelta(minutes=1))
    await adapters.pass_time(timedelta(minutes=2))

    async def used(digest: bytes, chat_id: int) -> UserId | None:
        async with adapters.chat_books() as books:
            return await books.use_link(digest, chat_id)

    assert await used(b"late", 7) is None
    assert await used(b"unknown", 7) is None
    assert await used(b"first", 7) == owner
    assert await used(b"first", 8) is None
    await adapters.pass_time(timedelta(minutes=20))
    assert await used(b"first", 7) == owner


async def test_a_links_owner_is_told_while_the_chat_can_use_it(adapters: Adapters) -> None:
    owner = await adapters.user()
    for digest in (b"used", b"late", b"refused"):
        await adapters.links.issue(digest, owner, timedelta(minutes=10))
    assert await adapters.links.owner(b"used", 7) == await adapters.links.owner(b"used", 8) == owner
    async with adapters.chat_books() as books:
        await books.use_link(b"used", 7)
    await adapters.links.forget(b"refused")
    await adapters.links.forget(b"unknown")
    assert await adapters.links.owner(b"refused", 7) is None
    await adapters.pass_time(timedelta(minutes=11))
    assert [await adapters.links.owner(digest, 7) for digest in (b"used", b"late")] == [owner, None]
    assert await adapters.links.owner(b"used", 8) is None


async def test_a_chat_leaves_an_account_with_what_was_bought_there_since(adapters: Adapters) -> None:
    person, owner = await chat(adapters, credits=5), await adapters.user(3)

    async def paid(charge_id: str, user_id: UserId) -> StarPayment:
        payment = StarPayment(
            charge_id=charge_id, reference=uuid4(), chat_id=CHAT, user_id=user_id, stars=5, credits=10
        )
        async with adapters.chat_books() as books:
            _, transfers = (
                (await books.open([user_id])).balance(user_id).top_up(10, reference=payment.reference)
            )
            await books.record(transfers=transfers)
            await books.add_payment(payment)
        return payment

    await paid("before", person.user_id)
    await adapters.pass_time(timedelta(minutes=1))
    await adapters.links.issue(b"link", owner, timedelta(minutes=10))
    async with adapters.chat_books() as books:
        await books.use_link(b"link", CHAT)
    await handed_over(adapters, person, owner)
    returned, since = await paid("returned", owner), await paid("since", owner)
    async with adapters.chat_books() as books:
        await books.change_payment(replace(returned, reversed_at=datetime.now(UTC)))

    own = new_user().user
    async with adapters.chat_books() as books:
        assert await books.chat(CHAT)
        bought = await books.bought_since_link(CHAT)
        assert list(bought) == [since]
        balance = (await books.open([owner])).balance(owner)
        _, _, transfers = balance.split_off(Balance(own.id), 10, reference=uuid7())
        await books.let_go(CHAT, own, bought)
        await books.record(transfers=transfers)

    known = await adapters.chats.get(CHAT)
    assert known is not None
    assert known.user_id == own.id
    assert (await adapters.balance(own.id)).available == 10
    assert (await adapters.balance(owner)).available == 28
    async with adapters.chat_books() as books:
        assert await books.bought_since_link(CHAT) == [replace(since, user_id=own.id)]
        assert await books.use_link(b"link", CHAT) is None
    assert await adapters.deviations() == []


async def test_links_lead_to_the_bot_that_was_seen_last(adapters: Adapters) -> None:
    assert await adapters.links.bot() is None
    await adapters.links.saw_bot("old_bot")
    await adapters.pass_time(timedelta(minutes=1))
    await adapters.links.saw_bot("new_bot")
    assert await adapters.links.bot() == "new_bot"


async def test_what_a_chat_had_is_the_accounts_and_its_own_account_is_closed(adapters: Adapters) -> None:
    person, owner = await chat(adapters, credits=5), await adapters.user(3)
    prediction = await asked(adapters, person)
    await adapters.settled(prediction)

    await handed_over(adapters, person, owner)

    known = await adapters.chats.get(CHAT)
    assert known is not None
    assert known.user_id == owner
    assert (await adapters.balance(owner)).available == 7
    [mine] = (await adapters.predictions.page(owner, limit=10)).items
    assert mine.prediction.id == prediction.id
    with pytest.raises(UserNotFound):
        await adapters.users.get(person.user_id)
    async with adapters.books() as books:
        key = (owner, f"telegram:{CHAT}:1")
        assert (await books.open([owner], [key])).remembered[key].reference == prediction.id
    assert await adapters.deviations() == []


async def test_a_code_that_a_chat_redeemed_is_redeemed_for_the_account(adapters: Adapters) -> None:
    person, owner = await chat(adapters), await adapters.user()
    now = datetime.now(UTC)
    for code, users in (("CHAT", [person.user_id]), ("BOTH", [person.user_id, owner])):
        await adapters.promo_codes.add(PromoCode(code=code, credits=5, most=3, created_at=now))
        for user_id in users:
            async with adapters.books() as books:
                promo_code, again = await books.promo_code(code, user_id=user_id)
                balance = (await books.open([user_id])).balance(user_id)
                _, (grant,) = balance.grant(5, reference=uuid4())
                await books.redeem(promo_code.redeem(again=again, at=now), grant)
                await books.record(transfers=[grant])

    await handed_over(adapters, person, owner)

    for code in ("CHAT", "BOTH"):
        async with adapters.books() as books:
            assert (await books.promo_code(code, user_id=owner))[1], code
    assert (await adapters.balance(owner)).available == 15
    assert await adapters.deviations() == []


async def test_what_a_closed_account_was_still_to_be_told_is_gone(adapters: Adapters) -> None:
    person, other = await chat(adapters, credits=1), await chat(adapters, 8, credits=1)
    mine, others = await asked(adapters, person), await asked(adapters, other)
    for each, prediction in ((person, mine), (other, others)):
        await adapters.notices.placed(await adapters.notices.expect(reply(each, prediction)), 99)
    await adapters.settled(mine, others)
    user = await adapters.users.get(person.user_id)

    async with adapters.books() as books:
        await books.open([user.id])
        await books.close(user.close(at=datetime.now(UTC)))
    await chat(adapters)  # the person comes back, with a new account

    assert [due.prediction.id for due in await adapters.notices.due(10, most_files=10)] == [others.id]
    assert await adapters.deviations() == []


async def test_a_payment_is_recorded_once_and_its_return_is_noted(adapters: Adapters) -> None:
    person = await chat(adapters)
    payment = StarPayment(
        charge_id="c1", reference=uuid4(), chat_id=CHAT, user_id=person.user_id, stars=5, credits=10
    )
    async with adapters.chat_books() as books:
        await books.add_payment(payment)
    with pytest.raises(AlreadyRecorded):
        async with adapters.chat_books() as books:
            await books.add_payment(payment)
    async with adapters.chat_books() as books:
        assert await books.payment("c2") is None
        found = await books.payment("c1")
        assert found == payment
