"""axe-core, which finds what keeps people with screen readers or keyboards out. It comes from npm, pinned."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

NAMED = "axe-core@4.14.1"
INTEGRITY = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
"""The SHA-512 of the package, as npm writes it."""


def fetched(cache: Path) -> str:
    """The script. It is fetched once, and kept in `cache`."""
    kept = cache / f"{NAMED}.js"
    if not kept.exists():
        npm = shutil.which("npm")
        if npm is None:
            assert "CI" not in os.environ, "no npm"
            pytest.skip("no npm")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([npm, "pack", "--silent", "--pack-destination", folder, NAMED], check=True)
            [packed] = Path(folder).glob("*.tgz")
            digest = hashlib.sha512(packed.read_bytes()).digest()
            assert base64.b64encode(digest).decode() == INTEGRITY
            with tarfile.open(packed) as archive:
                script = archive.extractfile("package/axe.min.js")
                assert script is not None
                kept.write_bytes(script.read())
    return kept.read_text(encoding="utf-8")


def violations(page: Page, script: str) -> list[str]:
    """One line for each violation on the page. The script is run by the browser itself, so that the page's
    policy holds for the page alone."""
    page.evaluate(script)
    found: list[dict[str, object]] = page.evaluate(
        """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
            .map(({id, nodes}) => ({id, where: nodes.map(node => node.html + " " + node.failureSummary)}))"""
    )
    return [f"{each['id']}: {each['where']}" for each in found]
