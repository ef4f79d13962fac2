"""The pages as people use them, in a real browser, against `augury up`: in both languages, on a phone and on
a large screen. Screenshots are kept in `build/screenshots`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.axe import fetched, violations
from tests.browser.test_docs import fits
from tests.integration.test_up import up
from tests.processes import environment, open_folder, run

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PASSWORD = "correct horse battery"
EVIL = '<script>alert("x")</script>"><img src=x onerror=alert(1)>'
MOST_BYTES = 150_000
"""What a page may weigh on its first load, all included."""
ROWS = "id,text\n1,Отлично\n2,<script>alert(1)</script>\n3,так себе\n"
LISTS = (
    *("/app/predictions", "/app/files", "/app/money"),
    *("/app/money/statement", "/app/money/usage"),  # last, since it has a chart
)
LINES = """cell => {
    const text = document.createRange();
    text.selectNodeContents(cell);
    return text.getClientRects().length;
}"""
"""How many lines the text of an element has."""
KINDS = {"en-1280": ("en", 1280), "ru-390": ("ru", 390)}


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


@dataclass
class Person:
    """A person with a browser. It must not contact any other host, nor log an error."""

    page: Page
    url: str
    axe: str
    language: str
    width: int
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    seen: int = 0

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.on("console", self._note)

    def _note(self, said: object) -> None:
        text = f"{getattr(said, 'type', '')}: {getattr(said, 'text', '')}"
        # That a form was refused is no error of the page.
        if text.startswith("error") and "status of 4" not in text:
            self.errors.append(text)

    def goes(self, path: str) -> None:
        self.page.goto(self.url + path, wait_until="networkidle")
        self.looks(path)

    def looks(self, name: str) -> None:
        """Everything holds on the page that is shown, whatever it is."""
        self.seen += 1
        self.page.wait_for_load_state("networkidle")
        assert self.page.locator("html").get_attribute("lang") == self.language
        assert violations(self.page, self.axe) == [], name
        assert fits(self.page), name
        shot = re.sub(r"[^a-z]+", "-", re.sub(r"[0-9a-f]{8}-[0-9a-f-]+", "", name)).strip("-") or "start"
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{shot}.{self.language}.{self.width}.png", full_page=True)

    def sends(self, button: str) -> None:
        self.page.locator(button).click()
        self.page.wait_for_load_state("networkidle")


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def person(chromium: Browser, url: str, axe: str, kind: str) -> Iterator[Person]:
    language, width = KINDS[kind]
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        locale=language,
        timezone_id="Asia/Tokyo",
        accept_downloads=True,
    )
    person = Person(context.new_page(), url, axe, language, width)
    yield person
    context.close()
    assert person.errors == []
    assert person.hosts == {url.split("/")[2]}


def test_a_new_person_does_everything(person: Person, kind: str) -> None:
    """Registers, tries a model, redeems a code, sends a file with mistakes, watches it, downloads the
    answers, and makes a key."""
    page = person.page
    person.goes("/")
    person.goes("/app/sign-in")
    person.goes("/app/register")
    page.fill("[name=email]", "nobody")
    page.fill("[name=password]", PASSWORD)
    page.eval_on_selector("main form", "form => form.noValidate = true")
    person.sends("main form button")
    expect(page.locator("[role=alert]")).to_be_visible()
    person.looks("/refused")
    page.fill("[name=email]", f"{kind}@example.org")
    page.fill("[name=password]", PASSWORD)
    person.sends("main form button")
    for empty in (*LISTS, "/app/keys"):
        person.goes(empty)

    person.goes("/app/models/tone")
    page.fill("textarea", EVIL)
    person.sends("main form button:last-of-type")
    assert page.locator("[role=alert]").count() == 1, "there are no credits yet"
    person.looks("/app/models/short")

    person.goes("/app/money")
    page.fill("[name=code]", "spring")
    person.sends("main form button")
    expect(page.locator("[role=status]")).to_contain_text("40")

    person.goes("/app/models/tone")
    page.fill("textarea", EVIL)
    page.check("[name=explain]")
    person.sends("main form button:last-of-type")
    expect(page.locator(".answer .title")).to_be_visible()
    expect(page.locator("figure img")).to_be_visible()
    person.looks("/app/prediction")
    assert {each.evaluate(LINES) for each in page.locator(".bars th").all()} == {1}, (
        "a label does not break within a word"
    )
    shown = page.locator("time").first
    assert "UTC" not in shown.inner_text(), "times are in the reader's zone"
    assert "UTC" in (shown.get_attribute("title") or "")

    person.goes("/app/files/new?model=tone")
    for content in ("wrong\n1\n", ROWS):
        page.set_input_files(
            "[name=file]", {"name": "rows.csv", "mimeType": "text/csv", "buffer": content.encode()}
        )
        rows = content.count("\n") - 1
        expect(page.locator("#preview [role=status]")).to_contain_text(f": {rows}. ")
        expect(page.locator("#preview tbody tr")).to_have_count(rows)
        person.looks("/app/files/preview")
        person.sends("main form button")
        if content != ROWS:
            expect(page.locator("[role=alert]")).to_be_visible()
            person.looks("/app/files/refused")
    expect(page.locator("progress")).to_have_attribute("value", "3", timeout=60_000)
    person.looks("/app/file")
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    assert download.value.path().read_text(encoding="utf-8").count("\n") >= 4

    for filled in LISTS:
        person.goes(filled)
    assert page.locator(".chart canvas").count() == 1

    person.goes("/app/keys")
    page.fill("[name=name]", EVIL[:90])
    person.sends("main form button:last-of-type")
    expect(page.locator("[role=status] pre")).to_contain_text("aug_")
    person.looks("/app/keys/new")
    person.goes("/app/account")
    person.goes("/app/webhooks")
    person.goes("/app/account/close")
    person.goes("/app/nothing")


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
    assert sent == []


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
