"""An account is closed while its owner submits, cancels, sends a batch, and adds keys and webhooks."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.batches.ports import NotStored, input_name
from augury.application.batches.purge_batches import PurgeBatches
from augury.application.batches.receive_batch import ReceiveBatch
from augury.application.limits import Limits
from augury.application.people.close_account import CloseAccount
from augury.application.people.known_callers import KnownCallers
from augury.application.ports import Unavailable
from augury.domain.balance import Balance
from augury.domain.batch import Batch
from augury.domain.errors import DomainError
from augury.domain.identifiers import BatchId, UserId, uuid7
from augury.domain.prediction import Prediction, Status
from augury.domain.user import CreditsLeft, PredictionsUnderWay, UserNotFound
from augury.outbound.system_clock import SystemClock
from tests.adapters import MODEL, Adapters, a_prediction
from tests.contract.test_key_spending import a_key, accept, holds_of
from tests.contract.test_webhooks import a_webhook


class Owner:
    def __init__(self, adapters: Adapters, user_id: UserId, dice: random.Random) -> None:
        self.adapters = adapters
        self.id = user_id
        self.dice = dice
        self.closes = CloseAccount(
            users=adapters.users,
            books=adapters.books,
            known=KnownCallers(Limits()),
            clock=SystemClock(),
        )

    async def submits_and_ends(self) -> None:
        key_id = await a_key(self.adapters, self.id)
        prediction = a_prediction(self.id, rows=2)
        if not await accept(self.adapters, key_id, prediction):
            return
        if self.dice.random() < 0.5:
            await self.cancels(prediction)
        await self.adapters.settled(prediction)

    async def cancels(self, prediction: Prediction) -> None:
        async with self.adapters.books() as books:
            found = await books.prediction(prediction.id)
            await books.open([self.id])
            if found.status is Status.QUEUED:
                canceled = found.cancel(at=datetime.now(UTC))
                await books.record(changed=[canceled], transfers=canceled.settlement())

    async def sends_a_batch(self) -> None:
        batch_id, now = BatchId(uuid7()), datetime.now(UTC)
        await self.adapters.batches.receive(batch_id, owner=self.id, at=now)
        await asyncio.sleep(self.dice.random() / 50)
        [part] = [a_prediction(self.id, rows=3, expires_at=now + timedelta(days=7))]
        batch = Batch(id=batch_id, user_id=self.id, model=MODEL, rows=3, slices=1, price=3, created_at=now)
        async with self.adapters.books() as books:
            (await books.open([self.id])).balance(self.id)
            await books.accept_batch(batch, [part], holds_of(part), None, costs=[3], spender=None)

    async def adds(self) -> None:
        await self.adapters.webhooks.add(a_webhook(self.id), most=100)
        await a_key(self.adapters, self.id)

    async def closes_it(self) -> bool:
        for _ in range(20):
            try:
                await self.closes(user_id=self.id, forfeit=100)
            except (PredictionsUnderWay, CreditsLeft, Unavailable):
                await asyncio.sleep(0.002)
            else:
                return True
        return False


async def ends(work: Awaitable[object]) -> object:
    """Every refusal is one of the domain's, or asks to try again."""
    try:
        return await work
    except (DomainError, Unavailable) as refusal:
        return refusal


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_comes_first_the_books_balance_and_a_closed_account_has_nothing(
    adapters: Adapters, seed: int
) -> None:
    dice = random.Random(seed)
    owner = Owner(adapters, await adapters.user(credits=40), dice)
    acts: list[Callable[[], Awaitable[object]]] = [owner.submits_and_ends] * 6
    acts += [owner.adds] * 3 + [owner.sends_a_batch] * (seed % 2)
    dice.shuffle(acts)
    acts.insert(dice.randrange(len(acts)), owner.closes_it)
    await asyncio.gather(*(ends(act()) for act in acts))

    batches = await adapters.batches.page(owner.id, limit=1)
    if await is_open(adapters, owner.id):
        assert await owner.closes_it() is not bool(batches), "only an accepted batch keeps it open"

    assert await adapters.deviations() == []
    if not batches:
        assert await adapters.balance(owner.id) == Balance(owner.id)
        assert await adapters.api_keys.of(owner.id) == []
        assert await adapters.webhooks.page(owner.id, limit=9) == []
        assert await accept(adapters, uuid4(), a_prediction(owner.id)) == {}


async def is_open(adapters: Adapters, user_id: UserId) -> bool:
    try:
        await adapters.users.get(user_id)
    except UserNotFound:
        return False
    return True


async def test_an_upload_that_outlives_its_account_leaves_no_rows(adapters: Adapters) -> None:
    """The account is closed and its batches are purged while the upload goes on."""
    user_id = await adapters.user(credits=3)
    receive = ReceiveBatch(
        batches=adapters.batches,
        books=adapters.books,
        store=adapters.batch_store,
        models=adapters.models,
        clock=SystemClock(),
        limits=Limits(),
    )

    async with receive(user_id=user_id, model=MODEL.name) as receipt:
        await adapters.batch_store.put(receipt.batch_id, input_name(0), b"rows")
        await Owner(adapters, user_id, random.Random(0)).closes(user_id=user_id, forfeit=3)
        await PurgeBatches(batches=adapters.batches, store=adapters.batch_store, limits=Limits())()
        await adapters.batch_store.put(receipt.batch_id, input_name(1), b"more rows")

    for number in range(2):
        with pytest.raises(NotStored):
            await adapters.batch_store.get(receipt.batch_id, input_name(number))
