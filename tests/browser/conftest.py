"""A real Chromium, the system's own."""

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Root cannot use the sandbox. The other options keep the browser from contacting its vendor."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one module: while Playwright runs, no test of this process can run an event loop."""
    path = shutil.which("chromium")
    if path is None:
        assert "CI" not in os.environ, "no chromium"
        pytest.skip("no chromium")
    with tempfile.TemporaryDirectory(prefix="chromium-") as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=QUIET, env={**os.environ, "HOME": home}
        )
        yield browser
        browser.close()
