"""No command needs a package that its image's requirements.txt leaves out, unless it says so."""

import asyncio
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from augury.bootstrap.cli.root import OPERATOR_GROUPS
from tests.processes import environment

ROOT = Path(__file__).parents[2]
IMAGES = ("app", "bot", "worker")
NOT_HERE = "augury: this image has no {}\n"


AUGURY = "from augury.bootstrap.cli.root import main; main(prog_name='augury')"


def run_in(
    image: str, *arguments: str, program: str = AUGURY, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run a command, or another program, that can import only the image's packages."""
    without = f"import sys; sys.modules.update(dict.fromkeys({absent_from(image)}))"
    return subprocess.run(
        [sys.executable, "-c", f"{without}; {program}", *arguments],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@cache
def absent_from(image: str) -> list[str]:
    """The modules that are installed here, but not in the image."""
    requirements = (ROOT / f"docker/{image}/requirements.txt").read_text()
    held = {"augury", *map(_normalized, re.findall(r"^([\w.-]+)==", requirements, re.MULTILINE))}
    return [
        module
        for module, distributions in packages_distributions().items()
        if held.isdisjoint(map(_normalized, distributions))
    ]


def _normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize("image", IMAGES)
def test_every_image_lists_every_command(image: str) -> None:
    told = run_in(image, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert {line.split()[0] for line in told.stdout.splitlines() if line.strip()} >= OPERATOR_GROUPS.keys()


@pytest.mark.parametrize(
    ("image", "command", "missing"),
    [
        ("app", "bot", "aiogram: use the image of telegram-bot"),
        ("app", "worker", "numpy: use the image of ml-worker"),
        ("bot", "api", "litestar: use the image of app"),
        ("bot", "worker", "numpy: use the image of ml-worker"),
        ("worker", "api", "litestar: use the image of app"),
        ("worker", "bot", "aiogram: use the image of telegram-bot"),
    ],
)
def test_a_process_in_the_wrong_image_says_which_is_the_right_one(
    image: str, command: str, missing: str
) -> None:
    refused = run_in(image, command)
    assert (refused.returncode, refused.stderr) == (1, NOT_HERE.format(missing))


@pytest.mark.parametrize(
    ("image", "command", "missing"),
    [
        ("app", ("payment", "refund", "x"), "aiogram: use the image of telegram-bot"),
        ("worker", ("payment", "refund", "x"), "aiogram: use the image of telegram-bot"),
        ("app", ("model", "train"), "numpy: use the image of ml-worker"),
        ("app", ("model", "add", __file__, "--name", "churn"), "catboost: use the image of ml-worker"),
        ("app", ("migrate", "--starter-model"), "numpy: use the image of ml-worker"),
    ],
)
async def test_a_command_in_the_wrong_image_says_which_is_the_right_one(
    database_url: str, image: str, command: tuple[str, ...], missing: str
) -> None:
    refused = await asyncio.to_thread(run_in, image, *command, database_url=database_url)
    assert (refused.returncode, refused.stderr) == (1, NOT_HERE.format(missing))


@pytest.mark.parametrize(
    "command",
    [
        ("model", "add", __file__, "--name", "churn"),
        ("model", "train", __file__, "--target", "churn"),
        ("batch", "cancel", "0199"),
    ],
    ids=" ".join,
)
def test_a_command_for_another_service_in_the_worker_s_image_says_which_is_the_right_one(
    command: tuple[str, ...],
) -> None:
    refused = run_in("worker", *command, "--url", "http://localhost:1", "--key", "aug_k")
    assert (refused.returncode, refused.stderr) == (1, NOT_HERE.format("aiohttp: use the image of app"))


async def test_a_payment_is_returned_in_the_bot_s_image(database_url: str) -> None:
    settings = {"database_url": database_url, "telegram_token": "42:secret"}
    refused = await asyncio.to_thread(run_in, "bot", "payment", "refund", "x", **settings)
    assert refused.returncode == 1
    assert refused.stderr.startswith("augury: There is no such payment"), refused.stderr


@pytest.mark.parametrize("image", IMAGES)
async def test_the_books_are_verified_in_every_image(database_url: str, image: str) -> None:
    verified = await asyncio.to_thread(run_in, image, "ledger", "verify", database_url=database_url)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_image_of_the_api_has_what_agents_need() -> None:
    ran = run_in("app", program="import augury.inbound.mcp.server")
    assert (ran.returncode, ran.stderr) == (0, "")
