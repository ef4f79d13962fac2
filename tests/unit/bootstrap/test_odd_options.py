"""Odd values of options and of `.env`: each is refused in one line, with the exit code of wrong usage."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from augury.bootstrap.cli.options import without_user
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


@pytest.mark.parametrize("command", ["add", "train", "run", "cancel"])
@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        *(
            (url, "aug_secret", " is not an address")
            for url in (
                *("augury", "ftp://localhost", "https://", "http://[::1", "http://a..b"),
                *("http://localhost:port", "http://localhost:99999", "me:secret@localhost"),
                *("http://me:secret@localhost:99999", "http://me:a/secret@localhost", "ftp://me:secret@b"),
            )
        ),
        *(
            ("http://localhost:1", key, "the key has characters that are never part of a key")
            for key in ("aug_secret\r", "aug_secret\nb", "aug_secret\u2028", "ключ")
        ),
    ],
)
def test_an_address_or_a_key_that_cannot_be_one_is_refused_in_a_line_without_secrets(
    command: str, url: str, key: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,churn\nLove it,no\n")
    arguments = {
        "add": ["model", "add", str(file), "--name=churn"],
        "train": ["model", "train", str(file), "--target=churn"],
        "run": ["batch", "run", str(file), "--model=tone", f"--out={tmp_path / 'answers.csv'}"],
        "cancel": ["batch", "cancel", "0199"],
    }[command]

    ended = CliRunner().invoke(main, [*arguments, f"--url={url}", f"--key={key}"])

    assert ended.exit_code == 1, repr(ended.exception)
    assert ended.output.startswith("augury: ")
    assert words in ended.output
    assert len(ended.output.splitlines()) == 1
    assert "secret" not in ended.output
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("https://me:secret@augury.example.org/a", "https://augury.example.org/a"),
        ("HTTPS://me@[::1]:8000", "HTTPS://[::1]:8000"),
        ("https://me:a/secret?#@augury.example.org", "https://augury.example.org"),
        ("me:secret@augury.example.org", "augury.example.org"),
        *(
            (url, url)
            for url in ("https://a.example.org/b@c", "https://a:80/b@c", "http://[::1]:80/b@c", "a/b@c", "")
        ),
    ],
)
def test_an_address_is_printed_without_its_user(url: str, printed: str) -> None:
    assert without_user(url) == printed


@pytest.mark.parametrize("command", [("add",), ("train", "--target=churn")], ids=" ".join)
def test_a_missing_key_is_named_with_its_variable(command: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "churn.csv"
    file.write_text("age,churn\n1,no\n")
    asked, *options = command

    ended = CliRunner(env={"AUGURY_API_KEY": None}).invoke(
        main, ["model", asked, str(file), *options, "--name=churn", "--url=http://localhost:1"]
    )

    said = "augury: --url needs --key or AUGURY_API_KEY, an administrator's API key\n"
    assert (ended.exit_code, ended.output) == (1, said)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_an_empty_one(closed: str) -> None:
    program = (
        "import os, sys; from augury.bootstrap.cli.root import open_missing_streams; open_missing_streams(); "
        "print(sys.stdout.isatty(), sys.stdin.read()); print(sys.stderr.isatty(), file=sys.stderr); "
        "sys.exit([each.fileno() for each in (sys.stdin, sys.stdout, sys.stderr)] != [0, 1, 2])"
    )

    ended = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, program],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_children_inherit_the_stream_that_was_missing(closed: str) -> None:
    child = "import os; [os.fstat(number) for number in (0, 1, 2)]"
    program = (
        "import subprocess, sys; from augury.bootstrap.cli.root import open_missing_streams; "
        f"open_missing_streams(); sys.exit(subprocess.call([sys.executable, '-c', {child!r}]))"
    )

    ended = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, program],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr


def test_a_password_that_nobody_can_type_ends_the_command_without_a_traceback() -> None:
    command = f"exec '{sys.executable}' -m augury.bootstrap.cli user create ada@example.org <&-"

    ended = subprocess.run(
        ["setsid", "sh", "-c", command], capture_output=True, text=True, timeout=120, check=False
    )

    assert ended.returncode == 1
    assert "Aborted!" in ended.stderr
    assert "Traceback" not in ended.stderr
