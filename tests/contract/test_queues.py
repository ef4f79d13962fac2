"""What waits in both lanes, as places in the queue are told from it."""

from uuid import uuid4

from augury.domain.lane import Lane
from augury.domain.prediction import Prediction
from tests.adapters import Adapters, a_prediction


async def waiting(adapters: Adapters, credits: int = 100) -> list[Prediction]:
    return await adapters.predictions_of(await adapters.user(credits=credits), credits)


async def test_nothing_waits(adapters: Adapters) -> None:
    standing = await adapters.queues.standing(up_to=None)

    assert (standing.small, dict(standing.bulk), standing.last) == (None, {}, None)


async def test_small_work_is_counted_in_the_order_of_its_acceptance(adapters: Adapters) -> None:
    predictions = await waiting(adapters)

    standing = await adapters.queues.standing(up_to=predictions[29].id)

    places = [standing.before(Lane.SMALL, each.user_id, each.id)[0] for each in predictions]
    assert places[:32] == list(range(32))
    assert all(abs(place - number) <= number / 16 for number, place in enumerate(places))
    assert (standing.last, standing.small_left) == (predictions[-1].id, 30)


async def test_what_was_begun_does_not_wait(adapters: Adapters) -> None:
    predictions = await waiting(adapters, credits=4)
    await adapters.begin(*predictions[:2], token=uuid4())

    standing = await adapters.queues.standing(up_to=predictions[3].id)

    assert standing.begun == {predictions[0].id, predictions[1].id}
    assert standing.before(Lane.SMALL, predictions[3].user_id, predictions[3].id) == (1, 1)
    assert standing.small_left == 2
    await adapters.settled(*predictions[2:])
    assert (await adapters.queues.standing(up_to=None)).small is None


async def test_bulk_work_waits_by_user_with_its_costs_and_shares(adapters: Adapters) -> None:
    one, other = await adapters.user(credits=100), await adapters.user(credits=100)
    mine = sorted((a_prediction(one) for _ in range(3)), key=lambda each: each.id)
    yours = a_prediction(other)
    await adapters.accept(one, *mine, bulk_cost=10)
    await adapters.accept(other, yours, bulk_cost=15)
    await adapters.bulk_lane.set_weight(other, 2)

    standing = await adapters.queues.standing(up_to=mine[1].id)

    assert standing.small is None
    line = standing.bulk[one]
    assert [(each.id, each.waiting, each.cost) for each in line.marks] == [
        (each.id, place, 10.0 * place) for place, each in enumerate(mine, start=1)
    ]
    assert (standing.bulk[other].weight, standing.bulk[other].cost) == (2, 15)
    assert standing.before(Lane.BULK, one, mine[0].id) == (0, 0)
    # Two of the user's own cost 20, in which the other one, with twice the weight, is served whole.
    assert standing.before(Lane.BULK, one, mine[2].id) == (3, 35)
    assert standing.bulk_left >= 20


async def test_a_prediction_that_waits_is_read_with_its_lane(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=3)
    small, bulk, ended = (a_prediction(user_id) for _ in range(3))
    await adapters.accept(user_id, small, ended)
    await adapters.accept(user_id, bulk, bulk_cost=5)
    await adapters.settled(ended)

    stored = [await adapters.predictions.get(each.id, owner=user_id) for each in (small, bulk, ended)]

    assert [each.lane for each in stored] == [Lane.SMALL, Lane.BULK, None]
