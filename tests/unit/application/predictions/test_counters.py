"""The use cases' counters, whether the API, worker, bot or sweeper calls them."""

from datetime import timedelta

from tests.hexagon import Hexagon


def counted(hexagon: Hexagon, name: str, **labels: str) -> float | None:
    return hexagon.registry.get_sample_value(name, labels)


async def test_what_is_accepted_and_how_it_ends_is_counted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=9)
    await hexagon.request_prediction(user.id, [{"text": "a"}, {"text": "b"}])
    canceled = await hexagon.request_prediction(user.id)
    await hexagon.cancel_prediction(user_id=user.id, prediction_id=canceled.id)
    await hexagon.run_all()

    assert counted(hexagon, "augury_predictions_accepted_total") == 2
    assert counted(hexagon, "augury_rows_accepted_total") == 3
    assert counted(hexagon, "augury_submit_flight_size_count") == 2
    assert counted(hexagon, "augury_predictions_finished_total", status="succeeded") == 1
    assert counted(hexagon, "augury_predictions_finished_total", status="canceled") == 1
    assert counted(hexagon, "augury_predictions_finished_total", status="expired") == 0
    assert counted(hexagon, "augury_batch_size_count") == 1


async def test_settled_predictions_are_counted_by_lane(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=999)
    await hexagon.request_prediction(user.id)
    await hexagon.request_prediction(user.id, [{"text": "a"}] * 300)

    await hexagon.run_all()

    assert counted(hexagon, "augury_lane_predictions_total", lane="small") == 1
    assert counted(hexagon, "augury_lane_rows_total", lane="small") == 1
    assert counted(hexagon, "augury_lane_predictions_total", lane="bulk") == 1
    assert counted(hexagon, "augury_lane_rows_total", lane="bulk") == 300


async def test_what_is_refused_is_a_submit_but_not_accepted(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    await hexagon.request_predictions([hexagon.request(user.id)])

    assert counted(hexagon, "augury_submit_flight_size_sum") == 1
    assert counted(hexagon, "augury_predictions_accepted_total") == 0


async def test_what_a_sweep_ends_and_requeues_is_counted(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=9)
    await hexagon.request_prediction(user.id)
    await hexagon.request_prediction(user.id, expires_in=timedelta(seconds=1))
    hexagon.clock.advance(timedelta(hours=1))

    await hexagon.sweep(empty_since=hexagon.clock.now())

    assert counted(hexagon, "augury_predictions_requeued_total") == 1
    assert counted(hexagon, "augury_predictions_finished_total", status="expired") == 1
