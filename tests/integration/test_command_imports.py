"""A short command imports only what it needs, because imports take most of its time."""

import subprocess
import sys

import pytest

from tests.processes import environment

PASSWORD = "correct horse battery"
UNWANTED = frozenset(
    {
        *("aio_pika", "aiogram", "aiohttp", "aiormq", "alembic", "catboost", "charset_normalizer", "dishka"),
        *("dotenv", "faststream", "fluent", "httptools", "jwt", "litestar", "numpy", "prometheus_client"),
        *("pydantic", "rich", "sqlalchemy", "uvicorn", "uvloop", "yarl"),
    }
)
"""Packages that no short command needs."""
SCRIPT = (
    "import sys; from augury.bootstrap.cli.root import main; main(sys.argv[1:], standalone_mode=False); "
    "print('imported', *{name.partition('.')[0] for name in sys.modules})"
)


def imported_by(database_url: str, *arguments: str) -> set[str]:
    """The packages that a command has imported when it ends."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=environment(database_url=database_url),
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    *_, last = ended.stdout.splitlines()
    assert last.startswith("imported ")
    return set(last.split())


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("model list", {"argon2", "msgspec"}),
        ("user show ada@example.org", {"argon2"}),
        ("user promote ada@example.org", {"argon2", "msgspec"}),
        ("user block ada@example.org", {"argon2", "msgspec"}),
        ("user top-up ada@example.org 5", {"argon2"}),
        (f"user set-password ada@example.org --password {PASSWORD.replace(' ', '-')}", {"msgspec"}),
        ("promo list", {"argon2"}),
        ("promo create SPRING --credits 5 --limit 3", {"argon2"}),
        ("ledger verify", {"argon2", "msgspec"}),
    ],
)
def test_a_short_command_imports_no_more_than_it_runs(
    database_url: str, command: str, others: set[str]
) -> None:
    imported_by(database_url, "user", "create", "ada@example.org", "--password", PASSWORD)

    imported = imported_by(database_url, *command.split())

    assert "asyncpg" in imported
    assert not imported & (UNWANTED | others)
