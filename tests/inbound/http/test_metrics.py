import asyncio
import math
import re

from augury.domain.identifiers import uuid7
from tests.http_api import TEXT, Api


async def numbers(api: Api) -> dict[str, float]:
    text = (await api.client().get("/metrics")).text
    return {
        name: float(value) for name, value in re.findall(r"^(\w[^ ]*) (NaN|[0-9.e+-]+)$", text, re.MULTILINE)
    }


async def test_answers_are_counted_by_route_method_and_status(api: Api) -> None:
    member = await api.member()
    for _ in range(3):
        await member.get(f"/predictions/{uuid7()}")

    counted = await numbers(api)

    name = 'augury_http_requests_total{method="GET",route="/predictions/{prediction_id}",status="404"}'
    assert counted[name] == 3


async def test_accepted_predictions_and_their_flights_are_counted(api: Api) -> None:
    member = await api.member(credits=4)

    await asyncio.gather(*(member.post("/predictions", json=TEXT) for _ in range(5)))

    counted = await numbers(api)
    assert counted["augury_predictions_accepted_total"] == 4
    assert counted["augury_rows_accepted_total"] == 4
    assert counted["augury_submit_flight_size_sum"] == 5


async def test_no_caller_can_make_new_labels(api: Api) -> None:
    async def wander(name: str) -> None:
        await api.client().get(f"/{name}")
        await api.client().get(f"/models/{name}")
        await api.client().request(name.upper(), "/models")

    await wander("first")
    await numbers(api)
    before = set(await numbers(api))

    for number in range(20):
        await wander(f"other{number}")

    assert set(await numbers(api)) == before
    assert any("unmatched" in name for name in before)


async def test_the_last_check_of_the_books_is_told_whoever_made_it(api: Api) -> None:
    before = await numbers(api)
    assert math.isnan(before["augury_ledger_last_check_age_seconds"])
    assert math.isnan(before["augury_ledger_last_check_deviations"])

    await api.hexagon.ledger.verify()

    after = await numbers(api)
    assert after["augury_ledger_last_check_deviations"] == 0
    assert after["augury_ledger_last_check_timestamp_seconds"] == api.hexagon.clock.now().timestamp()
    assert 0 <= after["augury_ledger_last_check_age_seconds"] < 3600


async def test_metrics_are_told_while_the_books_are_away(api: Api) -> None:
    await api.hexagon.ledger.verify()
    api.hexagon.memory.away = True

    assert math.isnan((await numbers(api))["augury_ledger_last_check_deviations"])


async def test_what_the_worker_of_the_same_process_does_stands_on_the_same_page(api: Api) -> None:
    member = await api.member(credits=4)
    await member.post("/predictions", json=TEXT)
    canceled = (await member.post("/predictions", json=TEXT)).json()
    await member.post(canceled["urls"]["cancel"])

    await api.hexagon.run_all()

    counted = await numbers(api)
    assert counted['augury_predictions_finished_total{status="succeeded"}'] == 1
    assert counted['augury_predictions_finished_total{status="canceled"}'] == 1
    assert counted["augury_batch_size_sum"] == 1
