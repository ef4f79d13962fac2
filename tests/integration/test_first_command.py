"""The README's first command, in a fresh checkout, with a Python that its operating system manages.

Such a Python (for example Debian's, from version 12 on) does not let pip install packages beside the
system's.
"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.processes import environment, eventually, free_port, open_folder

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "README.ru.md")
SYSTEM = "/usr/bin:/bin"


def is_managed() -> bool:
    """Whether the system has such a Python, with pip."""
    ask = "import sysconfig, pip; print(sysconfig.get_path('stdlib'))"
    python = shutil.which("python3", path=SYSTEM)
    if python is None or shutil.which("pip", path=SYSTEM) is None:
        return False
    told = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return told.returncode == 0 and Path(told.stdout.strip(), "EXTERNALLY-MANAGED").exists()


def first_command(document: str) -> str:
    """The first line of the first code block that starts something, without its comment."""
    found = re.search(r"^(.*\baugury up)\b", (CHECKOUT / document).read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def copy_checkout(into: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (CHECKOUT / name).exists():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, into / name)


def test_the_documents_begin_with_the_same_command() -> None:
    assert len({first_command(document) for document in DOCUMENTS}) == 1


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_later_command_needs_what_the_first_has_not_put_on_the_path(document: str) -> None:
    """It leaves `.uv/bin/uv` and `.venv/bin/…`."""
    assert not re.findall(r"^(?:\$ )?uv .*", (CHECKOUT / document).read_text(), re.MULTILINE)


@pytest.mark.skipif(not is_managed(), reason="no Python here is managed by the operating system")
def test_the_first_command_works_with_the_operating_systems_own_python() -> None:
    port = free_port()
    env = environment(port=port) | {"PATH": SYSTEM}
    # A newcomer has not set these. Compiling all packages would take more time than it saves one process.
    for name in ("VIRTUAL_ENV", "UV_COMPILE_BYTECODE"):
        env.pop(name, None)
    # On uv's disk, uv links what it has downloaded. Elsewhere it copies 1.5 GB.
    with open_folder(quick=False) as folder, (folder / "output").open("wb") as output:
        checkout = folder / "augury"
        copy_checkout(checkout)
        command = subprocess.Popen(
            ["bash", "-c", first_command("README.md")],
            cwd=checkout,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

        def answers() -> bool:
            assert command.poll() is None, (folder / "output").read_text()
            try:
                return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
            except httpx.TransportError:
                return False

        try:
            eventually(answers, 240, "the first command")
            data = {"data": {"text": "Какой-то текст для предсказания"}}
            done = httpx.post(
                f"http://127.0.0.1:{port}/predictions/predict",
                json=data,
                headers={"Prefer": "wait=30"},
                timeout=60,
            )
            assert done.json()["status"] == "succeeded"
            assert "home = /usr/bin" in (checkout / ".venv/pyvenv.cfg").read_text()
        finally:
            os.killpg(command.pid, signal.SIGINT)
            command.wait(60)
