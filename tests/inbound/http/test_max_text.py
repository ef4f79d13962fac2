"""A single value has its own limit, however large the body may be."""

from augury.application.limits import Limits
from tests.hexagon import Hexagon
from tests.http_api import Api, is_problem, serving

LONG = {"text": "x" * 11}
MESSAGE = "is too long: `GET /models/{name}` says how long (`maxLength`)"


def limited() -> Hexagon:
    return Hexagon(Limits(max_text=10))


async def test_a_text_that_is_too_long_is_refused_with_its_row_and_field() -> None:
    async with serving(limited()) as api:
        member = await api.member(credits=5)

        for data in (LONG, [LONG, LONG]):
            refused = await member.post("/predictions", json={"data": data})
            assert is_problem(refused, 422, "no-valid-row")
            assert refused.json()["errors"][0] == {"row": 0, "field": "text", "message": MESSAGE}
        assert (await member.get("/balance")).json() == {"available": 5, "held": 0}


async def test_where_only_some_rows_have_one_the_others_are_predicted_and_charged() -> None:
    async with serving(limited()) as api:
        member, rows = await api.member(credits=5), [{"text": "x" * 10}, LONG]

        quote = (await member.post("/predictions/quote", json={"data": rows})).json()
        assert (quote["valid_rows"], quote["charge"]) == (1, 1)
        assert quote["errors"] == [{"row": 1, "field": "text", "message": MESSAGE}]
        accepted = await member.post("/predictions", json={"data": rows})
        assert (accepted.status_code, accepted.json()["price"]) == (202, 2)


async def test_a_model_says_how_long_a_text_may_be() -> None:
    async with serving(limited()) as api:
        [version] = (await api.client().get("/models/tone")).json()["versions"]

        assert version["input_schema"]["properties"]["text"]["maxLength"] == 10


async def test_a_hundred_thousand_characters_are_accepted_unless_the_operator_says_otherwise(
    api: Api,
) -> None:
    member = await api.member(credits=5)

    assert (await member.post("/predictions", json={"data": {"text": "ж" * 100_000}})).status_code == 202
    refused = await member.post("/predictions", json={"data": {"text": "ж" * 100_001}})
    assert is_problem(refused, 422, "no-valid-row")
