"""Chats that join accounts and leave them, one after another and at once: no credits appear or disappear."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from typing_extensions import override

from augury.application.chats.link_chat import LinkChat
from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import Payments, StarPayment
from augury.application.chats.record_payment import RecordPayment
from augury.application.chats.refund_payment import RefundPayment
from augury.application.chats.unlink_chat import UnlinkChat
from augury.application.limits import Limits
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.people.close_account import CloseAccount
from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.users import NewUser
from augury.application.people.tokens import digest
from augury.application.ports import Unavailable
from augury.domain.balance import Balance
from augury.domain.errors import DomainError
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Prediction
from augury.domain.promo_code import PromoCode, PromoCodeRedeemed
from augury.domain.user import PredictionsUnderWay, Role, User
from augury.outbound.system_clock import SystemClock
from tests.adapters import Adapters, a_prediction, finish
from tests.contract.test_batches import a_batch
from tests.contract.test_batches import accept as accept_batch

CLOCK = SystemClock()
HOUR = timedelta(hours=1)


class Till(Payments):
    """Returns the stars of every payment."""

    @override
    async def refund(self, payment: StarPayment) -> None:
        pass


@dataclass(frozen=True)
class Town:
    """The use cases that these tests need."""

    adapters: Adapters

    async def chat(self, chat_id: int) -> Chat:
        """A chat with an account of its own."""
        user = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=CLOCK.now())
        return await self.adapters.chats.add(
            Chat(id=chat_id, user_id=user.id, language="en"), NewUser(user=user)
        )

    async def now(self, chat: Chat) -> Chat:
        found = await self.adapters.chats.get(chat.id)
        assert found
        return found

    async def link(self, chat: Chat, into: UserId) -> None:
        code = str(uuid4())
        await self.adapters.links.issue(digest(code), into, HOUR)
        linking = LinkChat(books=self.adapters.chat_books, users=self.adapters.users, clock=CLOCK)
        await linking(chat=await self.now(chat), code=code)

    async def unlink(self, chat: Chat) -> Balance:
        unlinking = UnlinkChat(books=self.adapters.chat_books, users=self.adapters.users, clock=CLOCK)
        return await unlinking(chat=await self.now(chat))

    async def pay(self, chat: Chat, credits: int) -> str:
        charge, paying = str(uuid4()), RecordPayment(books=self.adapters.chat_books)
        await paying(chat_id=chat.id, charge_id=charge, stars=1, credits=credits)
        return charge

    async def pay_back(self, charge: str, *, given_back: bool) -> None:
        refund = RefundPayment(books=self.adapters.chat_books, payments=Till(), clock=CLOCK)
        await refund(charge_id=charge, given_back=given_back)

    async def redeem(self, user_id: UserId, code: str) -> None:
        redeeming = RedeemPromoCode(
            users=self.adapters.users,
            books=self.adapters.books,
            throttle=self.adapters.throttle,
            clock=CLOCK,
            limits=Limits(redeems_per_minute=10_000),
        )
        await redeeming(user_id=user_id, code=code)

    async def refund(self, prediction: Prediction) -> None:
        await RefundPrediction(users=self.adapters.users, books=self.adapters.books)(
            prediction_id=prediction.id
        )

    async def top_up(self, user_id: UserId, amount: int, payment: str | None = None) -> None:
        topping_up = TopUp(users=self.adapters.users, books=self.adapters.books)
        await topping_up(user_id=user_id, amount=amount, payment=payment)

    async def take_back(self, user_id: UserId, payment: str) -> None:
        reversing = ReverseTopUp(users=self.adapters.users, books=self.adapters.books)
        await reversing(user_id=user_id, payment=payment)

    async def close(self, user_id: UserId) -> None:
        closing = CloseAccount(
            users=self.adapters.users,
            books=self.adapters.books,
            known=KnownCallers(Limits()),
            clock=CLOCK,
        )
        await closing(user_id=user_id, forfeit=10_000)


@pytest.fixture
def town(adapters: Adapters) -> Town:
    return Town(adapters)


async def test_an_account_that_absorbed_a_chat_may_be_absorbed_itself(town: Town, adapters: Adapters) -> None:
    first, second = await town.chat(7), await town.chat(8)
    last = await adapters.user(credits=1)
    await town.top_up(first.user_id, 5)
    prediction = a_prediction(first.user_id, rows=2)
    await adapters.accept(first.user_id, prediction)
    await adapters.settled(prediction)

    await town.link(first, second.user_id)
    await town.link(second, last)

    assert {(await town.now(each)).user_id for each in (first, second)} == {last}
    assert await adapters.balance(last) == Balance(last, available=4)
    assert await adapters.deviations() == []
    await town.refund(prediction)
    assert await adapters.balance(last) == Balance(last, available=6)
    assert await adapters.deviations() == []


async def test_no_account_is_absorbed_while_a_batch_of_it_runs_even_a_free_one(
    town: Town, adapters: Adapters
) -> None:
    """The bulk lane would not find a slice that a worker hands back: its turn is that of another user."""
    chat, into = await town.chat(7), await adapters.user()
    batch, slices = a_batch(chat.user_id, rows=(2, 1))
    slices = [replace(each, row_price=0) for each in slices]
    await accept_batch(adapters, replace(batch, price=0), slices)

    with pytest.raises(PredictionsUnderWay):
        await town.link(chat, into)

    assert (await town.now(chat)).user_id == chat.user_id
    while claimed := await adapters.work.pick(token=(token := uuid4()), lease=HOUR, most=9, most_cost=9):
        await adapters.work.settle(token, [finish(each.prediction) for each in claimed])
    await town.link(chat, into)
    assert (await adapters.batches.get(batch.id, owner=into)).progress.done == 3
    assert await adapters.deviations() == []


async def test_a_payment_that_settled_a_debt_and_was_taken_back_takes_nothing_else_from_a_chat(
    town: Town, adapters: Adapters
) -> None:
    chat, account = await town.chat(7), await adapters.user(credits=50)
    await town.link(chat, account)
    returned = await town.pay(chat, 40)
    spent = a_prediction(account, rows=90)
    await adapters.accept(account, spent)
    await adapters.settled(spent)
    await town.pay_back(returned, given_back=True)
    assert (await adapters.balance(account)).debt == 40
    await town.pay(chat, 100)  # 40 of them settle the debt
    [repayment, top_up] = await adapters.balances.statement(account, limit=2)
    assert repayment.transfer.reference == top_up.transfer.reference
    await town.top_up(account, 60)
    await town.take_back(account, str(top_up.transfer.reference))  # all 100, from whatever is there
    await town.pay(chat, 7)

    own = await town.unlink(chat)

    assert own.available == 7
    assert await adapters.balance(account) == Balance(account, available=20)
    assert await adapters.deviations() == []


async def test_who_leaves_an_account_and_joins_it_again_redeems_no_code_twice(
    town: Town, adapters: Adapters
) -> None:
    chat, account = await town.chat(7), await adapters.user()
    for name in ("FIRST", "SECOND"):
        await adapters.promo_codes.add(PromoCode(code=name, credits=5, most=9, created_at=CLOCK.now()))
    await town.redeem(chat.user_id, "FIRST")
    await town.link(chat, account)
    await town.redeem(account, "SECOND")

    for _ in range(2):
        own = await town.unlink(chat)
        for name in ("FIRST", "SECOND"):
            with pytest.raises(PromoCodeRedeemed):
                await town.redeem(own.user_id, name)
        assert await adapters.deviations() == []
        await town.link(chat, account)

    assert (await adapters.balance(account)).available == 10
    assert [each.used for each in await adapters.promo_codes.page(limit=9)] == [1, 1]
    assert await adapters.deviations() == []


async def test_an_account_is_closed_although_a_reversed_payment_was_named_after_it(
    town: Town, adapters: Adapters
) -> None:
    user_id = await adapters.user(credits=3)
    await town.top_up(user_id, 5, payment=str(user_id))
    await town.take_back(user_id, str(user_id))

    await town.close(user_id)

    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


@dataclass
class Crowd:
    """Two chats and two accounts with an address. Everybody does something at once."""

    town: Town
    chats: list[Chat]
    accounts: list[UserId]
    dice: random.Random
    charges: list[str]
    done: list[Prediction]
    gifts: int = 0

    async def anybody(self) -> UserId:
        chat = await self.town.adapters.chats.get(self.dice.choice(self.chats).id)
        return self.dice.choice([*self.accounts, *([chat.user_id] if chat else [])])

    async def links(self) -> None:
        await self.town.link(self.dice.choice(self.chats), self.dice.choice(self.accounts))

    async def leaves(self) -> None:
        await self.town.unlink(self.dice.choice(self.chats))

    async def pays(self) -> None:
        self.charges.append(await self.town.pay(self.dice.choice(self.chats), self.dice.randint(1, 9)))

    async def gets_back(self) -> None:
        if self.charges:
            charge, given_back = self.dice.choice(self.charges), self.dice.random() < 0.5
            await self.town.pay_back(charge, given_back=given_back)

    async def redeems(self) -> None:
        await self.town.redeem(await self.anybody(), "GIFT")
        self.gifts += 1

    async def spends(self) -> None:
        user_id = await self.anybody()
        asked = a_prediction(user_id, rows=self.dice.randint(1, 5))
        try:
            await self.town.adapters.accept(user_id, asked)
        except KeyError:
            return  # the account was closed or absorbed meanwhile
        if self.dice.random() < 0.3:
            async with self.town.adapters.books() as books:
                canceled = (await books.prediction(asked.id)).cancel(at=datetime.now(UTC))
                await books.record(changed=[canceled], transfers=canceled.settlement())
        else:
            self.done += await self.town.adapters.settled(asked)

    async def is_refunded(self) -> None:
        if self.done:
            await self.town.refund(self.dice.choice(self.done))

    async def is_topped_up(self) -> None:
        user_id, payment = await self.anybody(), str(uuid7())
        await self.town.top_up(user_id, 10, payment=payment)
        if self.dice.random() < 0.5:
            await self.town.take_back(user_id, payment)

    async def closes(self) -> None:
        await self.town.close(self.accounts[0])


async def ends(act: Callable[[], Awaitable[object]]) -> None:
    """Every refusal is one of the domain's, or asks to try again."""
    with suppress(DomainError, Unavailable):
        await act()


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_joins_leaves_pays_and_spends_at_once_the_books_balance(
    town: Town, adapters: Adapters, seed: int
) -> None:
    dice = random.Random(seed)
    await adapters.promo_codes.add(PromoCode(code="GIFT", credits=5, most=3, created_at=CLOCK.now()))
    crowd = Crowd(
        town,
        [await town.chat(each) for each in (7, 8)],
        [await adapters.user(credits=20) for _ in range(2)],
        dice,
        [],
        [],
    )
    acts = [crowd.links, crowd.leaves, crowd.pays, crowd.spends] * 5
    acts += [crowd.gets_back, crowd.redeems, crowd.is_refunded, crowd.is_topped_up] * 3
    for _ in range(2):
        dice.shuffle(acts)
        for begin in range(0, len(acts), 8):
            await asyncio.gather(*(ends(act) for act in acts[begin : begin + 8]))
            assert await adapters.deviations() == []
    await asyncio.gather(*(ends(act) for act in [*acts[:6], crowd.closes]))

    assert await adapters.deviations() == []
    [gift] = await adapters.promo_codes.page(limit=1)
    assert gift.used == crowd.gifts <= gift.most
