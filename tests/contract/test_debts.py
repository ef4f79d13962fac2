"""Payments that Telegram returns after they were spent: the debt, and how it is settled."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias, get_args
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from augury.application.chats.link_chat import LinkChat
from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import Payments, StarPayment
from augury.application.chats.preview_link import PreviewLink
from augury.application.chats.record_payment import Paid, RecordPayment
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
from augury.domain.balance import Balance, DebtUnsettled, NotEnoughCredits
from augury.domain.identifiers import UserId, uuid7
from augury.domain.payment import AlreadyReversed
from augury.domain.prediction import Prediction
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import CreditsLeft, Role, User
from augury.outbound.system_clock import SystemClock
from tests.adapters import LEASE, Adapters, a_prediction, finish
from tests.contract.test_batches import a_batch
from tests.contract.test_batches import accept as accept_batch

CLOCK = SystemClock()


class NoTill(Payments):
    """Telegram itself has returned the stars, so nobody may return them again."""

    @override
    async def refund(self, payment: StarPayment) -> None:
        raise AssertionError(payment)


@dataclass(frozen=True)
class Person:
    """A chat with the bot, and its payments."""

    adapters: Adapters
    chat: Chat

    @property
    def id(self) -> UserId:
        return self.chat.user_id

    async def pays(self, credits: int, charge: str | None = None) -> str:
        charge = charge or str(uuid4())
        await self.record(credits, charge)
        return charge

    async def record(self, credits: int, charge: str) -> Paid:
        record = RecordPayment(books=self.adapters.chat_books)
        return await record(chat_id=self.chat.id, charge_id=charge, stars=1, credits=credits)

    async def gets_back(self, charge: str) -> None:
        refund = RefundPayment(books=self.adapters.chat_books, payments=NoTill(), clock=CLOCK)
        await refund(charge_id=charge, given_back=True)

    async def asks(self, rows: int) -> Prediction:
        prediction = a_prediction(self.id, rows=rows)
        await self.adapters.accept(self.id, prediction)
        return prediction

    async def spends(self, credits: int) -> Prediction:
        [done] = await self.adapters.settled(await self.asks(credits))
        return done

    async def balance(self) -> Balance:
        return await self.adapters.balance(self.id)

    async def statement(self) -> list[tuple[TransferKind, int]]:
        """Oldest first."""
        lines = await self.adapters.balances.statement(self.id, limit=100)
        return [(line.transfer.kind, line.transfer.amount) for line in reversed(lines)]


async def person(adapters: Adapters) -> Person:
    chat_id = uuid7().int % 2**50
    user = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=CLOCK.now())
    chat = await adapters.chats.add(Chat(id=chat_id, user_id=user.id, language="en"), NewUser(user=user))
    return Person(adapters, chat)


async def owing(adapters: Adapters, debt: int) -> Person:
    """A person who has spent a payment that was returned."""
    ann = await person(adapters)
    charge = await ann.pays(debt)
    await ann.spends(debt)
    await ann.gets_back(charge)
    assert await ann.balance() == Balance(ann.id, debt=debt)
    return ann


async def test_what_is_spent_of_a_returned_payment_is_settled_by_the_next_one(adapters: Adapters) -> None:
    ann = await person(adapters)
    charge = await ann.pays(100)
    await ann.spends(40)

    for _ in range(2):  # however often Telegram says so
        await ann.gets_back(charge)
        assert await ann.balance() == Balance(ann.id, debt=40)
    with pytest.raises(NotEnoughCredits):
        await ann.asks(1)
    assert await adapters.deviations() == []

    for _ in range(2):
        assert await ann.record(30, "first") == Paid(Balance(ann.id, debt=10), repaid=30)
    assert await ann.record(30, "second") == Paid(Balance(ann.id, available=20), repaid=10)
    assert await ann.statement() == [
        (TransferKind.TOP_UP, 100),
        (TransferKind.HOLD, 40),
        (TransferKind.CAPTURE, 40),
        (TransferKind.REVERSAL, 60),
        (TransferKind.DEBT, 40),
        (TransferKind.TOP_UP, 30),
        (TransferKind.REPAYMENT, 30),
        (TransferKind.TOP_UP, 30),
        (TransferKind.REPAYMENT, 10),
    ]
    await ann.asks(20)
    assert await adapters.deviations() == []


async def test_a_payment_that_settled_a_debt_and_is_returned_makes_it_again(adapters: Adapters) -> None:
    ann = await owing(adapters, 40)

    await ann.gets_back(await ann.pays(100))

    assert await ann.balance() == Balance(ann.id, debt=40)
    assert await adapters.deviations() == []


async def test_credits_that_come_back_later_settle_the_debt_before_the_next_prediction(
    adapters: Adapters,
) -> None:
    ann = await person(adapters)
    charge = await ann.pays(10)
    running = await ann.asks(6)
    await ann.gets_back(charge)
    assert await ann.balance() == Balance(ann.id, held=6, pending=1, debt=6)

    token = uuid4()
    [claimed] = await adapters.claim(running, token=token)
    await adapters.work.settle(token, [finish(claimed.prediction, valid_rows=2)])
    assert await ann.balance() == Balance(ann.id, available=4, debt=6)
    with pytest.raises(NotEnoughCredits):
        await ann.asks(1)

    refund = RefundPrediction(users=adapters.users, books=adapters.books)
    await refund(prediction_id=running.id)
    await TopUp(users=adapters.users, books=adapters.books)(user_id=ann.id, amount=1)
    assert await ann.balance() == Balance(ann.id, available=1)
    assert await adapters.deviations() == []


async def test_a_gift_settles_a_debt_too_since_credits_do_not_say_where_they_are_from(
    adapters: Adapters,
) -> None:
    ann = await owing(adapters, 4)
    code = f"C{uuid7().hex}".upper()
    await adapters.promo_codes.add(PromoCode(code=code, credits=5, most=1, created_at=CLOCK.now()))
    redeem = RedeemPromoCode(
        users=adapters.users, books=adapters.books, throttle=adapters.throttle, clock=CLOCK, limits=Limits()
    )

    moved = await redeem(user_id=ann.id, code=code)

    assert moved.balance == Balance(ann.id, available=1)
    assert (await ann.statement())[-2:] == [(TransferKind.GRANT, 5), (TransferKind.REPAYMENT, 4)]
    assert await adapters.deviations() == []


async def test_a_returned_payment_is_not_taken_back_a_second_time(adapters: Adapters) -> None:
    ann = await owing(adapters, 10)
    [first, *_] = reversed(await adapters.balances.statement(ann.id, limit=10))
    reverse = ReverseTopUp(users=adapters.users, books=adapters.books)
    await ann.pays(50)

    with pytest.raises(AlreadyReversed):
        await reverse(user_id=ann.id, payment=str(first.transfer.reference))

    assert await ann.balance() == Balance(ann.id, available=40)


async def test_what_an_administrator_took_back_before_telegram_did_is_not_owed(adapters: Adapters) -> None:
    ann = await person(adapters)
    charge = await ann.pays(10)
    [top_up] = await adapters.balances.statement(ann.id, limit=1)
    reverse = ReverseTopUp(users=adapters.users, books=adapters.books)
    await reverse(user_id=ann.id, payment=str(top_up.transfer.reference), amount=7)

    await ann.gets_back(charge)

    left = await ann.balance()
    assert (left.spendable, left.owed) == (0, 0)
    assert await adapters.deviations() == []


async def test_the_debt_of_a_closed_account_is_written_off_and_it_never_owes_again(
    adapters: Adapters,
) -> None:
    ann = await owing(adapters, 10)
    close = CloseAccount(
        users=adapters.users, books=adapters.books, known=KnownCallers(Limits()), clock=CLOCK
    )
    charge = await ann.pays(15)
    await ann.spends(5)
    with pytest.raises(NotEnoughCredits):
        await ann.asks(1)
    rest = await owing(adapters, 3)
    await rest.pays(5)
    with pytest.raises(CreditsLeft):
        await close(user_id=rest.id)
    await (again := await owing(adapters, 3)).pays(1)

    for each in (ann, again):
        await close(user_id=each.id)
    await ann.gets_back(charge)

    assert (await again.statement())[-1] == (TransferKind.WRITE_OFF, 2)
    assert await ann.balance() == Balance(ann.id)
    assert await adapters.deviations() == []


async def test_no_link_hands_a_debt_to_another_account(adapters: Adapters) -> None:
    ann, owner = await owing(adapters, 10), await adapters.user(5)
    await adapters.links.issue(digest("code"), owner, timedelta(minutes=10))
    link = LinkChat(books=adapters.chat_books, users=adapters.users, clock=CLOCK)
    preview = PreviewLink(links=adapters.links, users=adapters.users, balances=adapters.balances)
    for refused in (preview, link):
        with pytest.raises(DebtUnsettled) as refusal:
            await refused(chat=ann.chat, code="code")
        assert refusal.value.debt == 10

    await ann.pays(12)
    await link(chat=ann.chat, code="code")

    assert await adapters.balance(owner) == Balance(owner, available=7)
    assert await adapters.deviations() == []


async def test_a_chat_does_not_take_along_what_settled_the_accounts_debt(adapters: Adapters) -> None:
    ann, owner = await person(adapters), await adapters.user(20)
    await adapters.links.issue(digest("code"), owner, timedelta(minutes=10))
    await LinkChat(books=adapters.chat_books, users=adapters.users, clock=CLOCK)(chat=ann.chat, code="code")
    chat = await adapters.chats.get(ann.chat.id)
    assert chat
    linked = Person(adapters, chat)
    first = await linked.pays(10)
    await linked.spends(30)
    await linked.gets_back(first)
    await linked.pays(15)  # 10 of them settle the debt
    await TopUp(users=adapters.users, books=adapters.books)(user_id=owner, amount=50)

    own = await UnlinkChat(books=adapters.chat_books, users=adapters.users, clock=CLOCK)(chat=chat)

    assert own.available == 5
    assert await adapters.balance(owner) == Balance(owner, available=50)
    assert await adapters.deviations() == []


async def test_a_debt_beyond_its_payment_is_a_deviation(adapters: Adapters) -> None:
    user_id, reference = await adapters.user(), uuid7()
    async with adapters.books() as books:
        balance = (await books.open([user_id])).balance(user_id)
        _, transfers = balance.top_up(5, reference=reference)
        await books.record(transfers=[*transfers, Transfer(TransferKind.DEBT, user_id, 6, reference)])

    [deviation] = await adapters.deviations()

    assert f"payment {reference}: 6 owed and 0 reversed, but 5 paid" in deviation


Verb: TypeAlias = Literal["pay", "return", "ask", "batch", "run", "cancel", "refund", "top up", "take back"]
Step: TypeAlias = tuple[Verb, int, int]
VERBS: tuple[Verb, ...] = get_args(Verb)


@dataclass
class Expected:
    """The expected state of one person's money, simple enough to be obviously right."""

    person: Person
    worth: int = 0
    """The paid credits, less those that were returned, taken back and charged."""
    charges: list[tuple[str, int]] = field(default_factory=list)
    tops: dict[str, int] = field(default_factory=dict)
    waiting: list[Prediction] = field(default_factory=list)
    done: list[Prediction] = field(default_factory=list)

    @property
    def held(self) -> int:
        return sum(each.price for each in self.waiting)

    async def do(self, verb: Verb, amount: int) -> None:
        adapters = self.person.adapters
        if verb == "pay":
            self.charges.append((await self.person.pays(amount), amount))
            self.worth += amount
        elif verb == "top up":
            reference = str(uuid7())
            await TopUp(users=adapters.users, books=adapters.books)(
                user_id=self.person.id, amount=amount, payment=reference
            )
            self.tops[reference] = amount
            self.worth += amount
        elif verb == "return" and self.charges:
            charge, paid = self.charges.pop(amount % len(self.charges))
            await self.person.gets_back(charge)
            self.worth -= paid
        elif verb == "ask":
            await self.ask(amount)
        elif verb == "batch":
            await self.send_a_batch(amount)
        elif verb == "run" and self.waiting:
            await self.run(amount)
        elif verb == "cancel" and self.waiting:
            canceled = self.waiting.pop()
            async with adapters.books() as books:
                ended = (await books.prediction(canceled.id)).cancel(at=CLOCK.now())
                await books.record(changed=[ended], transfers=ended.settlement())
        elif verb == "refund" and self.done:
            refunded = self.done.pop()
            await RefundPrediction(users=adapters.users, books=adapters.books)(prediction_id=refunded.id)
            self.worth += refunded.charged
        elif verb == "take back" and self.tops:
            reference, paid = self.tops.popitem()
            available = (await self.person.balance()).available
            if paid <= available:
                await ReverseTopUp(users=adapters.users, books=adapters.books)(
                    user_id=self.person.id, payment=reference
                )
                self.worth -= paid

    async def ask(self, rows: int) -> None:
        affordable = rows <= max(0, self.worth - self.held)
        try:
            asked = await self.person.asks(rows)
        except NotEnoughCredits:
            assert not affordable
        else:
            assert affordable
            self.waiting.append(asked)

    async def send_a_batch(self, rows: int) -> None:
        """A batch of two slices. It is run at once."""
        affordable = rows + 1 <= max(0, self.worth - self.held)
        adapters, (batch, slices) = self.person.adapters, a_batch(self.person.id, rows=(1, rows))
        try:
            await accept_batch(adapters, batch, slices)
        except NotEnoughCredits:
            assert not affordable
            return
        assert affordable
        while claimed := await adapters.work.pick(token=(token := uuid4()), lease=LEASE, most=9, most_cost=9):
            valid = [each.prediction.rows - (rows % 2) for each in claimed]
            ended = [finish(each.prediction, valid_rows=of) for each, of in zip(claimed, valid, strict=True)]
            await adapters.work.settle(token, ended)
            self.worth -= sum(each.prediction.charged for each in ended)

    async def run(self, amount: int) -> None:
        token, asked = uuid4(), self.waiting.pop(amount % len(self.waiting))
        [claimed] = await self.person.adapters.claim(asked, token=token)
        finished = finish(claimed.prediction, valid_rows=amount % (asked.rows + 1))
        await self.person.adapters.work.settle(token, [finished])
        self.worth -= finished.prediction.charged
        if finished.prediction.charged:
            self.done.append(finished.prediction)

    async def is_right(self) -> None:
        balance = await self.person.balance()
        assert (balance.available - balance.debt, balance.held) == (self.worth - self.held, self.held)
        assert balance.pending == len(self.waiting)
        lines = await self.person.adapters.balances.statement(self.person.id, limit=1_000)
        said = Counter[str]()
        for line in lines:
            for name in ("available", "held", "debt"):
                said[name] += line.transfer.amount * getattr(line.transfer.kind, f"{name}_sign")
        assert (said["available"], said["held"], said["debt"]) == (
            balance.available,
            balance.held,
            balance.debt,
        )


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 1), st.integers(1, 12)), min_size=5, max_size=25
    )
)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_happens_in_whatever_order_money_never_disagrees(
    adapters: Adapters, steps: list[Step]
) -> None:
    people = [Expected(await person(adapters)) for _ in range(2)]

    for verb, who, amount in steps:
        await people[who].do(verb, amount)
        await people[who].is_right()

    assert await adapters.deviations() == []


async def test_a_return_and_payments_at_once_settle_each_credit_once(adapters: Adapters) -> None:
    ann = await person(adapters)
    charge = await ann.pays(40)
    await ann.spends(40)

    await asyncio.gather(ann.gets_back(charge), *(ann.pays(10) for _ in range(8)), ann.gets_back(charge))

    left = await ann.balance()
    assert left.available - left.debt == 40
    await ann.asks(40)
    assert await adapters.deviations() == []
