"""A batch is accepted for the price of all its rows, or not at all."""

from dataclasses import replace

import pytest

from augury.application.batches.accept_batch import Received, ReceivedSlice
from augury.domain.balance import Balance, NotEnoughCredits
from tests.hexagon import Hexagon


async def test_a_debt_counts_before_the_whole_batch(hexagon: Hexagon) -> None:
    """The refusal names what the user can spend and what the batch costs, not what is left for a slice."""
    user = await hexagon.user(credits=15)
    hexagon.memory.state.balances[user.id] = Balance(user.id, available=15, debt=10)

    async with hexagon.receive_batch(user_id=user.id, model="tone@1") as receipt:
        received = Received(
            id=receipt.batch_id,
            user_id=user.id,
            model=replace(receipt.model, row_price=1),
            slices=[ReceivedSlice(rows=2, text_bytes=0)] * 6,
        )
        with pytest.raises(NotEnoughCredits) as refused:
            await hexagon.accept_batch(received)

    assert (refused.value.available, refused.value.price) == (5, 12)
    assert await hexagon.balances.of(user.id) == Balance(user.id, available=15, debt=10)
