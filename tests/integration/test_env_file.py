"""`.env` in the folder where a command is started."""

from pathlib import Path

import pytest

from augury.bootstrap.cli.root import OPERATOR_GROUPS
from tests.processes import environment, run

NOWHERE = "postgresql://x@127.0.0.1:9/x"


def test_its_settings_are_read_and_those_of_compose_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "\ufeff# settings\nexport AUGURY_DATABASE_URL='nonsense://x' # Augury's\nHTTP_PORT=80\nPATH=/x\n"
    )
    ended = run("model", "list", env=environment(), cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (
        1,
        "augury: AUGURY_DATABASE_URL must begin with postgresql://\n",
    )


@pytest.mark.parametrize("name", ["AUGURY_DATABASE_URL", "AUGURY_DATABASE_URL_FILE"])
def test_the_environment_wins(tmp_path: Path, name: str) -> None:
    (tmp_path / "url").write_text("also-nonsense://x")
    (tmp_path / ".env").write_text(f"{name}={tmp_path}/url\n")
    ended = run("model", "list", env=environment(database_url=NOWHERE), cwd=tmp_path)
    assert "cannot be reached" in ended.stderr


def test_an_empty_variable_in_the_environment_is_a_way_to_say_no(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AUGURY_DATABASE_URL=nonsense://x\n")
    ended = run("model", "list", env=environment(database_url=""), cwd=tmp_path)
    assert "AUGURY_DATABASE_URL is not set" in ended.stderr


def test_a_mistyped_name_in_it_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AUGURY_DATABSE_URL=postgresql://x/y\n")
    ended = run("model", "list", env=environment(), cwd=tmp_path)
    assert "AUGURY_DATABSE_URL (is AUGURY_DATABASE_URL meant?)" in ended.stderr


def test_one_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"AUGURY_PORT=\xff\n")
    ended = run("up", env=environment(), cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "augury: .env is not text in UTF-8\n")


@pytest.mark.parametrize("group", sorted(OPERATOR_GROUPS))
def test_help_needs_no_settings(tmp_path: Path, group: str) -> None:
    ended = run(group, "--help", env=environment(port="none"), cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
