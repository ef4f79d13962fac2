"""Transactions over the books together with the records of chats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool, Record
from typing_extensions import override

from augury.application.chats.ports.books import ChatBooks, OpenChatBooks
from augury.application.chats.ports.chats import Chat
from augury.application.chats.ports.payments import StarPayment
from augury.application.people.ports.users import NewUser
from augury.application.ports.books import AlreadyRecorded
from augury.domain.identifiers import UserId
from augury.domain.user import User
from augury.outbound.postgres.books import PostgresBooks
from augury.outbound.postgres.chats import LOCK, chat_of
from augury.outbound.postgres.users import add_user
from augury.outbound.postgres.webhooks import remove_all

USE_LINK = """
UPDATE telegram_links SET chat_id = $2
WHERE digest = $1 AND (chat_id = $2 OR chat_id IS NULL AND expires_at > now())
RETURNING user_id
"""

# The idempotency keys of the absorbed account's predictions and batches move with them. Its other keys are
# deleted.
HAND_OVER = [
    "UPDATE telegram_chats SET user_id = $2, linked_at = now() WHERE user_id = $1",
    "UPDATE telegram_payments SET user_id = $2 WHERE user_id = $1",
    "UPDATE predictions SET user_id = $2 WHERE user_id = $1",
    "UPDATE batches SET user_id = $2 WHERE user_id = $1",
    """
    INSERT INTO idempotency_keys (user_id, key, fingerprint, reference, created_at)
    SELECT $2, key, fingerprint, reference, k.created_at FROM idempotency_keys k
    WHERE k.user_id = $1 AND (
        EXISTS (SELECT FROM predictions p WHERE p.id = reference)
        OR EXISTS (SELECT FROM batches b WHERE b.id = reference)
    )
    ON CONFLICT DO NOTHING
    """,
    # A code that both have redeemed stays with each. It was used twice, unless the absorbed account's
    # redemption is a copy by `let_go`.
    """
    UPDATE promo_redemptions r SET user_id = $2 WHERE user_id = $1 AND NOT EXISTS (
        SELECT FROM promo_redemptions known WHERE known.code = r.code AND known.user_id = $2
    )
    """,
]
# Sessions and keys of the absorbed account do not pass to the other account, since its owner never made them.
FORGET = [
    "DELETE FROM refresh_tokens WHERE user_id = $1",
    "DELETE FROM api_keys WHERE user_id = $1",
    "DELETE FROM balances WHERE user_id = $1",
    "DELETE FROM idempotency_keys WHERE user_id = $1",
    "DELETE FROM telegram_links WHERE user_id = $1",
]
CLOSE = "UPDATE users SET merged_into = $2, closed_at = $3 WHERE id = $1"

# Earlier releases did not store which chat began a session, only that one did.
END_SESSIONS_OF_CHAT = """
DELETE FROM refresh_tokens WHERE user_id = (SELECT user_id FROM telegram_chats WHERE id = $1)
    AND (chat_id = $1 OR (chat_id IS NULL AND client LIKE '%, Telegram'))
"""
# The chat's person cannot redeem again what this person redeemed with the account. With the same reference,
# it is one redemption.
KEEP_REDEEMED = """
INSERT INTO promo_redemptions (code, user_id, reference)
SELECT code, $2, reference FROM promo_redemptions
WHERE user_id = (SELECT user_id FROM telegram_chats WHERE id = $1)
"""
LET_GO = "UPDATE telegram_chats SET user_id = $2, linked_at = NULL WHERE id = $1"
LINK_NOTHING = "DELETE FROM telegram_links WHERE chat_id = $1"
TAKE_PAYMENTS = "UPDATE telegram_payments SET user_id = $2 WHERE charge_id = ANY ($1::text[])"

PAYMENT = """
SELECT charge_id, reference, chat_id, user_id, stars, credits, reversed_at, refunded_at
FROM telegram_payments WHERE charge_id = $1 FOR UPDATE
"""
BOUGHT = """
SELECT p.charge_id, p.reference, p.chat_id, p.user_id, p.stars, p.credits, p.reversed_at, p.refunded_at
FROM telegram_payments p JOIN telegram_chats chat ON chat.id = p.chat_id AND chat.user_id = p.user_id
WHERE chat.id = $1 AND p.reversed_at IS NULL AND p.paid_at >= coalesce(chat.linked_at, '-infinity')
ORDER BY p.charge_id FOR UPDATE OF p
"""
ADD_PAYMENT = """
INSERT INTO telegram_payments (charge_id, reference, chat_id, user_id, stars, credits)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING charge_id
"""
CHANGE_PAYMENT = "UPDATE telegram_payments SET reversed_at = $2, refunded_at = $3 WHERE charge_id = $1"


@dataclass(frozen=True, slots=True)
class PostgresOpenChatBooks(OpenChatBooks):
    pool: Pool

    @override
    def __call__(self) -> ChatBooks:
        return PostgresChatBooks(self.pool)


class PostgresChatBooks(PostgresBooks, ChatBooks):
    @override
    async def use_link(self, digest: bytes, chat_id: int) -> UserId | None:
        user_id: UserId | None = await self._connection.fetchval(USE_LINK, digest, chat_id)
        return user_id

    @override
    async def chat(self, chat_id: int) -> Chat | None:
        row = await self._connection.fetchrow(LOCK, chat_id)
        return chat_of(row) if row else None

    @override
    async def hand_over(self, chat_id: int, *, absorbed: UserId, into: UserId, at: datetime) -> None:
        for statement in HAND_OVER:
            await self._connection.execute(statement, absorbed, into)
        for statement in FORGET:
            await self._connection.execute(statement, absorbed)
        await remove_all(self._connection, absorbed)
        await self._connection.execute(CLOSE, absorbed, into, at)

    @override
    async def add_payment(self, payment: StarPayment) -> None:
        added = await self._connection.fetchval(
            ADD_PAYMENT,
            payment.charge_id,
            payment.reference,
            payment.chat_id,
            payment.user_id,
            payment.stars,
            payment.credits,
        )
        if added is None:
            raise AlreadyRecorded(f"payment {payment.charge_id}")

    @override
    async def payment(self, charge_id: str) -> StarPayment | None:
        row = await self._connection.fetchrow(PAYMENT, charge_id)
        if row is None:
            return None
        return _payment_of(row)

    @override
    async def bought_since_link(self, chat_id: int) -> Sequence[StarPayment]:
        return [_payment_of(row) for row in await self._connection.fetch(BOUGHT, chat_id)]

    @override
    async def let_go(self, chat_id: int, user: User, payments: Sequence[StarPayment]) -> None:
        await add_user(self._connection, NewUser(user=user))
        await self._connection.execute(END_SESSIONS_OF_CHAT, chat_id)
        await self._connection.execute(LINK_NOTHING, chat_id)
        await self._connection.execute(KEEP_REDEEMED, chat_id, user.id)
        await self._connection.execute(LET_GO, chat_id, user.id)
        await self._connection.execute(TAKE_PAYMENTS, [each.charge_id for each in payments], user.id)

    @override
    async def change_payment(self, payment: StarPayment) -> None:
        await self._connection.execute(
            CHANGE_PAYMENT, payment.charge_id, payment.reversed_at, payment.refunded_at
        )


def _payment_of(row: Record) -> StarPayment:
    return StarPayment(**{name: row[name] for name in StarPayment.__slots__})
