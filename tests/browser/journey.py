"""The pages as people use them: a customer's and an operator's way through them, whichever server is behind.
Outside CI, screenshots are kept in `build/screenshots`."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.test_docs import fits
from tests.browser.words import foreign_words
from tests.processes import eventually

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PASSWORD = "correct horse battery"
EVIL = '<script>alert("x")</script>"><img src=x onerror=alert(1)>'
ROWS = "id,text\n1,Отлично\n2,<script>alert(1)</script>\n3,так себе\n"
TABLE = "age,zip,left\n30,10115,no\n31,10117,yes\n"
LISTS = (
    *("/app/predictions", "/app/files", "/app/money"),
    *("/app/money/statement", "/app/money/usage"),  # last, since it has a chart
)
KNOWN = ("tone", "text", "id", "wrong", "age", "zip", "left", "<script>alert(1)</script>", EVIL, EVIL[:90])
"""Texts of people: names of models and columns, cells, and keys."""
LINES = """cell => {
    const text = document.createRange();
    text.selectNodeContents(cell);
    return text.getClientRects().length;
}"""
"""How many lines the text of an element has."""
KINDS = {"en-1280": ("en", 1280), "ru-390": ("ru", 390)}


@dataclass
class Person:
    """A person with a browser. It must not contact any other host, nor log an error."""

    page: Page
    url: str
    axe: str
    """The script of axe-core. Without it, the pages are checked neither for what keeps people out nor for
    words of another language: beside other tests, they show what those have named."""
    language: str
    width: int
    shots: str = ""
    """What the names of the screenshots begin with."""
    known: list[str] = field(default_factory=lambda: [*KNOWN])
    """Texts of people that the pages show as they are."""
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

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
        self.page.wait_for_load_state("networkidle")
        assert self.page.locator("html").get_attribute("lang") == self.language
        if self.axe:
            assert violations(self.page, self.axe) == [], name
        assert fits(self.page), name
        if self.axe and self.language == "ru":
            assert foreign_words(self.page, self.known) == [], name
        if "CI" not in os.environ:  # nobody would see them
            self._keep_a_picture(name)

    def _keep_a_picture(self, name: str) -> None:
        shot = re.sub(r"[^a-z]+", "-", re.sub(r"[0-9a-f]{8}-[0-9a-f-]+", "", name)).strip("-") or "start"
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(
            path=SHOTS / f"{self.shots}{shot}.{self.language}.{self.width}.png", full_page=True
        )

    def sends(self, button: str) -> None:
        self.page.locator(button).click()
        self.page.wait_for_load_state("networkidle")

    def enters(self, email: str, password: str) -> None:
        """Send the form for registering or signing in, again if others have tried too often from here."""

        def is_let_in() -> bool:
            self.page.fill("[name=email]", email)
            self.page.fill("[name=password]", password)
            with self.page.expect_navigation() as answered:
                self.page.locator("main form button").first.click()
            if answered.value is not None and answered.value.status == 429:
                self.page.wait_for_timeout(2_000)
                return False
            return self.page.locator("form[action$=sign-out]").count() == 1

        eventually(is_let_in, 120, "an open door")

    def is_done(self, *, timeout: float | None = None) -> None:
        """`timeout` is in milliseconds."""
        expect(self.page.locator("[role=status].notice")).to_be_visible(timeout=timeout)


@contextmanager
def at_the_pages(
    browser: Browser, url: str, kind: str, *, axe: str = "", shots: str = ""
) -> Iterator[Person]:
    language, width = KINDS[kind]
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        locale=language,
        timezone_id="Asia/Tokyo",
        accept_downloads=True,
    )
    person = Person(context.new_page(), url, axe, language, width, shots)
    yield person
    context.close()
    assert person.errors == []
    assert person.hosts <= {url.split("/")[2]}


def registers(person: Person, email: str) -> None:
    """After a refusal."""
    page = person.page
    person.goes("/app/register")
    page.fill("[name=email]", "nobody")
    page.fill("[name=password]", PASSWORD)
    page.eval_on_selector("main form", "form => form.noValidate = true")
    person.sends("main form button")
    expect(page.locator("[role=alert]")).to_be_visible()
    person.looks("/refused")
    person.enters(email, PASSWORD)


def is_refused_without_credits(person: Person) -> None:
    person.goes("/app/models/tone")
    person.page.fill("textarea", EVIL)
    person.sends("main form button:last-of-type")
    assert person.page.locator("[role=alert]").count() == 1, "there are no credits yet"
    person.looks("/app/models/short")


def redeems(person: Person, code: str, credits: int) -> None:
    person.goes("/app/money")
    person.page.fill("[name=code]", code)
    person.sends("main form button")
    expect(person.page.locator("[role=status]")).to_contain_text(str(credits))


def tries_a_model(person: Person) -> None:
    """And asks for an explanation. Ends at the page of the prediction."""
    page = person.page
    person.goes("/app/models/tone")
    page.fill("textarea", EVIL)
    page.check("[name=explain]")
    person.sends("main form button:last-of-type")
    expect(page.locator(".answer .title")).to_be_visible(timeout=30_000)
    expect(page.locator("figure img")).to_be_visible()
    person.looks("/app/prediction")
    assert {each.evaluate(LINES) for each in page.locator(".bars th").all()} == {1}, (
        "a label does not break within a word"
    )
    shown = page.locator("time").first
    assert "UTC" not in shown.inner_text(), "times are in the reader's zone"
    assert "UTC" in (shown.get_attribute("title") or "")


def sends_a_file(person: Person) -> None:
    """First one that is refused, then one with an unusual cell. Watches it, and downloads the answers."""
    page = person.page
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
    assert page.locator("#state td").nth(4).inner_text().endswith("%")
    person.looks("/app/file")
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    assert download.value.path().read_text(encoding="utf-8").count("\n") >= 4


def makes_a_key(person: Person) -> str:
    """Returns the key."""
    page = person.page
    person.goes("/app/keys")
    page.fill("[name=name]", EVIL[:90])
    person.sends("main form button:last-of-type")
    shown = page.locator("[role=status] pre")
    expect(shown).to_contain_text("aug_")
    person.looks("/app/keys/new")
    return shown.inner_text().strip()


def uploads_a_model(
    operator: Person, name: str, content: bytes, *, activate: bool, check: Callable[[], object] = bool
) -> None:
    """Ends at the page of the version, after `check`, when the check's outcome is shown."""
    page = operator.page
    operator.goes("/app/desk/models")
    page.fill("[name=name]", name)
    if not activate:
        page.uncheck("[name=activate]")
    page.set_input_files(
        "[name=file]", {"name": "m.cbm", "mimeType": "application/octet-stream", "buffer": content}
    )
    page.locator("form[data-upload] button").click()
    operator.is_done()
    check()
    page.locator("#state:not([hx-get])").wait_for(timeout=60_000)


