"""`.env` in the folder where a command is started: settings for whoever sets none in the environment."""

import os
from pathlib import Path

from augury.bootstrap.config import PREFIX, SettingError

ENV_FILE = Path(".env")


def read_env_file(file: Path = ENV_FILE) -> None:
    """Add the file's AUGURY_ variables to the environment, which wins where it has one of them already.

    Other names are not Augury's: Compose reads the same file. Raises `SettingError`.
    """
    if not file.is_file():
        return
    try:
        from dotenv import dotenv_values  # a file is rare
    except ModuleNotFoundError:  # in images, whose settings come with the container
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
            os.environ[name] = value
