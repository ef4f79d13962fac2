"""What changes on a page while somebody looks at it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import fetched
from tests.browser.journey import Person
from tests.browser.service import Service
from tests.hexagon import Hexagon


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


def test_a_chat_signs_the_browser_in_and_nobody_presses_anything_here(
    chromium: Browser, service: Service, pytestconfig: pytest.Config
) -> None:
    assert pytestconfig.cache is not None
    axe = fetched(pytestconfig.cache.mkdir("axe"))
    hexagon = service.hexagon
    service.run(hexagon.links.saw_bot("a_bot"))
    chat = service.run(hexagon.register_chat(chat_id=7, language="ru"))
    context = chromium.new_context(locale="ru", viewport={"width": 390, "height": 800})
    person = Person(context.new_page(), service.url, axe, "ru", 390)
    page = person.page
    person.goes("/app/sign-in?next=/app/money")
    person.sends("form[action$=telegram] button")
    person.looks("/app/sign-in/telegram")
    code = str(page.locator("#state a").get_attribute("href")).partition("login-")[2]
    number = int(page.locator("strong.code").inner_text())

    service.run(hexagon.confirm_chat_sign_in(chat=chat, code=code, number=number))

    page.wait_for_url(f"{service.url}/app/money", timeout=30_000)
    assert page.locator("form[action$=sign-out]").count() == 1
    assert person.errors == []
    assert person.hosts == {service.url.split("/")[2]}
    context.close()


async def broken_off(hexagon: Hexagon) -> None:
    """End all streams, as a proxy or a restart would."""
    for watched in hexagon.follow_prediction._watches._watched.values():
        for follower in tuple(watched.followers):
            follower.stop()


def test_a_stream_that_breaks_off_begins_again(chromium: Browser, service: Service) -> None:
    context = chromium.new_context(locale="en")
    page = context.new_page()
    page.goto(f"{service.url}/app/models/tone")
    page.fill("textarea", "hello")
    with page.expect_request("**/events"):
        page.locator("main form button:last-of-type").click()
    page.evaluate("window.same = true")

    with page.expect_request("**/events"):
        service.run(broken_off(service.hexagon))
    expect(page.locator(".status")).to_have_text("In the queue")
    service.run(service.hexagon.run_all())

    expect(page.locator(".answer .title")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.same")
    context.close()
