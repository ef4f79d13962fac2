"""The pages as people use them, in a real browser, against `augury up`: in both languages, on a phone and on
a large screen."""

import gzip
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Request, expect

from tests.browser.axe import fetched
from tests.browser.journey import (
    KINDS,
    LISTS,
    PASSWORD,
    Person,
    at_the_pages,
    is_refused_without_credits,
    makes_a_key,
    redeems,
    registers,
    sends_a_file,
    tries_a_model,
)
from tests.integration.test_up import up
from tests.processes import environment, open_folder, run

CODECS = ("none", "snappy", "gzip", "zstd", "lz4")
"""How Parquet files are compressed whose values the browser can read."""
MOST_BYTES = 150_000
"""What a page may weigh on its first load, all included."""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with up(home, guest_credits=50) as (url, _):
        run("promo", "create", "SPRING", "--credits", "40", "--limit", "9", env=environment(), cwd=home)
        yield url


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    assert pytestconfig.cache is not None
    return fetched(pytestconfig.cache.mkdir("axe"))


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def person(chromium: Browser, url: str, axe: str, kind: str) -> Iterator[Person]:
    with at_the_pages(chromium, url, kind, axe=axe) as person:
        yield person


def test_a_new_person_does_everything(person: Person, kind: str) -> None:
    """Registers, tries a model, redeems a code, sends a file with mistakes, watches it, downloads the
    answers, and makes a key."""
    person.goes("/")
    person.goes("/app/sign-in")
    registers(person, f"{kind}@example.org")
    for empty in (*LISTS, "/app/keys"):
        person.goes(empty)
    is_refused_without_credits(person)
    redeems(person, "spring", 40)
    tries_a_model(person)
    sends_a_file(person)
    for filled in LISTS:
        person.goes(filled)
    assert person.page.locator(".chart canvas").count() == 1
    makes_a_key(person)
    for last in ("/app/account", "/app/webhooks", "/app/account/close", "/app/nothing"):
        person.goes(last)


def test_the_price_of_a_large_file_is_estimated_before_it_is_sent(person: Person) -> None:
    """A quarter of a million rows, of which the browser reads the first 64 kB."""
    page, sent = person.page, list[str]()
    person.goes("/app/files/new?model=tone")
    page.on("request", lambda request: sent.append(request.url))
    content = "id;text\n" + '1234567;"good; or ""bad"""\n' * 250_000
    page.set_input_files("[name=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": content.encode()})
    expect(page.locator("#preview tbody tr")).to_have_count(5)
    assert page.locator("#preview tbody td").nth(1).inner_text() == 'good; or "bad"'
    [rows, price] = re.findall(r"\d+", re.sub(r"[\s,]", "", page.locator("#preview p").inner_text()))
    assert int(rows) == pytest.approx(250_000, rel=0.01)
    assert rows == price
    page.set_input_files(
        "[name=file]", {"name": "a.parquet", "mimeType": "application/octet-stream", "buffer": b"PAR1"}
    )
    expect(page.locator("#preview")).to_be_empty()
    assert [each for each in sent if "/app/assets/" not in each] == [], "only scripts are loaded"


def test_the_first_values_of_a_parquet_file_are_shown_as_the_service_reads_them(person: Person) -> None:
    page = person.page
    person.goes("/app/files/new?model=tone")
    at = datetime(2026, 11, 28, 21, 40, tzinfo=UTC)
    table = pa.table(
        {
            "text": pa.array(["отлично", "<b>", None], pa.string()).dictionary_encode(),
            "n": pa.array([9_007_199_254_740_993, None, -1], pa.int64()),
            "share": pa.array([0.25, float("nan"), None], pa.float64()),
            "on": pa.array([True, False, None], pa.bool_()),
            "day": pa.array([at.date(), None, None], pa.date32()),
            "at": pa.array([at, None, None], pa.timestamp("us", "UTC")),
            "tags": pa.array([[1, 2], [], None], pa.list_(pa.int64())),
        }
    )
    content = parquet(table, "zstd")
    page.set_input_files(
        "[name=file]", {"name": "a.parquet", "mimeType": "application/octet-stream", "buffer": content}
    )
    expect(page.locator("#preview tbody tr")).to_have_count(3)
    assert [row.locator("td").all_inner_texts() for row in page.locator("#preview tbody tr").all()] == [
        ["отлично", "9007199254740993", "0.25", "true", "2026-11-28", "2026-11-28T21:40:00Z", "[1,2]"],
        ["<b>", "", "NaN", "false", "", "", "[]"],
        ["", "-1", "", "", "", "", ""],
    ]
    person.known += [*table.column_names, "true", "false", "NaN"]
    person.looks("/app/files/parquet")


