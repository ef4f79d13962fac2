"""Under which account the embedded PostgreSQL runs, and what that account can reach.

PostgreSQL runs under the account of whoever starts it, but refuses to run as root. Started by root it runs as
the owner of its data. The first time it runs as the owner of the data folder or, where that is root, as
`nobody`, which every machine has. No account is added, and no folder outside the data folder is opened.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from augury.bootstrap.config import OperatorError

UNPRIVILEGED = "nobody"
_ROOT = 0


class AccountUnusable(OperatorError):
    """The account of the embedded server cannot be had, or cannot reach what it needs."""


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    @classmethod
    def of(cls, *folders: Path) -> Self | None:
        """The account that root gives the server: the first of these folders' owners that is not root.

        None where the server runs as whoever starts it. Raises `AccountUnusable`.
        """
        if os.geteuid() != _ROOT:
            return None
        for folder in folders:
            if folder.exists() and (owner := folder.stat()).st_uid != _ROOT:
                return cls(owner.st_uid, owner.st_gid)
        try:
            found = pwd.getpwnam(UNPRIVILEGED)
        except KeyError:
            raise AccountUnusable(
                f"PostgreSQL refuses to run as root, and this machine has no account {UNPRIVILEGED}: "
                "run as another user"
            ) from None
        return cls(found.pw_uid, found.pw_gid)

    @property
    def name(self) -> str:
        return account_name(self.uid)

    def own(self, folder: Path) -> None:
        """Make it the owner of the folder and of all that root owns in it."""
        for path in (folder, *folder.rglob("*")):
            if path.lstat().st_uid == _ROOT:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def stopped_at(self, folder: Path) -> Path | None:
        """The first folder on the way to this one, itself included, that the account may not enter."""
        with self._acting():
            for each in (*reversed(folder.parents), folder):
                try:
                    os.stat(os.path.join(each, "."))  # noqa: PTH116, PTH118  # a Path has no trailing dot
                except PermissionError:
                    return each
        return None

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Be this account for the length of the block, as far as files are concerned."""
        gid, groups = os.getegid(), os.getgroups()
        try:
            os.setgroups([self.gid])
            os.setegid(self.gid)
            os.seteuid(self.uid)
        except PermissionError as error:  # root of a container that may change nothing
            raise AccountUnusable(
                f"PostgreSQL refuses to run as root, and here root may not act as {self.name}: "
                "run as another user"
            ) from error
        try:
            yield
        finally:
            os.seteuid(_ROOT)
            os.setegid(gid)
            os.setgroups(groups)


def account_name(uid: int) -> str:
    """The name of an account, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
