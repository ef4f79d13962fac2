"""Runs the program on a page of the documentation, as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def printed_by(page: str, *, url: str, key: str) -> str:
    """What the page's program prints with this service and API key, in place of those on the page."""
    [program] = _PROGRAM.findall((DOCS / page).read_text())
    assert "localhost:8000" in program
    assert "aug_…" in program
    program = program.replace("localhost:8000", url.removeprefix("http://")).replace("aug_…", key)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