def parquet(table: pa.Table, codec: str) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression=codec)
    return file.getvalue()


def test_a_file_is_shown_in_its_own_encoding_before_it_is_sent(person: Person) -> None:
    page = person.page
    person.goes("/app/files/new?model=tone")
    wide = pa.table({"text": ["a"] * 1_234, "size": [{"x": 1, "y": 2}] * 1_234, "n": [1] * 1_234})
    russian, western = "id;text\n7;Очень доволен, спасибо!\n", "id;text\n7;très bien, à côté\n"
    lines = b'{"id": 7, "text": "good"}\n{"text": "bad", "n": [1]}\n'
    for name, content, columns, first, said in (
        ("a.csv", russian.encode("cp1251"), "id text", "Очень доволен, спасибо!", "windows-1251"),
        ("a.csv", russian.encode("koi8_r"), "id text", "Очень доволен, спасибо!", "koi8-r"),
        ("a.csv", western.encode("cp1252"), "id text", "très bien, à côté", "windows-1252"),
        ("a.csv", russian.encode("utf-16"), "id text", "Очень доволен, спасибо!", ": 1."),
        ("a.csv.gz", gzip.compress(russian.encode()), "id text", "Очень доволен, спасибо!", ": 1."),
        ("a.ndjson", lines, "id text n", "good", ": 2."),
        *(("a.parquet", parquet(wide, each), "text size n", '{"x":1,"y":2}', "234.") for each in CODECS),
        ("a.parquet", parquet(wide, "brotli"), "text size n", "", "234."),
    ):
        page.set_input_files(
            "[name=file]", {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        expect(page.locator("#preview p")).to_contain_text(said)
        assert " ".join(page.locator("#preview th").all_inner_texts()) == columns
        if first:
            assert page.locator("#preview td").nth(1).inner_text() == first


def test_a_double_click_sends_a_form_once_and_a_step_back_makes_it_ready(chromium: Browser, url: str) -> None:
    with at_the_pages(chromium, url, "en-1280") as person:
        page = person.page
        registers(person, "twice@example.org")
        person.goes("/app/keys")
        button, rows = page.locator("main form button:not(.link)"), page.locator("tbody tr")
        before = rows.count()
        for made in (1, 2):
            page.fill("[name=name]", f"key {made}")
            button.dblclick()
            expect(page.locator("[role=status] pre")).to_be_visible()
            person.goes("/app/keys")
            assert rows.count() == before + made
        page.go_back()
        expect(page.locator("form[data-sent]")).to_have_count(0)


def test_everything_is_reached_with_the_keyboard(person: Person) -> None:
    page = person.page
    page.goto(person.url, wait_until="networkidle")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
    assert len(reached) > 3


def weights(chromium: Browser, address: str) -> list[int]:
    """The bytes of each answer of a page's first load."""
    context = chromium.new_context()
    page, finished = context.new_page(), list[Request]()
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(address, wait_until="networkidle")
    sizes = [each.sizes()["responseBodySize"] for each in finished]
    context.close()
    return sizes


def test_a_page_weighs_little_on_its_first_load(chromium: Browser, url: str) -> None:
    for path in ("/", "/app/models/tone", "/app/register"):
        sizes = weights(chromium, url + path)
        assert len(sizes) >= 5
        assert sum(sizes) < MOST_BYTES, (path, sizes)


def test_without_scripts_one_row_is_predicted_and_read(chromium: Browser, url: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/app/register")
    page.fill("[name=email]", "noscript@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").click()
    page.goto(f"{url}/app/money")
    page.fill("[name=code]", "SPRING")
    page.locator("main form button").click()
    page.goto(f"{url}/app/models/tone")
    page.fill("textarea", "wonderful")
    page.locator("main form button:last-of-type").click()
    expect(page.locator(".answer .title")).to_be_visible(timeout=30_000)
    context.close()


def test_the_policy_lets_no_other_script_run(chromium: Browser, url: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text))
    page.goto(url, wait_until="networkidle")
    page.evaluate(
        """() => {
            const inline = document.createElement("script");
            inline.textContent = "window.ran = 1";
            const other = document.createElement("img");
            other.src = "https://other.example/x.png";
            document.body.append(inline, other);
            const styled = "<p onclick='window.ran = 2' style='color: red'>x</p>";
            document.body.insertAdjacentHTML("beforeend", styled);
        }"""
    )
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in each for each in blocked) >= 3, blocked
    context.close()
