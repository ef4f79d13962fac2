from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.identifiers import UserId
from augury.domain.transfer import (
    BETWEEN_USERS,
    MOST_CREDITS,
    BooksDisagree,
    InvalidAmount,
    Transfer,
    TransferKind,
    settlement,
)

ANN, BEN = UserId(UUID(int=1)), UserId(UUID(int=2))
SAKE = UUID(int=3)


def test_a_hold_sets_credits_aside_and_counts_the_prediction_as_pending() -> None:
    balance, transfers = Balance(ANN, available=5).hold(3, reference=SAKE)

    assert balance == Balance(ANN, available=2, held=3, pending=1)
    assert transfers == (Transfer(TransferKind.HOLD, ANN, 3, SAKE),)


def test_a_hold_beyond_what_is_available_is_refused_with_both_numbers() -> None:
    with pytest.raises(NotEnoughCredits) as refusal:
        Balance(ANN, available=2, held=100).hold(3, reference=SAKE)

    assert (refusal.value.available, refusal.value.price) == (2, 3)


def test_a_free_prediction_moves_nothing_but_is_pending_all_the_same() -> None:
    assert Balance(ANN).hold(0, reference=SAKE) == (Balance(ANN, pending=1), ())
    assert settlement(ANN, price=0, charged=0, reference=SAKE) == ()


@given(st.integers(min_value=1, max_value=MOST_CREDITS), st.data())
def test_a_settlement_captures_what_was_earned_and_releases_the_rest(price: int, data: st.DataObject) -> None:
    charged = data.draw(st.integers(min_value=0, max_value=price))

    transfers = settlement(ANN, price=price, charged=charged, reference=SAKE)

    assert reduce(Balance.after, transfers, Balance(ANN, held=price)) == Balance(ANN, price - charged)
    assert {each.kind: each.amount for each in transfers} == {
        kind: amount
        for kind, amount in ((TransferKind.CAPTURE, charged), (TransferKind.RELEASE, price - charged))
        if amount
    }


@pytest.mark.parametrize(("price", "charged"), [(1, 2), (0, 1), (5, -1)])
def test_a_settlement_that_takes_more_than_was_held_is_impossible(price: int, charged: int) -> None:
    with pytest.raises(InvalidAmount):
        settlement(ANN, price=price, charged=charged, reference=SAKE)


def test_a_settlement_of_what_nobody_holds_shows_that_the_books_disagree() -> None:
    for charged in (0, 2):
        [transfer] = settlement(ANN, price=2, charged=charged, reference=SAKE)
        with pytest.raises(BooksDisagree):
            Balance(ANN, held=1).after(transfer)


def test_a_payment_is_returned_up_to_what_is_available() -> None:
    balance, transfer = Balance(ANN, available=5, held=4).reverse(5, reference=SAKE)

    assert balance == Balance(ANN, held=4)
    assert transfer == Transfer(TransferKind.REVERSAL, ANN, 5, SAKE)
    with pytest.raises(NotEnoughCredits):
        balance.reverse(1, reference=SAKE)


def test_a_refund_gives_back_what_was_captured() -> None:
    assert Balance(ANN).refund(2, reference=SAKE) == (
        Balance(ANN, available=2),
        Transfer(TransferKind.REFUND, ANN, 2, SAKE),
    )


def test_a_merge_moves_everything_available_and_leaves_holds_where_they_are() -> None:
    absorbed, other, transfers = Balance(ANN, available=5, held=2).merge_into(Balance(BEN, available=1))

    assert absorbed == Balance(ANN, held=2)
    assert other == Balance(BEN, available=6)
    assert transfers == (Transfer(TransferKind.MERGE, ANN, 5, ANN, BEN),)


def test_a_merge_of_nothing_is_no_transfer() -> None:
    assert Balance(ANN).merge_into(Balance(BEN, 1)) == (Balance(ANN), Balance(BEN, 1), ())


def test_an_account_cannot_be_merged_into_itself_and_so_double_its_credits() -> None:
    with pytest.raises(ValueError, match="same account"):
        Balance(ANN, available=5).merge_into(Balance(ANN, available=5))


def test_only_a_merge_names_a_second_user() -> None:
    with pytest.raises(ValueError, match="merge"):
        Transfer(TransferKind.MERGE, ANN, 1, SAKE)
    with pytest.raises(ValueError, match="top_up"):
        Transfer(TransferKind.TOP_UP, ANN, 1, SAKE, BEN)


def test_a_balance_is_not_moved_by_other_peoples_transfers() -> None:
    with pytest.raises(ValueError, match="other accounts"):
        Balance(ANN).after(Transfer(TransferKind.TOP_UP, BEN, 1, SAKE))


@pytest.mark.parametrize("amount", [0, -1, MOST_CREDITS + 1, 10**30])
def test_an_amount_that_is_not_positive_or_beyond_the_limit_is_refused(amount: int) -> None:
    balance = Balance(ANN, available=MOST_CREDITS)

    for move in (balance.top_up, balance.grant, balance.refund):
        with pytest.raises(InvalidAmount):
            move(amount, reference=SAKE)


