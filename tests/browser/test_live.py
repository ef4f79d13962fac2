"""What changes on a page while somebody looks at it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.service import Service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(pages=True) as made:
        yield made


def test_an_answer_appears_when_it_is_there(chromium: Browser, service: Service) -> None:
    """By server-sent events under the page's own policy, without loading the page again."""
    context = chromium.new_context(locale="en")
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{service.url}/app/models/tone")
    page.fill("textarea", "hi")
    page.locator("main form button:last-of-type").click()
    page.wait_for_url("**/app/predictions/*")
    expect(page.locator(".status")).to_have_text("In the queue")
    page.evaluate("window.same = true")

    service.run(service.hexagon.run_all())

    expect(page.locator(".answer .title")).to_be_visible(timeout=30_000)
    expect(page.locator(".status")).to_have_text("Done")
    assert "UTC" not in page.locator("time").first.inner_text(), "times are in the reader's zone"
    assert page.evaluate("window.same")
    assert errors == []
    context.close()
