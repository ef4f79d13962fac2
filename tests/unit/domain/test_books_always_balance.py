"""After any operations in any order, no balance is negative, and the sides of the books agree."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.errors import DomainError
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.prediction import Prediction, Status
from augury.domain.transfer import Account, Transfer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
USERS = [UserId(uuid7()) for _ in range(3)]
users = st.sampled_from(USERS)
amounts = st.integers(min_value=-2, max_value=60)


class Books(RuleBasedStateMachine):
    """A few users who pay, predict, cancel, get refunds, owe credits, and merge their accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.balances = {user: Balance(user) for user in USERS}
        self.transfers: list[Transfer] = []
        self.payments: list[Transfer] = []
        self.predictions: dict[PredictionId, Prediction] = {}
        self.refunded: set[PredictionId] = set()

    def keep(self, balance: Balance, *transfers: Transfer) -> None:
        self.balances[balance.user_id] = balance
        self.transfers += transfers

    def pick(self, data: st.DataObject, *statuses: Status) -> Prediction | None:
        fitting = [each for each in self.predictions.values() if each.status in statuses]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    @rule(user=users, amount=amounts)
    def top_up(self, user: UserId, amount: int) -> None:
        with suppress(DomainError):
            balance, transfers = self.balances[user].top_up(amount, reference=uuid7())
            self.keep(balance, *transfers)
            self.payments.append(transfers[0])

    @rule(user=users, amount=amounts)
    def grant(self, user: UserId, amount: int) -> None:
        with suppress(DomainError):
            balance, transfers = self.balances[user].grant(amount, reference=uuid7())
            self.keep(balance, *transfers)

    @rule(user=users, amount=amounts)
    def reverse(self, user: UserId, amount: int) -> None:
        with suppress(DomainError):
            self.keep(*self.balances[user].reverse(amount, reference=uuid7()))

    @rule(data=st.data(), part=st.integers(min_value=0, max_value=60))
    def return_a_payment(self, data: st.DataObject, part: int) -> None:
        """Telegram returns the payment, perhaps after an administrator took back a part of it."""
        if not self.payments:
            return
        payment = self.payments.pop(data.draw(st.integers(0, len(self.payments) - 1)))
        reversal = None
        if 0 < part < payment.amount:
            with suppress(DomainError):
                balance, reversal = self.balances[payment.user_id].take_back(payment, part)
                self.keep(balance, reversal)
        balance, transfers = self.balances[payment.user_id].charge_back(
            payment.amount, reference=payment.reference, reversal=reversal
        )
        self.keep(balance, *transfers)

    @rule(user=users)
    def close(self, user: UserId) -> None:
        balance = self.balances[user]
        if not balance.held:
            for transfer in balance.clear(reference=uuid7()):
                balance = balance.after(transfer)
                self.keep(balance, transfer)
            assert (balance.available, balance.debt) == (0, 0)

    @rule(
        user=users,
        rows=st.integers(min_value=1, max_value=9),
        row_price=st.integers(min_value=0, max_value=9),
        text_price=st.integers(min_value=0, max_value=5),
        text_bytes=st.integers(min_value=0, max_value=5_000),
    )
    def request(self, user: UserId, rows: int, row_price: int, text_price: int, text_bytes: int) -> None:
        prediction = Prediction(
            id=PredictionId(uuid7()),
            user_id=user,
            model=ModelRef("tone", 1),
            rows=rows,
            row_price=row_price,
            text_price=text_price,
            text_bytes=text_bytes,
            created_at=NOW,
        )
        before = self.balances[user]
        free = before.available - before.debt
        assert before.spendable == max(0, free)
        try:
            balance, transfers = self.balances[user].hold(prediction.price, reference=prediction.id)
        except NotEnoughCredits:
            assert prediction.price > before.spendable
        else:
            assert prediction.price <= before.spendable
            self.keep(balance, *transfers)
            self.predictions[prediction.id] = prediction

    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        if prediction := self.pick(data, Status.QUEUED):
            self.predictions[prediction.id] = prediction.start(at=NOW)

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        if prediction := self.pick(data, Status.PROCESSING):
            valid_rows = data.draw(st.integers(min_value=0, max_value=prediction.rows))
            unpredicted = data.draw(st.integers(min_value=0, max_value=prediction.text_bytes))
            self.settle(prediction.finish(valid_rows=valid_rows, unpredicted_text_bytes=unpredicted, at=NOW))

    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        if prediction := self.pick(data, Status.PROCESSING):
            abandoned = prediction.abandon(at=NOW)
            self.predictions[prediction.id] = abandoned
            if abandoned.status.is_final:
                self.settle(abandoned)

    @rule(data=st.data(), expires=st.booleans())
    def end_before_it_starts(self, data: st.DataObject, expires: bool) -> None:
        if prediction := self.pick(data, Status.QUEUED):
            self.settle(prediction.expire(at=NOW) if expires else prediction.cancel(at=NOW))

    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        prediction = self.pick(data, Status.SUCCEEDED)
        if prediction and prediction.charged and prediction.id not in self.refunded:
            self.refunded.add(prediction.id)
            self.keep(*self.balances[prediction.user_id].refund(prediction.charged, reference=prediction.id))

    @rule(absorbed=users, other=users)
    def merge(self, absorbed: UserId, other: UserId) -> None:
        if absorbed != other:
            before, after, transfers = self.balances[absorbed].merge_into(self.balances[other])
            self.keep(before)
            self.keep(after, *transfers)

    def settle(self, prediction: Prediction) -> None:
        self.predictions[prediction.id] = prediction
        balance, transfers = self.balances[prediction.user_id], prediction.settlement()
        for transfer in transfers:
            balance = balance.after(transfer)
        self.keep(replace(balance, pending=balance.pending - 1), *transfers)

    @invariant()
    def nothing_is_negative(self) -> None:
        for balance in self.balances.values():
            assert min(balance.available, balance.held, balance.pending, balance.debt) >= 0

    @invariant()
    def what_was_given_is_with_the_users_or_earned(self) -> None:
        house = Counter[Account]()
        for transfer in self.transfers:
            house[transfer.kind.source] -= transfer.amount
            house[transfer.kind.target] += transfer.amount
        kept = sum(balance.available + balance.held - balance.debt for balance in self.balances.values())
        assert -house[Account.FUNDING] - house[Account.PROMOTION] == kept + house[Account.REVENUE]

    @invariant()
    def every_balance_is_explained_by_its_transfers(self) -> None:
        explained = {user: Balance(user) for user in USERS}
        for transfer in self.transfers:
            for user in filter(None, (transfer.user_id, transfer.to_user_id)):
                explained[user] = explained[user].after(transfer)
        unsettled = Counter(each.user_id for each in self.predictions.values() if not each.status.is_final)
        assert self.balances == {
            user: replace(balance, pending=unsettled[user]) for user, balance in explained.items()
        }

    @invariant()
    def what_is_held_is_the_price_of_what_is_under_way(self) -> None:
        prices = Counter[UserId]()
        for prediction in self.predictions.values():
            if not prediction.status.is_final:
                prices[prediction.user_id] += prediction.price
        assert {user: balance.held for user, balance in self.balances.items()} == {
            user: prices[user] for user in USERS
        }


TestBooksAlwaysBalance = Books.TestCase
TestBooksAlwaysBalance.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