def trains_a_model(
    operator: Person, name: str, *, begin: Callable[[], object], end: Callable[[], object]
) -> None:
    """From a table whose columns are offered once it is chosen. Follows the training while a worker takes it
    (`begin`), ends it early, and ends at its page with the version that it became (`end`)."""
    page = operator.page
    operator.goes("/app/desk/trainings")
    content = TABLE.encode("utf-8")
    page.set_input_files("[name=file]", {"name": "left.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator("#columns option")).to_have_count(3, timeout=60_000)
    page.fill("[name=name]", name)
    page.fill("[name=target]", "left")
    page.locator("form[data-training] summary").click()
    page.select_option("select[data-column=zip]", "category")
    page.fill("[name=time]", "left")
    page.fill("[name=group]", "zip")
    page.press("[name=group]", "Tab")  # closes the list of columns, which would take the next click
    operator.looks("/app/desk/trainings/form")
    page.locator("form[data-training] > button").click()
    expect(page.locator("[role=alert]")).to_be_visible(timeout=60_000)  # time and group do not go together
    operator.looks("/app/desk/trainings/refused")
    page.fill("[name=time]", "")
    page.press("[name=time]", "Tab")
    page.locator("form[data-training] > button").click()
    operator.is_done(timeout=60_000)
    begin()
    expect(page.locator("#progress")).to_have_attribute("value", "40", timeout=60_000)
    expect(page.locator("#state li")).to_have_count(2)
    operator.looks("/app/desk/training/running")
    operator.sends("form[action$=cancel] button")
    expect(page.locator("form[action$=cancel]")).to_have_count(0, timeout=60_000)
    end()
    page.locator("#state:not([hx-get])").wait_for(timeout=60_000)
    expect(page.locator(f"#state a[href$='/models/{name}@1/card']")).to_be_visible()
    operator.looks("/app/desk/training/ready")


def shifts_the_share(operator: Person, percent: int) -> None:
    """From the page of a version that is ready."""
    operator.goes(urlsplit(operator.page.url).path)
    operator.page.fill("[name=percent]", str(percent))
    operator.sends("form[action$=canary] button")
    operator.is_done()
    expect(operator.page.locator("#state")).to_contain_text(str(percent))
    operator.looks("/app/desk/model/canary")


def sees_both_versions(operator: Person, active: str, canary: str, predict: Callable[[], object]) -> None:
    """At the page of the canary: it stands beside the active version in charts and in tables, and both follow
    the next prediction, that of `predict`."""
    figures = operator.page.locator("#figures")
    expect(operator.page.locator(".chart canvas")).to_have_count(4)
    for ref in (active, canary):
        expect(figures.locator("thead").first).to_contain_text(ref)
    before = str(figures.get_attribute("data-chart-of"))
    predict()
    expect(figures).not_to_have_attribute("data-chart-of", before, timeout=60_000)
    expect(figures.locator("tbody time").first).to_be_visible()
    operator.looks("/app/desk/model/compared")


def refunds(operator: Person, email: str, prediction: str) -> None:
    page = operator.page
    operator.goes("/app/desk/users")
    page.fill("[name=q]", email)
    operator.sends("main form button")
    page.get_by_role("link", name=email).click()
    operator.looks("/app/desk/user")
    page.locator(f"button[value='{prediction}']").click()
    operator.is_done()
    operator.looks("/app/desk/user/refunded")


def replays_the_dead_letter_of(operator: Person, prediction: str) -> None:
    page = operator.page
    operator.goes("/app/desk/queue")
    operator.looks("/app/desk/queue/dead")
    page.locator("tr", has_text=prediction).locator("form[action$=replay] button").click()
    operator.is_done()
    expect(page.locator("tr", has_text=prediction)).to_have_count(0)
