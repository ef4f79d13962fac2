"""Reads `.env` in the current folder, which has settings that the environment does not set."""

import os
from pathlib import Path

from augury.bootstrap.config import PREFIX, SettingError

ENV_FILE = Path(".env")


def read_env_file(file: Path = ENV_FILE) -> None:
    """Add the file's AUGURY_ variables to the environment, except those that the environment already has.

    Other names are ignored, since Compose reads the same file. Raises `SettingError`.
    """
    if not file.is_file():
        return
    try:
        from dotenv import dotenv_values  # imported here, because few have the file
    except ModuleNotFoundError:  # images get their settings from the container
        return
    try:
        values = dotenv_values(file, encoding="utf-8-sig")
    except OSError as error:
        raise SettingError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{file} is not text in UTF-8") from error
    set_before = {name.removesuffix("_FILE") for name in os.environ}
    for name, value in values.items():
        if name.startswith(PREFIX) and value is not None and name.removesuffix("_FILE") not in set_before:
            if "\x00" in value:
                raise SettingError(f"{file}: {name} contains NUL")
            os.environ[name] = value
