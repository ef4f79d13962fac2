"""What `augury batch run` says after Ctrl-C."""

import sys
from pathlib import Path

import pytest

from augury.bootstrap.cli.batch_run import BatchRun
from augury.bootstrap.cli.batch_state import BatchOrder


@pytest.mark.parametrize("key", ['it\'s "secret"', "secret key", "--key=secret"])
def test_the_command_to_go_on_has_no_key(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = _command_after_stop(["--key", key], key, tmp_path, monkeypatch)

    assert again == "augury batch run rows.csv --key KEY"


def test_an_empty_key_changes_nothing_in_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = _command_after_stop(["--key", ""], "", tmp_path, monkeypatch)

    assert again == "augury batch run rows.csv --key ''"


def _command_after_stop(options: list[str], key: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = folder / "rows.csv"
    file.write_text("text\nfine\n")
    monkeypatch.setattr(sys, "argv", ["augury", "batch", "run", "rows.csv", *options])
    order = BatchOrder(
        file=file,
        out=folder / "answers.csv",
        url="https://augury.example.org",
        model="tone",
        format="csv",
        max_price=None,
    )
    words, _, command = BatchRun(order, key).how_to_go_on().rpartition("\n  ")
    assert "confirmed" in words
    return command
