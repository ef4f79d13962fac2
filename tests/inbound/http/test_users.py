from tests.http_api import TEXT, Api, is_problem


async def test_everybody_can_read_who_they_are(api: Api) -> None:
    user = await api.hexagon.user(email="ada@example.com")

    me = (await api.client_of(user).get("/users/me")).json()

    assert (me["id"], me["email"], me["role"]) == (str(user.id), "ada@example.com", "member")


async def test_an_account_with_predictions_under_way_stays_open(api: Api) -> None:
    member = await api.member(credits=1)
    await member.post("/predictions", json=TEXT)

    response = await member.delete("/users/me")

    assert is_problem(response, 409, "predictions-under-way")
    assert response.json()["pending"] == 1


async def test_a_closed_account_leaves_books_that_balance(api: Api) -> None:
    user = await api.hexagon.user(credits=4, email="ada@example.com")

    assert (await api.client_of(user).delete("/users/me")).status_code == 204

    assert await api.hexagon.balanced()
    assert (await api.hexagon.balance_of(user.id)).available == 0
    assert "ada@example.com" not in repr(api.hexagon.memory.state)
