"""What a check of the books finds wrong. Pages word the code in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self, TypeAlias

Value: TypeAlias = str | int


class DeviationCode(StrEnum):
    """The values are stored, so their meaning never changes."""

    AS_WRITTEN = "as_written"
    """Words of an older release, or a code of a newer one."""
    MORE = "more"
    ALL_BOOKS = "all_books"
    BALANCE = "balance"
    NO_BALANCE = "no_balance"
    IMPOSSIBLE_TRANSFER = "impossible_transfer"
    SETTLEMENT = "settlement"
    BATCH = "batch"
    CHARGE = "charge"
    TRANSFER_TWICE = "transfer_twice"
    KEY_TWICE = "key_twice"
    NOT_UNFINISHED = "not_unfinished"
    STILL_UNFINISHED = "still_unfinished"
    ABANDONED = "abandoned"
    KEY_OF_NOTHING = "key_of_nothing"
    REFUND = "refund"
    DEBT = "debt"
    PROMO_CODE = "promo_code"


WORDS: Mapping[DeviationCode, str] = {
    DeviationCode.AS_WRITTEN: "{text}",
    DeviationCode.MORE: "and {count} more like the last",
    DeviationCode.ALL_BOOKS: "all books: {given} came in, but users have {kept} and {revenue} was earned",
    DeviationCode.BALANCE: "user {user}: the balance is {available} available, {held} held, {pending} "
    "pending, {debt} owed; its transfers and predictions say {said_available}, {said_held}, {said_pending}, "
    "{said_debt}",
    DeviationCode.NO_BALANCE: "user {user}: there is no balance",
    DeviationCode.IMPOSSIBLE_TRANSFER: "transfer {sequence} of user {user}: the balance does not allow it",
    DeviationCode.SETTLEMENT: "prediction {prediction} of user {user} is {status}: held {held}, captured "
    "{captured}, released {released}; it says {said_held}, {said_captured}, {said_released}",
    DeviationCode.BATCH: "batch {batch} of user {user} has {slices} slices of {rows} rows, and {done} rows "
    "done; its slices say {said_slices}, {said_rows}, {said_done}",
    DeviationCode.CHARGE: "prediction {prediction} is {status} with {charged} of {rows} rows charged",
    DeviationCode.TRANSFER_TWICE: "transfer {kind} of {reference} exists {count} times",
    DeviationCode.KEY_TWICE: "idempotency key {key} of user {user} has {count} predictions",
    DeviationCode.NOT_UNFINISHED: "prediction {prediction} is {status} and not among the unfinished",
    DeviationCode.STILL_UNFINISHED: "prediction {prediction} is {status} and still among the unfinished",
    DeviationCode.ABANDONED: "prediction {prediction} is processing, but its lease ended {seconds} seconds "
    "before the check",
    DeviationCode.KEY_OF_NOTHING: "idempotency key {key} of user {user} refers to no prediction, batch or "
    "transfer",
    DeviationCode.REFUND: "prediction {prediction}: {refunded} refunded, but {captured} captured",
    DeviationCode.DEBT: "payment {payment}: {owed} owed and {reversed} reversed, but {paid} paid",
    DeviationCode.PROMO_CODE: "promo code {promo}: used {used} times, redeemed {redeemed} times with "
    "{grants} grants",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    code: DeviationCode
    values: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def of(cls, code: DeviationCode, **values: Value) -> Self:
        """`values` are those that the words of this code name in braces."""
        return cls(code, values)

    @classmethod
    def written(cls, text: str) -> Self:
        return cls.of(DeviationCode.AS_WRITTEN, text=text)

    def __str__(self) -> str:
        """English words, for logs and programs."""
        return WORDS[self.code].format(**self.values)
