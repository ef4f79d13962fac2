from dataclasses import dataclass
from uuid import UUID

from augury.application.money.acts import moved_credits
from augury.application.money.payments import payment_reference
from augury.application.money.ports import Moved
from augury.application.people.ports.users import Users
from augury.application.ports.books import AlreadyRecorded, Books, OpenBooks
from augury.application.retrying import retried
from augury.domain.audit import Action, Author
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.payment import AlreadyReversed, TopUpNotFound
from augury.domain.transfer import Transfer, TransferKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseTopUp:
    """Take back a mistaken top-up, or some of it, once, and at most the available credits."""

    users: Users
    books: OpenBooks

    async def __call__(
        self,
        *,
        user_id: UserId,
        payment: str,
        amount: int | None = None,
        key: tuple[UserId, IdempotencyKey] | None = None,
        author: Author | None = None,
    ) -> Moved:
        """Returns the balance afterwards. A repeated `key` of the same caller changes nothing.

        `payment` is the name of the top-up's payment, or its reference in the statement. Without an `amount`,
        all of it is taken back. Raises `UserNotFound`, `TopUpNotFound` (also for another user's),
        `InvalidAmount`, `NotReversible` if less is available, `AlreadyReversed`, `IdempotencyConflict`.
        """
        await self.users.get(user_id)
        top_up = payment_reference(payment)
        try:
            return await retried(lambda: self._reverse(user_id, top_up, amount, key, author))
        except AlreadyRecorded:
            raise AlreadyReversed from None

    async def _reverse(
        self,
        user_id: UserId,
        top_up: UUID,
        amount: int | None,
        key: tuple[UserId, IdempotencyKey] | None,
        author: Author | None,
    ) -> Moved:
        async with self.books() as books:
            opened = await books.open([user_id], [(key[0], key[1].key)] if key else [])
            balance = opened.balance(user_id)
            if key and opened.repeats(*key):
                return Moved(balance, replayed=True)
            if await _is_taken_back(books, top_up):
                if key and (await books.open([], [(key[0], key[1].key)])).repeats(*key):
                    return Moved(balance, replayed=True)  # by a concurrent repetition of this request
                raise AlreadyReversed
            before = balance
            balance, reversal = balance.take_back(await _top_up_of(books, user_id, top_up), amount)
            await books.record(transfers=[reversal], keys={key[0]: (key[1], top_up)} if key else None)
            await books.note(moved_credits(Action.TAKE_BACK, before, balance, top_up, author))
        return Moved(balance)


async def _is_taken_back(books: Books, top_up: UUID) -> bool:
    """Whether the top-up was reversed, or the return of its payment was booked as a reversal or a debt."""
    kinds = (TransferKind.REVERSAL, TransferKind.DEBT)
    return any([await books.transfer(top_up, kind) for kind in kinds])


async def _top_up_of(books: Books, user_id: UserId, reference: UUID) -> Transfer:
    """Raises `TopUpNotFound`."""
    top_up = await books.transfer(reference, TransferKind.TOP_UP)
    if top_up is None or not await _has_become(books, top_up.user_id, user_id):
        raise TopUpNotFound
    return top_up


async def _has_become(books: Books, account: UserId, user_id: UserId) -> bool:
    """Whether `account` is the user's own or was merged into it."""
    while account != user_id:
        merge = await books.transfer(account, TransferKind.MERGE)
        if merge is None or merge.to_user_id is None:
            return False
        account = merge.to_user_id
    return True
