"""The effects of transfers on balances, as arrays for a set-based statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from asyncpg import Record

from augury.domain.identifiers import UserId
from augury.domain.transfer import Transfer, TransferKind


@dataclass(slots=True)
class Move:
    """The change of one user's balance."""

    available: int = 0
    held: int = 0
    pending: int = 0
    debt: int = 0


@dataclass(slots=True)
class Moves:
    """The changes of the balances, by user."""

    by_user: dict[UserId, Move] = field(default_factory=dict)

    def of(self, user_id: UserId) -> Move:
        return self.by_user.setdefault(user_id, Move())

    def add(self, transfers: Iterable[Transfer]) -> None:
        for transfer in transfers:
            move = self.of(transfer.user_id)
            move.available += transfer.kind.available_sign * transfer.amount
            move.held += transfer.kind.held_sign * transfer.amount
            move.debt += transfer.kind.debt_sign * transfer.amount
            if transfer.to_user_id is not None:
                self.of(transfer.to_user_id).available += transfer.amount

    def columns(self) -> tuple[list[object], ...]:
        """The columns user_id, available, held and pending."""
        moves = self.by_user.values()
        return (
            list(self.by_user),
            [move.available for move in moves],
            [move.held for move in moves],
            [move.pending for move in moves],
        )


def transfer_columns(transfers: Sequence[Transfer]) -> tuple[list[object], ...]:
    """The columns reference, kind, user_id, to_user_id and amount."""
    return (
        [transfer.reference for transfer in transfers],
        [transfer.kind for transfer in transfers],
        [transfer.user_id for transfer in transfers],
        [transfer.to_user_id for transfer in transfers],
        [transfer.amount for transfer in transfers],
    )


def transfer_of(row: Record) -> Transfer:
    return Transfer(
        TransferKind(row["kind"]), row["user_id"], row["amount"], row["reference"], row["to_user_id"]
    )
