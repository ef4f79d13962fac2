"""Odd values of options and of `.env`: each is refused in one line, with the exit code of wrong usage."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from augury.bootstrap.cli.root import main
from augury.bootstrap.config import SettingError
from augury.bootstrap.env_file import read_env_file


@pytest.mark.parametrize(
    "words",
    [
        ("user", "share", "ada@example.org"),
        ("model", "unsure", "tone@1"),
        ("model", "canary", "tone@1", "--share"),
        ("migrate", "--wait"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("number", ["nan", "inf", "1e300", "-nan", "x"])
def test_a_number_that_is_none_is_refused(words: tuple[str, ...], number: str) -> None:
    ended = CliRunner().invoke(main, [*words, "--", number] if words[-1][0] != "-" else [*words, number])

    assert ended.exit_code == 2, ended.output
    assert ended.output.splitlines()[-1].startswith("Error: Invalid value for"), ended.output


def test_nul_in_the_file_of_settings_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"AUGURY_HOST=a\0b\n")

    with pytest.raises(SettingError, match="AUGURY_HOST contains NUL"):
        read_env_file(file)


def test_results_go_to_a_folder_that_exists(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "nowhere" / "answers.csv"
    rows.write_text("text\nLove it\n")

    ended = CliRunner().invoke(
        main,
        ["batch", "run", str(rows), "--model=tone", f"--out={out}", "--url=http://localhost:1", "--key=k"],
    )

    assert (ended.exit_code, ended.output) == (1, f"augury: --out {out}: there is no folder {out.parent}\n")
