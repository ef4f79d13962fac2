"""Credits: the balance, the statement, the usage and promo codes."""

import json
import re
from html import unescape

import pytest

from augury.domain.balance import Balance
from augury.domain.identifiers import UserId
from augury.inbound.web import money
from augury.outbound.memory.balances import MemoryBalances
from tests.inbound.web.site import Site, Visitor, alert
from tests.inbound.web.test_files import ROWS, send


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


async def test_the_statement_is_right_though_credits_move_while_it_is_read(
    site: Site, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.credits("ada@example.org", 1)
    of, amounts = MemoryBalances.of, [20, 300]

    async def of_then_moves(self: MemoryBalances, user_id: UserId) -> Balance:
        found = await of(self, user_id)
        if amounts:
            await site.credits("ada@example.org", amounts.pop())
        return found

    monkeypatch.setattr(MemoryBalances, "of", of_then_moves)
    page = (await ada.get("/app/money/statement")).text
    assert re.findall(r'class="number">(\+?\d+)<', page) == ["+20", "321", "+300", "301", "+1", "1"]

    amounts.extend([4000, 50000])
    lines = (await ada.get("/app/money/statement.csv")).text.splitlines()
    assert [line.split(",")[3:5] for line in lines[1:4]] == [
        ["4000", "54321"],
        ["50000", "50321"],
        ["20", "321"],
    ]

    amounts.extend([1] * 100)  # credits that never stand still: their sum is not known
    page = (await ada.get("/app/money/statement")).text
    assert '<td class="number">+1</td><td class="number"></td>' in page


async def test_the_usage_says_that_it_is_cut_only_if_it_is(
    site: Site, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "MOST_LOOKED_AT", 2)
    await site.credits("ada@example.org", 5)
    user_id = await site.user_id("ada@example.org")
    for count, is_cut in ((2, False), (3, True)):
        while len(site.hexagon.memory.state.predictions) < count:
            await site.hexagon.request_prediction(user_id)
        page = (await ada.get("/app/money/usage")).text
        assert ("Only the newest 2 predictions are counted" in page) is is_cut
        assert '<td class="number">2</td>' in page


async def test_a_running_file_is_among_what_is_reserved_though_newer_files_have_ended(
    site: Site, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "HELD", 2)
    await site.credits("ada@example.org", 20)
    first, *later = [await send(ada, ROWS + f"{number},x\n") for number in range(3)]
    for each in later:
        await ada.post(f"{each.url.path}/cancel")

    shown = (await ada.get("/app/money")).text

    assert first.url.path in shown
    assert not [each for each in later if each.url.path in shown]


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
