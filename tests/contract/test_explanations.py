"""A worker hears which predictions are to be explained, however it comes by them."""

from uuid import uuid4

from augury.application.ports import Accepted
from augury.application.predictions.ports import ClaimTerms
from augury.domain.prediction import Prediction
from tests.adapters import INPUT, LEASE, Adapters, a_prediction


async def accepted(adapters: Adapters, *explain: int | None) -> list[Prediction]:
    """Bulk predictions of one user in one flight, one for each wish."""
    user_id = await adapters.user(credits=100)
    predictions = sorted((a_prediction(user_id) for _ in explain), key=lambda each: each.id)
    await adapters.accept_all(
        [
            Accepted(each, INPUT, bulk_cost=3, explain=top)
            for each, top in zip(predictions, explain, strict=True)
        ]
    )
    return predictions


async def test_a_pick_says_what_is_to_be_explained(adapters: Adapters) -> None:
    await accepted(adapters, 5, None, 32_767)

    claimed = await adapters.work.pick(token=uuid4(), lease=LEASE, most=9, most_cost=9)

    assert [each.explain for each in claimed] == [5, None, 32_767]


async def test_a_later_attempt_says_it_too(adapters: Adapters) -> None:
    [prediction] = await accepted(adapters, 5)
    token = uuid4()
    await adapters.work.pick(token=token, lease=LEASE, most=9, most_cost=9)
    await adapters.work.hand_back(token, [prediction.id])
    terms = ClaimTerms(token=uuid4(), lease=LEASE, most_rows=9, most_bytes=9_999)

    [claim] = await adapters.work.claim([prediction.id], terms)

    assert claim.explain == 5
