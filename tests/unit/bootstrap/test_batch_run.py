"""What `augury batch run` says after Ctrl-C."""

import sys
from pathlib import Path

import pytest

from augury.bootstrap.cli.batch_run import BatchRun
from augury.bootstrap.cli.batch_state import BatchOrder, BatchState


@pytest.mark.parametrize("key", ['it\'s "secret"', "secret key", "--key=secret"])
def test_the_command_to_go_on_has_no_key(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = _command_after_stop(["--key", key], key, tmp_path, monkeypatch)

    assert again == "augury batch run rows.csv --key KEY"


def test_an_empty_key_changes_nothing_in_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = _command_after_stop(["--key", ""], "", tmp_path, monkeypatch)

    assert again == "augury batch run rows.csv --key ''"


def test_the_command_to_go_on_and_the_notes_have_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://me:secret@augury.example.org"
    again = _command_after_stop([f"--url={url}"], "aug_k", tmp_path, monkeypatch, url)

    assert again == "augury batch run rows.csv --url=https://augury.example.org"
    assert BatchState.of(_order(tmp_path, url)).url == "https://augury.example.org"


def _command_after_stop(
    options: list[str],
    key: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str = "https://augury.example.org",
) -> str:
    (folder / "rows.csv").write_text("text\nfine\n")
    monkeypatch.setattr(sys, "argv", ["augury", "batch", "run", "rows.csv", *options])
    words, _, command = BatchRun(_order(folder, url), key).how_to_go_on().rpartition("\n  ")
    assert "confirmed" in words
    return command


def _order(folder: Path, url: str) -> BatchOrder:
    return BatchOrder(
        file=folder / "rows.csv",
        out=folder / "answers.csv",
        url=url,
        model="tone",
        format="csv",
        max_price=None,
    )
