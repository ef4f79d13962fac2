"""Draws the pages' pictures in `docs/images` anew: `uv run python -m tests.browser.pictures`.

The start page and the prediction are those of `augury up`. The operator's pictures have example figures."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect, sync_playwright

from augury.application.operation.ports import Process, ProcessRole
from augury.domain.figures import Figures, Step, latencies_of
from augury.domain.identifiers import uuid7
from augury.domain.model import ModelRef
from augury.domain.usage import BOUNDS, Usage
from augury.domain.user import Role
from tests.browser.conftest import QUIET
from tests.browser.service import Service
from tests.hexagon import PASSWORD, Hexagon, a_model
from tests.integration.test_up import up
from tests.processes import open_folder

IMAGES = Path(__file__).parents[2] / "docs" / "images"
REVIEW = "The parcel came a day early and the seller even answered my question, I am delighted"
CLASSES = ("positive", "neutral", "negative")
MINUTES = 62


def main() -> None:
    with browser() as chromium:
        with open_folder() as folder, up(folder, guest_credits=50) as (url, _):
            draw_start(chromium, url)
            draw_prediction(chromium, url)
        with Service(pages=True) as service:
            service.run(worked(service.hexagon))
            draw_desk(chromium, service.url)


@contextmanager
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "no chromium"
    with tempfile.TemporaryDirectory(prefix="chromium-") as home, sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=QUIET, env={**os.environ, "HOME": home})


@contextmanager
def opened(chromium: Browser, width: int, height: int) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale="en", timezone_id="UTC", color_scheme="light"
    )
    yield context.new_page()
    context.close()


def draw_start(chromium: Browser, url: str) -> None:
    with opened(chromium, 1_280, 780) as page:
        page.goto(url, wait_until="networkidle")
        page.screenshot(path=IMAGES / "start.png")


def draw_prediction(chromium: Browser, url: str) -> None:
    with opened(chromium, 390, 800) as page:
        page.goto(f"{url}/app/models/tone")
        page.fill("textarea", REVIEW)
        page.check("[name=explain]")
        page.locator("main form button:last-of-type").click()
        expect(page.locator("figure img")).to_be_visible(timeout=60_000)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / "phone.png", full_page=True)


def draw_desk(chromium: Browser, url: str) -> None:
    with opened(chromium, 1_280, 800) as page:
        page.goto(f"{url}/app/sign-in")
        page.fill("[name=email]", "root@example.org")
        page.fill("[name=password]", PASSWORD)
        page.locator("main form button").first.click()
        page.goto(f"{url}/app/desk/overview", wait_until="networkidle")
        page.screenshot(path=IMAGES / "desk.png")
        page.set_viewport_size({"width": 1_000, "height": 2_400})
        page.goto(f"{url}/app/desk/models/tone@2", wait_until="networkidle")
        compared(page, page.get_by_role("heading", name="Versions compared"))


def compared(page: Page, heading: Locator) -> None:
    """The charts, the first table, and the shares of the labels."""
    first, last = heading.bounding_box(), page.locator("#figures .bars").bounding_box()
    assert first
    assert last
    top = first["y"] - 16
    clip = FloatRect(x=0.0, y=top, width=1_000.0, height=last["y"] + last["height"] + 16 - top)
    page.screenshot(path=IMAGES / "canary.png", clip=clip)


async def worked(hexagon: Hexagon) -> None:
    """A service that has worked for an hour, with a canary."""
    dice = Random(7)
    await hexagon.user(role=Role.ADMIN, email="root@example.org")
    known = await hexagon.models.version(ModelRef("tone", 1))
    canary = a_model(version=2, active=False)
    await hexagon.models.add(canary)
    await hexagon.start_canary(ref=canary.ref, share=0.25)
    await hexagon.verify_ledger()
    await hexagon.figures.add(Process(id=uuid7(), part=ProcessRole.WORKER), Figures())
    now = hexagon.clock.now()
    async with hexagon.memory.change() as state:
        for ago in range(MINUTES):
            at = Step.MINUTE.begins(now - timedelta(minutes=ago))
            share = 1.0 if ago else 0.4  # the minute that is not over
            state.figures[Step.MINUTE, at] = figures(dice, share)
            state.version_counts[known.ref, at] = usage(dice, share, slow=1, sure=(5, 3, 2))
            state.version_counts[canary.ref, at] = usage(dice, share / 4, slow=2, sure=(4, 4, 2))


def figures(dice: Random, share: float) -> Figures:
    accepted = round(dice.gauss(64, 8) * share)
    failed = sum(dice.random() < 0.01 for _ in range(accepted))
    waited = [dice.choice((0.04, 0.08, 0.08, 0.15)) if dice.random() < 0.94 else 0.4 for _ in range(accepted)]
    return Figures(
        accepted=accepted,
        succeeded=accepted - failed,
        failed=failed,
        revenue=accepted - failed + dice.randrange(20),
        latencies=latencies_of(waited),
    )


def usage(dice: Random, share: float, *, slow: int, sure: tuple[int, ...]) -> Usage:
    count = round(dice.gauss(42, 7) * share)
    failed = sum(dice.random() < 0.006 * slow for _ in range(count))
    durations = [0] * (len(BOUNDS) + 1)
    for _ in range(count):
        durations[min(len(BOUNDS), 1 + slow + round(abs(dice.gauss(0, 0.9))))] += 1
    labels = Counter(dice.choices(CLASSES, sure, k=count - failed))
    return Usage(
        succeeded=count - failed,
        failed=failed,
        rows=count,
        durations=tuple(durations),
        labels=labels,
    )


if __name__ == "__main__":
    main()
