"""Translates errors of PostgreSQL into the errors of the ports."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from augury.application.ports import Conflict, Unavailable
from augury.application.ports.books import AlreadyRecorded
from augury.domain.transfer import Account, BooksDisagree
from augury.outbound.postgres.rights import what_is_missing

SERVER_UNUSABLE = (
    OSError,  # also a TimeoutError: the server exceeded even its own time limits
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,  # the server ended the connection between two messages of one statement
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, after a fail-over
)
"""Errors that every connection to the same server will meet."""

AWAY = (
    *SERVER_UNUSABLE,
    asyncpg.InterfaceError,  # the connection or the pool is closed
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement timeout
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""Errors that become `Unavailable`."""
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Errors after which the transaction may be repeated."""
_BALANCES = {"balances_available_check": Account.AVAILABLE, "balances_held_check": Account.HELD}


@contextmanager
def failures_named() -> Iterator[None]:
    """Translate errors of the database to `Conflict`, `AlreadyRecorded`, `BooksDisagree` or `Unavailable`."""
    try:
        yield
    except _AGAIN as error:
        raise Conflict(f"the database: {first_line(error)}") from error
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "transfers_pkey":
            raise AlreadyRecorded from error
        raise Conflict(f"the database: {first_line(error)}") from error
    except asyncpg.CheckViolationError as error:
        if (account := _BALANCES.get(error.constraint_name or "")) is None:
            raise
        raise BooksDisagree(account=account) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise Unavailable(f"the database refuses: {what_is_missing(error, '<role of Augury>')}") from error
    except asyncpg.ProtocolViolationError as error:
        raise Unavailable(_words_of_pooler(first_line(error))) from error
    except AWAY as error:
        raise Unavailable(f"the database cannot be reached: {first_line(error)}") from error


def _words_of_pooler(words: str) -> str:
    if "unsupported startup parameter" not in words:
        return f"the database cannot be reached: {words}"
    return f"a pooler is in front of the database ({words}): set AUGURY_DATABASE_POOLER to transaction"


def first_line(error: BaseException) -> str:
    """The first line of the error's text. PostgreSQL adds further lines with details."""
    return str(error).partition("\n")[0] or "no answer in time"