def test_nobody_can_have_more_than_the_limit_held_credits_included() -> None:
    balance, _ = Balance(ANN, available=MOST_CREDITS).hold(10, reference=SAKE)

    with pytest.raises(InvalidAmount):
        balance.top_up(1, reference=SAKE)


def test_a_hold_at_the_limit_can_always_be_released() -> None:
    balance, _ = Balance(ANN, available=MOST_CREDITS).hold(10, reference=SAKE)

    [release] = settlement(ANN, price=10, charged=0, reference=SAKE)

    assert balance.after(release) == Balance(ANN, available=MOST_CREDITS, pending=1)


@pytest.mark.parametrize("kind", list(TransferKind))
def test_what_a_kind_does_to_a_balance_follows_from_its_two_sides(kind: TransferKind) -> None:
    to = BEN if kind in BETWEEN_USERS else None
    before = Balance(ANN, available=10, held=10, debt=10)

    after = before.after(Transfer(kind, ANN, 4, SAKE, to))

    expected = {
        TransferKind.TOP_UP: (14, 10, 10),
        TransferKind.GRANT: (14, 10, 10),
        TransferKind.HOLD: (6, 14, 10),
        TransferKind.CAPTURE: (10, 6, 10),
        TransferKind.RELEASE: (14, 6, 10),
        TransferKind.REFUND: (14, 10, 10),
        TransferKind.REVERSAL: (6, 10, 10),
        TransferKind.MERGE: (6, 10, 10),
        TransferKind.SPLIT: (6, 10, 10),
        TransferKind.DEBT: (10, 10, 14),
        TransferKind.REPAYMENT: (6, 10, 6),
        TransferKind.WRITE_OFF: (10, 10, 6),
    }
    assert (after.available, after.held, after.debt) == expected[kind]


def test_of_a_payment_that_was_returned_what_is_left_is_reversed_and_the_rest_is_owed() -> None:
    balance, transfers = Balance(ANN, available=3, held=4).charge_back(10, reference=SAKE)

    assert balance == Balance(ANN, held=4, debt=7)
    assert transfers == (
        Transfer(TransferKind.REVERSAL, ANN, 3, SAKE),
        Transfer(TransferKind.DEBT, ANN, 7, SAKE),
    )


def test_what_an_administrator_took_back_of_a_payment_is_not_taken_again_when_it_is_returned() -> None:
    reversal = Transfer(TransferKind.REVERSAL, ANN, 6, SAKE)

    balance, transfers = Balance(ANN, available=3).charge_back(10, reference=SAKE, reversal=reversal)

    assert (balance.spendable, balance.owed) == (0, 1)
    assert transfers == (Transfer(TransferKind.DEBT, ANN, 4, SAKE),)


@pytest.mark.parametrize("kind", [TransferKind.TOP_UP, TransferKind.GRANT])
@pytest.mark.parametrize(("amount", "repaid"), [(2, 2), (5, 5), (8, 5)])
def test_new_credits_settle_a_debt_first(kind: TransferKind, amount: int, repaid: int) -> None:
    owing = Balance(ANN, debt=5)
    move = owing.top_up if kind is TransferKind.TOP_UP else owing.grant

    balance, transfers = move(amount, reference=SAKE)

    assert balance == Balance(ANN, available=amount - repaid, debt=5 - repaid)
    assert transfers == (
        Transfer(kind, ANN, amount, SAKE),
        Transfer(TransferKind.REPAYMENT, ANN, repaid, SAKE),
    )


def test_credits_that_came_back_settle_a_debt_before_they_are_spent() -> None:
    balance, transfers = Balance(ANN, available=8, debt=5).hold(2, reference=SAKE)

    assert balance == Balance(ANN, available=1, held=2, pending=1)
    assert transfers == (
        Transfer(TransferKind.REPAYMENT, ANN, 5, SAKE),
        Transfer(TransferKind.HOLD, ANN, 2, SAKE),
    )


def test_who_owes_cannot_spend_what_the_debt_claims() -> None:
    owing = Balance(ANN, available=8, debt=5)

    for spend in (owing.hold, owing.reverse):
        with pytest.raises(NotEnoughCredits) as refusal:
            spend(4, reference=SAKE)
        assert refusal.value.available == 3
    assert owing.split_off(Balance(BEN), 8, reference=SAKE)[0].available == 5


def test_the_debt_of_a_closed_account_is_written_off() -> None:
    assert Balance(ANN, available=3, debt=5).clear(reference=SAKE) == (
        Transfer(TransferKind.REPAYMENT, ANN, 3, SAKE),
        Transfer(TransferKind.WRITE_OFF, ANN, 2, SAKE),
    )
    assert Balance(ANN, available=5, debt=3).clear(reference=SAKE) == (
        Transfer(TransferKind.REPAYMENT, ANN, 3, SAKE),
        Transfer(TransferKind.REVERSAL, ANN, 2, SAKE),
    )
    assert Balance(ANN).clear(reference=SAKE) == ()
