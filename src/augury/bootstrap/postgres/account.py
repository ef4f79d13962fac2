"""The account under which the embedded PostgreSQL runs, and the folders that it can reach.

PostgreSQL runs under the current account, but refuses to run as root. If root starts it, it runs as the owner
of its data. The first time it runs as the owner of the data folder or, if that is root, as `nobody`, which
every machine has. No account is added, and no folder outside the data folder is opened.
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
    """The account of the embedded server does not exist or cannot be used, or cannot reach its folders."""


@dataclass(frozen=True, slots=True)
class SystemAccount:
    uid: int
    gid: int

    @classmethod
    def of(cls, *folders: Path) -> Self | None:
        """The account for a server that root starts: the first owner of these folders that is not root.

        None if the current account is not root; the server then runs as the current account. Raises
        `AccountUnusable`.
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
        """Make the account the owner of the folder, and of everything in it that root owns."""
        for path in (folder, *folder.rglob("*")):
            if path.lstat().st_uid == _ROOT:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def stopped_at(self, folder: Path) -> Path | None:
        """The first folder on the path to this one, including this one, that the account may not enter."""
        with self._acting():
            for each in (*reversed(folder.parents), folder):
                try:
                    os.stat(os.path.join(each, "."))  # noqa: PTH116, PTH118  # a Path has no trailing dot
                except PermissionError:
                    return each
        return None

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Access files as this account while the block runs."""
        gid, groups = os.getegid(), os.getgroups()
        try:
            os.setgroups([self.gid])
            os.setegid(self.gid)
            os.seteuid(self.uid)
        except PermissionError as error:  # root in a container without capabilities
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
    """The name of an account, or its number if it has no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
