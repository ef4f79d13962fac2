import asyncio

from asyncpg import Pool

from tests.processes import environment, run


async def test_the_operator_makes_an_account_an_administrator_s(database_url: str, pool: Pool) -> None:
    env = environment(database_url=database_url)
    await asyncio.to_thread(
        run, "user", "create", "ada@example.org", "--password", "correct horse battery", env=env
    )

    made = await asyncio.to_thread(run, "user", "promote", "Ada@example.org", env=env)
    unknown = await asyncio.to_thread(run, "user", "promote", "bob@example.org", env=env)

    assert (made.returncode, made.stdout) == (0, "ada@example.org is an administrator now\n")
    assert await pool.fetchval("SELECT role FROM users WHERE email = 'ada@example.org'") == "admin"
    assert (unknown.returncode, unknown.stderr) == (1, "augury: There is no such user.\n")
