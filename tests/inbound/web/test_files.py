"""Files of rows, without scripts."""

import re
from dataclasses import replace

import httpx
import pytest

from augury.domain.feature import Feature, FeatureKind
from augury.domain.model_texts import ModelTexts
from augury.inbound.web import files, rendering
from augury.inbound.web.assets import Assets, load_assets
from augury.inbound.web.first_rows import readable
from augury.inbound.web.form_head import MOST_BYTES
from augury.inbound.web.texts import texts
from tests.hexagon import a_model
from tests.inbound.web.site import Site, Visitor, alert

ROWS = "id,text\n1,short\n2,a much longer text\n3,<script>alert(1)</script>\n"


async def send(
    visitor: Visitor, content: str = ROWS, *, name: str = "rows.csv", **fields: str
) -> httpx.Response:
    await visitor.get("/app/files/new?model=tone")
    return visitor._seen(
        await visitor.client.post(
            "/app/files",
            data={"csrf": visitor.csrf, "model": "tone", "max_price": "", **fields},
            files={"file": (name, content.encode(), "text/csv")},
        )
    )


@pytest.fixture
async def ada(site: Site) -> Visitor:
    visitor = site.visitor()
    await visitor.register()
    await site.credits("ada@example.org", 10)
    return visitor


async def test_a_file_is_sent_runs_and_is_read(site: Site, ada: Visitor) -> None:
    assert "not sent any files yet" in (await ada.get("/app/files")).text

    sent = await send(ada)

    assert sent.status_code == 200
    assert "0 of 3 rows" in sent.text
    assert 'http-equiv="refresh"' in sent.text
    assert "7 credits" in (await ada.get("/app/money")).text
    assert sent.url.path in (await ada.get("/app/money")).text
    await site.run_all()
    part = await ada.get(f"{sent.url.path}/state", **{"hx-request": "true"})
    assert "<html" not in part.text
    assert "3 of 3 rows" in part.text
    assert "<script>alert" not in part.text
    read = await ada.get(f"{sent.url.path}/results")
    assert read.headers["content-disposition"].endswith('.csv"')
    assert read.text.splitlines()[0].startswith("row,id,text,")
    assert sent.url.path in (await ada.get("/app/files")).text


async def test_a_file_that_cannot_be_read_or_paid_is_refused_in_words(site: Site, ada: Visitor) -> None:
    refused = await send(ada, "other\n1\n")
    assert refused.status_code == 422
    assert alert(refused) == "The file cannot be read: these columns are missing: text"
    assert (await send(ada, max_price="2")).status_code == 402
    assert (await send(ada, "text\n" + "x\n" * 11)).status_code == 402
    assert (await send(ada, name="rows.exe", content="x")).status_code == 422
    for typed in ("1,000", "two", "9" * 5_000):  # not read as "no limit"
        unread = await send(ada, max_price=typed)
        assert unread.status_code == 422
        assert "is not a whole number" in unread.text
    assert "10 credits" in (await ada.get("/app/money")).text


async def test_a_form_that_is_sent_twice_is_one_file_and_its_limit_stays(site: Site, ada: Visitor) -> None:
    key = re.search(r'name="key" value="([\w-]+)"', (await ada.get("/app/files/new")).text)
    assert key
    first = await send(ada, key=key[1], max_price="9")
    assert first.url.path != "/app/files"
    assert (await send(ada, key=key[1], max_price="9")).url == first.url

    again = await send(ada, "text\nother\n", key=key[1], max_price="9")

    assert (again.status_code, alert(again).partition(",")[0]) == (422, "This form was sent before")
    assert 'name="max_price" value="9"' in again.text
    assert key[1] not in again.text
    assert "7 credits" in (await ada.get("/app/money")).text
    too_dear = await send(ada, max_price="2")
    assert (too_dear.status_code, 'name="max_price" value="2"' in too_dear.text) == (402, True)


async def test_the_form_s_token_is_read_before_its_file(site: Site, ada: Visitor) -> None:
    for wrong in ("", "0" * 64, "x" * MOST_BYTES):
        assert (await send(ada, csrf=wrong)).status_code == 403
    no_form = await ada.client.post("/app/files", content=b"text\nx\n", headers={"content-type": "text/csv"})
    assert no_form.status_code == 403
    after = await ada.client.post("/app/files", files={"file": ("a", b"text\n"), "csrf": (None, ada.csrf)})
    assert after.status_code == 403
    assert "not sent any files yet" in (await ada.get("/app/files")).text


async def test_rows_without_an_answer_are_named(site: Site, ada: Visitor) -> None:
    sent = await send(ada, "text\n" + "x\n" * 3)
    canceled = await ada.post(f"{sent.url.path}/cancel")
    assert "Canceled" in canceled.text
    assert "Row 1: this part of the file ended: Canceled" in canceled.text
    assert "Nothing was charged" in canceled.text


