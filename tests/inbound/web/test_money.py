"""Credits: the balance, the statement, the usage and promo codes."""

import json
import re
from html import unescape

import pytest

from augury.domain.balance import Balance
from augury.inbound.web import money
from tests.inbound.web.site import Site, Visitor, alert


@pytest.fixture
async def ada(site: Site) -> Visitor:
    visitor = site.visitor()
    await visitor.register()
    return visitor


async def test_empty_pages_say_what_to_do(ada: Visitor) -> None:
    assert "0 credits" in (await ada.get("/app/money")).text
    assert "No credits have moved yet" in (await ada.get("/app/money/statement")).text
    assert "no predictions in the last 30 days" in (await ada.get("/app/money/usage")).text


async def test_a_promo_code_is_redeemed_once(site: Site, ada: Visitor) -> None:
    await site.hexagon.create_promo_code(code="SPRING", credits=7, limit=5)
    await ada.get("/app/money")
    redeemed = await ada.post("/app/money/redeem", code=" spring ")
    assert "The code was redeemed. You now have 7 credits." in redeemed.text
    again = await ada.post("/app/money/redeem", code="SPRING")
    assert (again.status_code, alert(again)) == (422, "You have already redeemed this code.")
    unknown = await ada.post("/app/money/redeem", code='"><script>')
    assert "<script>" not in unknown.text


async def test_a_promo_code_s_form_that_is_sent_twice_says_the_same_twice(site: Site, ada: Visitor) -> None:
    await site.hexagon.create_promo_code(code="SPRING", credits=7, limit=5)
    key = re.search(r'name="key" value="([\w-]+)"', (await ada.get("/app/money")).text)
    assert key
    for _ in range(2):
        redeemed = await ada.post("/app/money/redeem", code="SPRING", key=key[1])
        assert "The code was redeemed. You now have 7 credits." in redeemed.text
    other = await ada.post("/app/money/redeem", code="SUMMER", key=key[1])
    assert alert(other) == "This code does not exist or has expired."


async def test_the_pages_say_how_many_credits_a_debt_leaves_to_spend(site: Site, ada: Visitor) -> None:
    user_id = await site.user_id("ada@example.org")
    site.hexagon.memory.state.balances[user_id] = Balance(user_id, available=5, debt=3)

    for path in ("/app/models/tone", "/app/files/new"):
        assert "You have 2 credits." in (await ada.get(path)).text, path
    shown = (await ada.get("/app/money")).text
    assert "<dd>5 credits</dd>" in shown
    assert "<dd>3 credits</dd>" in shown
    assert "You can spend 2 credits: available credits pay what you owe first." in shown


async def test_the_statement_has_a_running_balance_on_every_page(
    site: Site, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "LINES", 2)
    for amount in (1, 2, 3):
        await site.credits("ada@example.org", amount)
    first = (await ada.get("/app/money/statement")).text
    assert re.findall(r'class="number">(\+?\d+)<', first) == ["+3", "6", "+2", "3"]
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    second = (await ada.get(unescape(older[1]))).text
    assert re.findall(r'class="number">(\+?\d+)<', second) == ["+1", "1"]

    lines = (await ada.get("/app/money/statement.csv")).text.splitlines()
    assert [line.split(",")[1:5] for line in lines[1:]] == [
        ["top_up", "3", "3", "6"],
        ["top_up", "2", "2", "3"],
        ["top_up", "1", "1", "1"],
    ]


async def test_the_usage_is_a_table_and_a_chart(site: Site, ada: Visitor) -> None:
    await site.credits("ada@example.org", 5)
    for text in ("one", "two"):
        await ada.get("/app/models/tone")
        await ada.post("/app/models/tone", f0=text)
    held = (await ada.get("/app/money")).text
    assert held.count("Prediction of tone@1") == 2
    await site.run_all()

    page = (await ada.get("/app/money/usage")).text

    chart = re.search(r'data-chart="([^"]+)"', page)
    assert chart
    drawn = json.loads(unescape(chart[1]))
    assert [(each["name"], sum(each["charged"])) for each in drawn["models"]] == [("tone", 2)]
    assert len(drawn["days"]) == money.DAYS
    assert '<td class="number">2</td>' in page
