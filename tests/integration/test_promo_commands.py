import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from tests.processes import COMMAND, environment, run


async def test_the_operator_makes_and_lists_promo_codes(database_url: str) -> None:
    env = environment(database_url=database_url)
    create = ("promo", "create", "spring-26", "--credits", "20", "--limit", "3")

    made = await asyncio.to_thread(run, *create, "--expires-in", "30d", env=env)
    again = await asyncio.to_thread(run, *create, env=env)
    listed = await asyncio.to_thread(run, "promo", "list", env=env)
    as_json = await asyncio.to_thread(run, "promo", "list", "--json", env=env)

    assert made.stdout.startswith("created SPRING-26: 20 credits, for 3 users, until ")
    assert (again.returncode, again.stderr) == (
        1,
        "augury: This promo code already exists (code SPRING-26)\n",
    )
    [line] = listed.stdout.splitlines()
    *values, expires_at, disabled_at = line.split("\t")
    assert (values, disabled_at) == (["SPRING-26", "20", "0", "3"], "")
    assert json.loads(as_json.stdout) == [
        {
            "code": "SPRING-26",
            "credits": 20,
            "redeemed": 0,
            "limit": 3,
            "expires_at": expires_at,
            "disabled_at": None,
        }
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ["a b c", "--credits", "1", "--limit", "1"],
        ["CODE", "--credits", "0", "--limit", "1"],
        ["CODE", "--credits", "1", "--limit", "1", "--expires-in", "soon"],
        ["CODE", "--credits", "1", "--limit", "1", "--expires-in", "999999999w"],
        ["CODE", "--credits", "1", "--limit", "1", "--expires-in", "36501d"],
        ["CODE", "--credits", "1"],
    ],
)
async def test_a_code_of_another_shape_is_refused_in_words(database_url: str, wrong: list[str]) -> None:
    refused = await asyncio.to_thread(
        run, "promo", "create", *wrong, env=environment(database_url=database_url)
    )

    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr


async def test_the_operator_disables_and_enables_a_code(database_url: str) -> None:
    env = environment(database_url=database_url)
    await asyncio.to_thread(run, "promo", "create", "SPRING", "--credits", "20", "--limit", "3", env=env)

    disabled = await asyncio.to_thread(run, "promo", "disable", "spring", env=env)
    listed = await asyncio.to_thread(run, "promo", "list", "--json", env=env)
    enabled = await asyncio.to_thread(run, "promo", "enable", "spring", env=env)
    unknown = await asyncio.to_thread(run, "promo", "disable", "WINTER", env=env)

    assert (disabled.returncode, disabled.stdout) == (0, "SPRING is disabled; it was redeemed 0 times\n")
    assert json.loads(listed.stdout)[0]["disabled_at"] is not None
    assert (enabled.returncode, enabled.stdout) == (0, "SPRING is enabled\n")
    assert (unknown.returncode, unknown.stderr) == (
        1,
        "augury: There is no such promo code, or it is no longer valid.\n",
    )


async def test_a_list_that_cannot_be_written_is_one_line(database_url: str) -> None:
    env = environment(database_url=database_url)
    await asyncio.to_thread(run, "promo", "create", "CODE", "--credits", "1", "--limit", "1", env=env)

    with Path("/dev/full").open("w") as full:
        refused = await asyncio.to_thread(
            subprocess.run,
            [*COMMAND, "promo", "list"],
            env=env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (refused.returncode, refused.stderr) == (
        1,
        "augury: the output cannot be written: No space left on device\n",
    )


async def test_letters_that_the_locale_does_not_have_are_written_as_escapes(database_url: str) -> None:
    env = environment(database_url=database_url) | {"PYTHONIOENCODING": "latin-1"}
    create = ("user", "create", "ада@example.org", "--password", "correct horse")
    made = await asyncio.to_thread(run, *create, env=env)
    assert "Traceback" not in made.stderr
    assert made.stdout.startswith("created \\u0430\\u0434\\u0430@example.org")
