"""The pages that describe the API, as people see them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from augury.bootstrap.asyncapi import asyncapi_document
from augury.domain.user import Role
from tests.browser.service import Service
from tests.patience import patience

TELEPHONE = {"width": 400, "height": 800}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(asyncapi=asyncapi_document) as made:
        yield made


@contextmanager
def shown(chromium: Browser, url: str, *, width: int = 1_200) -> Iterator[Page]:
    """The page. It must not contact any other host, nor log an error."""
    errors: list[str] = []
    hosts: set[str] = set()
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000 * patience())  # the browser makes thousands of elements
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(url, wait_until="networkidle")
    yield page
    assert errors == []
    assert hosts == {url.split("/")[2]}
    context.close()


@pytest.fixture(scope="module")
def described(chromium: Browser, service: Service) -> Iterator[Page]:
    """The description of the API, which a browser takes five seconds to show, for tests that leave it as it
    is."""
    with shown(chromium, f"{service.url}/api/docs") as page:
        page.wait_for_selector(".opblock")
        yield page


def unfolded(page: Page, operation: str) -> str:
    """The selector of an operation, which is unfolded then."""
    found = f"[id$='-{operation}']"
    if not page.locator(f"{found}.is-open").count():
        page.locator(f"{found} .opblock-summary-control").first.click()
    return found


def overflowing(page: Page) -> list[str]:
    """The elements that overflow the page on the right."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(each => {
            const box = each.getBoundingClientRect();
            if (box.width === 0 || box.right <= document.documentElement.clientWidth + 1) return false;
            for (let around = each.parentElement; around; around = around.parentElement)
                if (["auto", "scroll", "hidden"].includes(getComputedStyle(around).overflowX)) return false;
            return true;
        }).map(each => `${each.tagName}.${each.className}`)"""
    )
    return found


def fits(page: Page) -> bool:
    wide, shown = page.evaluate("document.documentElement.scrollWidth"), page.viewport_size
    assert shown is not None
    assert wide <= shown["width"], (wide, overflowing(page)[:10])
    return not overflowing(page)


def test_the_description_of_the_broker_fits_a_telephone(chromium: Browser, service: Service) -> None:
    with shown(chromium, f"{service.url}/api/asyncapi", width=400) as page:
        assert page.locator("h2").count() > 2
        assert fits(page)
        first = page.locator("h1").bounding_box()
        assert first is not None
        assert first["x"] >= 8, "text does not touch the edge"


def test_the_description_of_the_api_fits_a_telephone(chromium: Browser, service: Service) -> None:
    with shown(chromium, f"{service.url}/api/docs", width=400) as page:
        page.wait_for_selector(".opblock")
        assert fits(page)
        for name in ("submit_predict", "top_up", "transfers"):
            page.locator(f"[id$='-{name}'] .opblock-summary-control").click()
            page.wait_for_selector(f"[id$='-{name}'] .responses-table")
            assert fits(page), name


def test_a_lock_is_open_where_guests_may_come_in_and_closed_elsewhere(described: Page) -> None:
    locks = {
        (block.get_attribute("id") or "").removeprefix("operations-"): [
            (button.get_attribute("aria-label") or "").split()[-1]
            for button in block.query_selector_all(".authorization__btn")
        ]
        for block in described.query_selector_all(".opblock")
    }
    opened = {name for name, found in locks.items() if found == ["unlocked"]}
    closed = {name for name, found in locks.items() if found == ["locked"]}
    assert opened == {
        "Predictions-submit",
        "Predictions-submit_predict",
        "Predictions-read",
        "Predictions-prediction_events",
    }
    administration = {name for name in locks if name.startswith("Administration-")}
    assert len(administration) > 10
    assert administration <= closed
    assert locks["Sign-in-register"] == []


def test_whoever_signs_in_on_the_page_is_signed_in_after_a_reload(
    chromium: Browser, service: Service
) -> None:
    token = service.token(Role.MEMBER, credits=5)
    with shown(chromium, f"{service.url}/api/docs") as page:
        page.locator(".auth-wrapper .btn.authorize").first.click()
        page.locator(".modal-ux input").first.fill(token)
        page.locator(".modal-ux .btn.authorize").first.click()
        page.reload(wait_until="networkidle")

        page.locator("[id$='-balance'] .opblock-summary-control").first.click()
        page.locator("[id$='-balance'] .try-out__btn").click()
        page.locator("[id$='-balance'] .execute").click()
        answer = page.wait_for_selector(
            "[id$='-balance'] .live-responses-table .response .response-col_status"
        )

        assert answer is not None
        assert answer.inner_text().startswith("200")


def test_the_problems_that_are_shown_are_real_ones(described: Page) -> None:
    operation = unfolded(described, "submit_predict")
    described.wait_for_selector(f"{operation} .responses-table")
    text = described.locator(f"{operation} .responses-table").inner_text()

    assert "urn:augury:not-enough-credits" in text
    assert '"type": "string"' not in text


def test_a_request_that_is_tried_carries_no_trace_that_nobody_asked_for(described: Page) -> None:
    operation = unfolded(described, "submit_predict")
    described.locator(f"{operation} .try-out__btn").click()
    with described.expect_request(lambda request: request.method == "POST") as sent:
        described.locator(f"{operation} .execute").click()
    headers = sent.value.all_headers()

    assert "traceparent" not in headers
    assert "idempotency-key" not in headers
