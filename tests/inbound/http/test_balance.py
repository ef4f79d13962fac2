import csv
import io
import re
from typing import Any

from augury.domain.identifiers import uuid7
from tests.http_api import TEXT, Api, is_problem


async def statement_of(api: Api) -> tuple[list[dict[str, Any]], str]:
    member = await api.member(credits=5)
    prediction_id = (await member.post("/predictions", json={"data": [{"text": "a"}, {"txt": 1}]})).json()[
        "id"
    ]
    await api.hexagon.run_all()
    page = (await member.get("/balance/transfers")).json()
    assert page["next_cursor"] is None
    return page["items"], prediction_id


async def test_the_statement_explains_the_balance(api: Api) -> None:
    items, prediction_id = await statement_of(api)

    assert sum(item["available_change"] for item in items) == 4
    assert sum(item["held_change"] for item in items) == 0
    assert [item["kind"] for item in items][-1] == "top_up"
    assert {item["kind"]: item["amount"] for item in items} == {
        "top_up": 5,
        "hold": 2,
        "capture": 1,
        "release": 1,
    }
    assert {item["reference"] for item in items if item["kind"] != "top_up"} == {prediction_id}


async def test_the_statement_comes_in_pages(api: Api) -> None:
    member = await api.member(credits=3)
    for _ in range(3):
        await member.post("/predictions", json=TEXT)
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 2}
    while True:
        page = (await member.get("/balance/transfers", params=params)).json()
        seen += [item["kind"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]

    assert seen == ["hold", "hold", "hold", "top_up"]


async def test_the_statement_is_csv_for_whoever_wants_it(api: Api) -> None:
    member = await api.member(credits=3)
    await member.post("/predictions", json=TEXT)
    expected = (await member.get("/balance/transfers")).json()["items"]

    response = await member.get("/balance/transfers?limit=1", headers={"Accept": "text/csv"})

    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    [row] = csv.DictReader(io.StringIO(response.text))
    assert row == {name: str(value) for name, value in expected[0].items()}
    found = re.fullmatch(r'<(.+)>; rel="next"', response.headers["link"])
    assert found
    rest = await member.get(found[1], headers={"Accept": "text/csv"})
    assert [row["kind"] for row in csv.DictReader(io.StringIO(rest.text))] == ["top_up"]
    assert "link" not in rest.headers


async def test_json_is_for_whoever_does_not_care(api: Api) -> None:
    member = await api.member()
    for accept in ("*/*", "application/json, text/csv;q=0.5", "text/html"):
        response = await member.get("/balance/transfers", headers={"Accept": accept})
        assert response.headers["content-type"] == "application/json"


async def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    member = await api.member(credits=2)
    for _ in range(2):
        await member.post("/predictions", json=TEXT)
    cursor = (await member.get("/predictions?limit=1")).json()["next_cursor"]

    response = await member.get("/balance/transfers", params={"cursor": cursor})

    assert is_problem(response, 422, "wrong-shape")


async def test_a_debt_is_part_of_the_balance_and_of_the_statement_while_there_is_one(api: Api) -> None:
    hexagon, payment = api.hexagon, uuid7()
    user = await hexagon.user()
    member = api.client_of(user)
    assert (await member.get("/balance")).json() == {"available": 0, "held": 0}

    async with hexagon.books() as books:
        balance = (await books.open([user.id])).balance(user.id)
        balance, paid = balance.top_up(3, reference=payment)
        balance, holds = balance.hold(3, reference=uuid7())
        _, owed = balance.charge_back(3, reference=payment)
        await books.record(transfers=[*paid, *holds, *owed])

    assert (await member.get("/balance")).json() == {"available": 0, "held": 3, "debt": 3}
    [last, *_] = (await member.get("/balance/transfers")).json()["items"]
    assert (last["kind"], last["reference"], last["amount"]) == ("debt", str(payment), 3)
    assert (last["available_change"], last["held_change"], last["debt_change"]) == (0, 0, 3)
    refused = await member.post("/predictions", json=TEXT)
    assert is_problem(refused, 402, "not-enough-credits")
