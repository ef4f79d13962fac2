"""A worker hears which predictions are to be explained, and how many classes to list, however it comes by
them."""

from uuid import uuid4

from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.ports.work import ClaimTerms
from augury.domain.prediction import Prediction
from tests.adapters import INPUT, LEASE, Adapters, a_prediction


async def accepted(adapters: Adapters, *explain: int | None) -> list[Prediction]:
    """Bulk predictions of one user in one flight, one for each wish."""
    user_id = await adapters.user(credits=100)
    predictions = sorted((a_prediction(user_id) for _ in explain), key=lambda each: each.id)
    await adapters.accept_all(
        [
            Accepted(each, INPUT, bulk_cost=3, explain=top, top=top and top - 1)
            for each, top in zip(predictions, explain, strict=True)
        ]
    )
    return predictions


async def test_a_pick_says_what_is_to_be_explained(adapters: Adapters) -> None:
    await accepted(adapters, 5, None, 32_767)

    claimed = await adapters.work.pick(token=uuid4(), lease=LEASE, most=9, most_cost=9)

    assert [each.explain for each in claimed] == [5, None, 32_767]
    assert [each.top for each in claimed] == [4, None, 32_766]


async def test_a_later_attempt_says_it_too(adapters: Adapters) -> None:
    [prediction] = await accepted(adapters, 5)
    token = uuid4()
    await adapters.work.pick(token=token, lease=LEASE, most=9, most_cost=9)
    await adapters.work.hand_back(token, [prediction.id])
    terms = ClaimTerms(token=uuid4(), lease=LEASE, most_rows=9, most_bytes=9_999)

    [claim] = await adapters.work.claim([prediction.id], terms)

    assert (claim.explain, claim.top) == (5, 4)


async def test_a_run_of_small_work_says_how_many_classes_to_list(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    predictions = sorted((a_prediction(user_id) for _ in range(2)), key=lambda each: each.id)
    await adapters.accept_all([Accepted(predictions[0], INPUT, top=3), Accepted(predictions[1], INPUT)])
    terms = ClaimTerms(token=uuid4(), lease=LEASE, most_rows=9, most_bytes=9_999)

    begun = await adapters.work.begin([each.id for each in predictions], terms)

    assert [each.top for each in begun] == [3, None]
