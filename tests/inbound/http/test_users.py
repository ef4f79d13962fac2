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

    refused = await api.client_of(user).delete("/users/me")
    assert is_problem(refused, 409, "credits-left")
    assert refused.json()["available"] == 4
    assert "?confirm=4" in refused.json()["detail"]
    assert (await api.client_of(user).delete("/users/me?confirm=4")).status_code == 204

    assert await api.hexagon.balanced()
    assert (await api.hexagon.balance_of(user.id)).available == 0
    assert "ada@example.com" not in repr(api.hexagon.memory.state)


async def test_a_telegram_link_leads_to_the_bot_once_there_is_one(api: Api) -> None:
    member = await api.member()
    assert is_problem(await member.post("/users/me/telegram-link"), 409, "no-bot")
    await api.hexagon.links.saw_bot("augury_bot")

    link = (await member.post("/users/me/telegram-link")).json()

    address, _, code = link["url"].partition("?start=")
    assert address == "https://t.me/augury_bot"
    assert 32 <= len(code) <= 64
    assert link["expires_at"]
