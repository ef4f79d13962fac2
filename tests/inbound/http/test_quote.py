from tests.http_api import TEXT, Api, is_problem


async def test_a_quote_says_the_price_and_what_is_wrong_and_costs_nothing(api: Api) -> None:
    member = await api.member(credits=1)
    await member.post("/predictions", json=TEXT)

    response = await member.post(
        "/predictions/quote", json={"data": [{"text": "a"}, {"text": 5}, {"txt": "b"}], "model": "tone@1"}
    )

    assert response.status_code == 200
    assert response.json() == {
        "model": "tone@1",
        "row_price": 1,
        "explain_price": None,
        "text_price": 0,
        "rows": 3,
        "valid_rows": 1,
        "text_bytes": 1,
        "price": 3,
        "charge": 1,
        "errors": [
            {"row": 1, "field": "text", "message": "must be a string"},
            {"row": 2, "field": "text", "message": "is missing"},
        ],
        "error_count": 2,
        "queue_length": 1,
    }
    assert (await member.get("/balance")).json() == {"available": 0, "held": 1}
    assert len((await member.get("/predictions")).json()["items"]) == 1


async def test_a_quote_refuses_what_a_submit_refuses(api: Api) -> None:
    member = await api.member()

    assert is_problem(
        await member.post("/predictions/quote", json=TEXT | {"model": "none"}), 404, "model-not-found"
    )
    assert is_problem(await member.post("/predictions/quote", json={"data": []}), 422, "no-rows")
    assert is_problem(
        await member.post("/predictions/quote", json=TEXT | {"expires_in": 5}), 422, "wrong-shape"
    )
    assert is_problem(await api.client().post("/predictions/quote", json=TEXT), 401, "sign-in-required")
