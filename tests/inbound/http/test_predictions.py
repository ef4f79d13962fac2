from uuid import UUID

import pytest

from augury.domain.identifiers import PredictionId, uuid7
from tests.http_api import TEXT, Api, is_problem


async def test_the_list_is_newest_first_and_stable_under_inserts(api: Api) -> None:
    member = await api.member(credits=10)
    ids = [(await member.post("/predictions", json=TEXT)).json()["id"] for _ in range(6)]

    page = (await member.get("/predictions?limit=2")).json()
    seen = [item["id"] for item in page["items"]]
    late = (await member.post("/predictions", json=TEXT)).json()["id"]
    while page["next_cursor"]:
        page = (await member.get("/predictions", params={"limit": 2, "cursor": page["next_cursor"]})).json()
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]

    # Ids of one millisecond, perhaps including the late one's, have no order of time.
    assert [each for each in seen if each != late] == sorted(ids, reverse=True)


async def test_a_page_that_is_just_full_is_the_last(api: Api) -> None:
    member = await api.member(credits=2)
    for _ in range(2):
        await member.post("/predictions", json=TEXT)

    assert (await member.get("/predictions?limit=2")).json()["next_cursor"] is None


async def test_the_list_can_be_narrowed_by_status_and_model(api: Api) -> None:
    member = await api.member(credits=2)
    done = (await member.post("/predictions", json=TEXT)).json()["id"]
    await api.hexagon.run_all()
    waiting = (await member.post("/predictions", json=TEXT)).json()["id"]

    async def ids(**params: str) -> list[str]:
        page = (await member.get("/predictions", params=params)).json()
        return [item["id"] for item in page["items"]]

    assert await ids(status="succeeded") == [done]
    assert await ids(status="queued", model="tone") == [waiting]
    assert await ids(model="tone@1") == [waiting, done]
    assert await ids(model="tone@2") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("status=lost", "status"),
        ("cursor=%21", "cursor"),
        ("cursor=AAAA", "cursor"),
        ("cursor=" + "A" * 65, "cursor"),
        ("cursor=%F0%9F%98%80", "cursor"),
        ("cursor=", "cursor"),
        ("model=" + "m" * 129, "model"),
    ],
)
async def test_a_list_refuses_what_it_cannot_read(api: Api, query: str, field: str) -> None:
    member = await api.member()

    response = await member.get(f"/predictions?{query}")

    assert is_problem(response, 422, "wrong-shape")
    assert response.json()["errors"][0]["field"] == field


async def test_canceling_a_queued_prediction_returns_its_credits(api: Api) -> None:
    member = await api.member(credits=1)
    prediction = (await member.post("/predictions", json=TEXT)).json()

    response = await member.post(prediction["urls"]["cancel"])

    assert response.status_code == 200
    assert response.json()["status"] == "canceled"
    assert (await member.get("/balance")).json() == {"available": 1, "held": 0}
    assert is_problem(await member.post(prediction["urls"]["cancel"]), 409, "wrong-status")


async def test_a_finished_prediction_cannot_be_canceled(api: Api) -> None:
    member = await api.member(credits=1)
    prediction = (await member.post("/predictions", json=TEXT)).json()
    await api.hexagon.run_all()

    response = await member.post(prediction["urls"]["cancel"])

    assert is_problem(response, 409, "wrong-status")
    assert response.json()["prediction_status"] == "succeeded"


async def test_a_forgotten_prediction_keeps_its_price_and_nothing_else(api: Api) -> None:
    member = await api.member(credits=1)
    url = (await member.post("/predictions", json=TEXT)).json()["urls"]["self"]
    assert is_problem(await member.delete(url), 409, "wrong-status")
    await api.hexagon.run_all()

    assert (await member.delete(url)).status_code == 204

    forgotten = (await member.get(url)).json()
    assert (forgotten["output"], forgotten["charged"], forgotten["status"]) == (None, 1, "succeeded")


async def test_a_failed_prediction_says_why(api: Api) -> None:
    api.hexagon.predictor.unavailable.add(api.hexagon.model.ref)
    member = await api.member(credits=1)
    url = (await member.post("/predictions", json=TEXT)).json()["urls"]["self"]

    await api.hexagon.run_all()

    failed = (await member.get(url)).json()
    assert (failed["status"], failed["failure"], failed["charged"]) == ("failed", "model_unavailable", 0)


async def test_what_does_not_exist_is_a_404(api: Api) -> None:
    member = await api.member()

    for path in (f"/predictions/{uuid7()}", "/predictions/00000000-0000-0000-0000-000000000000"):
        assert is_problem(await member.get(path), 404, "prediction-not-found")
    assert is_problem(await member.get("/predictions/none"), 404, "not-found")


async def test_a_queued_prediction_is_shown_with_its_place(api: Api) -> None:
    hexagon, member = api.hexagon, await api.member(credits=4)
    ids = [(await member.post("/predictions", json=TEXT)).json()["id"] for _ in range(4)]
    now = 0.0
    hexagon.places._now = lambda: now
    hexagon.backlog.waiting = 4
    await hexagon.places.look()
    first = (await member.get(f"/predictions/{max(ids)}")).json()
    listed = (await member.get("/predictions")).json()["items"]
    of_one_model = (await member.get("/predictions?model=tone")).json()["items"]
    await hexagon.run_predictions([PredictionId(UUID(min(ids)))])
    now = 1.0
    await hexagon.places.look()
    then = (await member.get(f"/predictions/{max(ids)}")).json()
    await hexagon.run_all()
    ended = (await member.get(f"/predictions/{max(ids)}")).json()

    assert first["queue"] == {"ahead": 3, "starts_in": None, "starts_in_p90": None}
    assert then["queue"] == {"ahead": 2, "starts_in": 2.0, "starts_in_p90": 4.0}
    assert "queue" not in ended
    assert {each["id"]: each["queue"]["ahead"] for each in listed} == dict(
        zip(sorted(ids), range(4), strict=True)
    )
    assert of_one_model == listed
    assert all("queue" not in each for each in (await member.get("/predictions")).json()["items"])
