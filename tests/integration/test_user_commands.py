import asyncio
import json
import re
import unicodedata
from typing import Literal

from asyncpg import Pool

from tests.processes import environment, run

FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


async def test_the_operator_makes_an_account_an_administrator_s(database_url: str, pool: Pool) -> None:
    env = environment(database_url=database_url)
    await asyncio.to_thread(
        run, "user", "create", "ada@example.org", "--password", "correct horse battery", env=env
    )

    made = await asyncio.to_thread(run, "user", "promote", "Ada@example.org", env=env)
    unknown = await asyncio.to_thread(run, "user", "promote", "bob@example.org", env=env)

    assert (made.returncode, made.stdout) == (0, "ada@example.org is now an administrator\n")
    assert await pool.fetchval("SELECT role FROM users WHERE email = 'ada@example.org'") == "admin"
    assert (unknown.returncode, unknown.stderr) == (1, "augury: There is no such user.\n")


async def test_an_address_is_one_whether_its_letters_come_composed_or_not(database_url: str) -> None:
    env, address = environment(database_url=database_url), "андрей@ёлка.рф"
    typed = {form: unicodedata.normalize(form, address) for form in FORMS}
    await asyncio.to_thread(run, "user", "create", typed["NFD"], "--password", "correct horse", env=env)

    again = await asyncio.to_thread(
        run, "user", "create", typed["NFC"], "--password", "correct horse", env=env
    )
    promoted = await asyncio.to_thread(run, "user", "promote", typed["NFD"], env=env)

    assert again.stderr == "augury: Another account has this e-mail address.\n"
    assert promoted.stdout == f"{typed['NFC']} is now an administrator\n"


async def test_the_operator_sees_an_account_and_takes_back_a_mistaken_top_up(database_url: str) -> None:
    env = environment(database_url=database_url)

    async def augury(*arguments: str) -> tuple[int, str, str]:
        ended = await asyncio.to_thread(run, *arguments, env=env)
        return ended.returncode, ended.stdout, ended.stderr

    await augury("user", "create", "ada@example.org", "--password", "correct horse battery")
    _, topped_up, _ = await augury("user", "top-up", "ada@example.org", "500")
    [reference] = re.findall(r"the top-up's reference is ([0-9a-f-]{36})$", topped_up)

    code, reversed_, error = await augury("user", "reverse", "ada@example.org", reference, "--credits", "450")
    again = await augury("user", "reverse", "ada@example.org", reference)
    _, shown, _ = await augury("user", "show", "ada@example.org")
    _, as_json, _ = await augury("user", "show", "ada@example.org", "--json", "--limit", "1")
    account = json.loads(as_json)
    _, by_id, _ = await augury("user", "show", account["id"])
    _, verified, _ = await augury("ledger", "verify")

    assert (code, reversed_, error) == (0, "ada@example.org has 50 credits available\n", "")
    assert again == (1, "", "augury: This top-up was already reversed, in whole or in part.\n")
    assert [line.split("\t")[:3] for line in shown.splitlines()] == [
        ["account", account["id"], "ada@example.org"],
        ["transfer", "reversal", "450"],
        ["transfer", "top_up", "500"],
    ]
    assert by_id == shown
    assert (account["available"], account["held"], account["pending"]) == (50, 0, 0)
    assert (account["blocked_at"], account["predictions"]) == (None, [])
    assert [each["reference"] for each in account["transfers"]] == [reference]
    assert verified.strip().startswith("the books balance")


async def test_the_operator_blocks_and_unblocks_an_account(database_url: str, pool: Pool) -> None:
    env = environment(database_url=database_url)
    blocked_at = "SELECT blocked_at FROM users WHERE email = 'ada@example.org'"
    await asyncio.to_thread(
        run, "user", "create", "ada@example.org", "--password", "correct horse battery", env=env
    )

    blocked = await asyncio.to_thread(run, "user", "block", "ada@example.org", env=env)
    assert (blocked.returncode, blocked.stdout) == (
        0,
        "ada@example.org is blocked, and all sessions ended\n",
    )
    assert await pool.fetchval(blocked_at)
    unblocked = await asyncio.to_thread(run, "user", "unblock", "ada@example.org", env=env)

    assert (unblocked.returncode, unblocked.stdout) == (0, "ada@example.org is not blocked\n")
    assert await pool.fetchval(blocked_at) is None


async def test_the_operator_gives_an_account_another_share_of_the_bulk_lane(
    database_url: str, pool: Pool
) -> None:
    env = environment(database_url=database_url)
    created = ("user", "create", "ada@example.org", "--password", "correct horse battery")
    await asyncio.to_thread(run, *created, env=env)

    given = await asyncio.to_thread(run, "user", "share", "ada@example.org", "2.5", env=env)
    refused = [
        await asyncio.to_thread(run, "user", "share", "ada@example.org", weight, env=env)
        for weight in ("0", "101", "much")
    ]

    assert (given.returncode, given.stdout) == (0, "ada@example.org has the weight 2.5 in the bulk lane\n")
    assert [each.returncode for each in refused] == [2, 2, 2]
    assert await pool.fetchval("SELECT weight FROM shares") == 2.5


async def test_words_that_are_not_text_are_refused_in_one_line(database_url: str) -> None:
    env, raw = environment(database_url=database_url), "\udcff"
    await asyncio.to_thread(run, "user", "create", "ada@example.org", "--password", "correct horse", env=env)

    refused = await asyncio.to_thread(run, "user", "reverse", "ada@example.org", raw, env=env)

    assert (refused.returncode, refused.stderr) == (1, r"augury: '\udcff' is not text in UTF-8" + "\n")