async def test_another_user_s_file_is_not_there(site: Site, ada: Visitor) -> None:
    path = (await send(ada)).url.path
    eve = site.visitor()
    await eve.register("eve@example.org")
    for method, place in (
        ("get", path),
        ("get", f"{path}/state"),
        ("get", f"{path}/results"),
        ("post", f"{path}/cancel"),
    ):
        assert (await getattr(eve, method)(place)).status_code == 404, place
    assert path not in (await eve.get("/app/files")).text


async def test_the_list_is_read_in_pages(site: Site, ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAGE", 2)
    sent = [(await send(ada, "text\nx\n")).url.path for _ in range(3)]
    first = (await ada.get("/app/files")).text
    assert [path in first for path in sent] == [False, True, True]
    older = re.search(r'href="(/app/files\?before=[^"]+)"', first)
    assert older
    second = (await ada.get(older[1])).text
    assert [path in second for path in sent] == [True, False, False]


async def test_the_first_rows_read_as_a_person_reads_them(site: Site, ada: Visitor) -> None:
    """Rows count from 1; a column of the file that looks like a probability stays as it is."""
    sent = await send(ada, "p_own,text\n0.5,short\n0.25,a text that is much longer\n")
    await site.run_all()
    table = (await ada.get(f"{sent.url.path}/state")).text.partition("<table>")[2].partition("</table>")[0]
    cells = re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", table)
    assert cells[:4] == ["Row", "p_own", "text", "Answer"]
    assert "error" not in cells
    assert "warning" not in cells
    width = next(at for at, cell in enumerate(cells) if cell == "1")
    first = cells[width : 2 * width]
    assert first[:3] == ["1", "0.5", "short"]
    assert "Download JSON Lines" in (await ada.get(sent.url.path)).text


async def test_where_htmx_is_missing_a_page_that_follows_a_file_loads_itself_again(
    ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an image that was built without npm."""
    sent = await send(ada)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in sent.text
    found = load_assets()
    missing = {name: asset for name, asset in found.of.items() if name != "htmx.min.js"}
    monkeypatch.setattr(rendering, "load_assets", lambda: Assets(missing, found.named))
    page = (await ada.get(sent.url.path)).text
    assert '<meta http-equiv="refresh" content="3">' in page
    assert "<noscript>" not in page


async def test_the_first_rows_and_their_mistakes_are_said_in_the_reader_s_language(site: Site) -> None:
    age = Feature("age", FeatureKind.NUMERIC)
    words = ModelTexts(labels={"long": {"ru": "длинный"}, "short": {"ru": "короткий"}})
    churn = a_model("churn", features=[age])
    await site.hexagon.models.add(replace(churn, facts=replace(churn.facts, texts=words)))
    visitor = site.visitor(**{"accept-language": "ru"})
    await visitor.register()
    await site.credits("ada@example.org", 10)
    sent = await send(visitor, "age\n1\nlittle\n3\n", model="churn")
    await site.run_all()

    page = (await visitor.get(sent.url.path)).text

    table = re.sub(r"<[^>]+>|\s+", " ", page.partition("<table>")[2].partition("</table>")[0])
    assert set(re.findall(r"[A-Za-z]+", table)) <= {"age", "little"}, table
    assert re.search(r"Строка +age +Ответ +длинный +короткий +Не посчитано и не оплачено +1 ", table), table
    assert "age: нужно число" in table


async def test_the_first_rows_of_a_file_of_a_spreadsheet_have_its_delimiter(site: Site) -> None:
    await site.hexagon.models.add(a_model("churn", features=[Feature("age", FeatureKind.NUMERIC)]))
    visitor = site.visitor()
    await visitor.register()
    await site.credits("ada@example.org", 10)
    for mark in (";", "\t"):
        sent = await send(visitor, f'age{mark}row\n1,5{mark}"a{mark}b"\n2,5{mark}c\n', model="churn")
        await site.run_all()

        page = (await visitor.get(sent.url.path)).text

        table = page.partition("<table>")[2].partition("</table>")[0]
        cells = re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", table)
        assert cells[:4] == ["Row", "age", "row", "Answer"], page
        assert len(cells) % 3 == 0
        assert f"a{mark}b" in cells


@pytest.mark.parametrize("share", ["0.934", "0,934"])
def test_a_probability_is_a_percentage_whatever_its_decimal_sign(share: str) -> None:
    header = ["row", "age", "label", "p_long", "errors", "warnings"]
    shown = readable(header, [["0", "1", "long", share, "", ""]], ModelTexts(), texts("en"))
    assert shown[1] == [["1", "1", "long", "93.4%"]]
