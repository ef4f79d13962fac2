"""One batch from a file to a file. Its state is kept in a file beside the output until that is complete."""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import quote

from augury.bootstrap.cli.batch_state import BatchOrder, BatchState
from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.options import without_user
from augury.bootstrap.cli.remote import Away, PartialProgress, Refused, Remote, content_of
from augury.bootstrap.config import OperatorError
from augury.bootstrap.progress import progress
from augury.inbound.counts import counted

LOOK_EVERY = 1.0
"""Seconds between two checks of a running batch."""


class BatchRun:
    def __init__(self, order: BatchOrder, key: str) -> None:
        """Raises `OperatorError`."""
        self._order = order
        self._key = key
        self._part = order.out.with_name(f"{order.out.name}.part")
        self._notes = order.out.with_name(f"{order.out.name}.batch")
        self._known = self._remembered()

    def run(self) -> int:
        """The number of rows without an answer. Raises `OperatorError`."""
        return asyncio.run(self._run())

    def how_to_go_on(self) -> str:
        """The instructions for a person after Ctrl-C."""
        given, url = self._order.url, without_user(self._order.url)
        words = (word.replace(given, url) for word in sys.argv[1:])
        words = (word.replace(self._key, "KEY") if self._key else word for word in words)
        again = shlex.join(["augury", *words])
        if self._known.batch_id is None:
            return f"Stopped before the service confirmed the batch. To continue:\n  {again}"
        cancel = f"augury batch cancel {self._known.batch_id} --url {shlex.quote(url)}"
        return (
            f"Stopped. Batch {self._known.batch_id} continues at the service. To continue here:\n  {again}\n"
            f"To cancel it:\n  {cancel}"
        )

    def _remembered(self) -> BatchState:
        now = BatchState.of(self._order)
        if not self._order.out.parent.is_dir():
            raise OperatorError(f"--out {self._order.out}: there is no folder {self._order.out.parent}")
        if not self._notes.exists():
            if self._order.out.exists():
                raise OperatorError(f"{self._order.out} exists: delete it, or choose another --out")
            return now
        try:
            known = BatchState(**json.loads(self._notes.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise OperatorError(f"{self._notes} cannot be read: delete it to start again") from error
        if not known.same_as(now):
            raise OperatorError(
                f"{self._notes} is about another batch, or {self._order.file} has changed: "
                f"delete {self._notes} to start again"
            )
        return known

    def _note(self, **changes: str | None) -> None:
        self._known = replace(self._known, **changes)  # type: ignore[arg-type]  # names of fields
        written = self._notes.with_name(f"{self._notes.name}.new")
        written.write_text(json.dumps(asdict(self._known)), encoding="utf-8")
        written.replace(self._notes)

    async def _run(self) -> int:
        headers = self._order.headers
        async with Remote(self._order.url, self._key) as remote:
            if self._known.batch_id is None:
                self._note()
                try:
                    self._note(batch_id=await self._sent(remote, headers))
                except Refused:
                    self._notes.unlink()
                    raise
                say(f"batch {self._known.batch_id} is accepted", err=True)
            now = await self._ended(remote)
            await self._received(remote, now["rows"])
        self._part.replace(self._order.out)
        self._notes.unlink()
        failed = int(now["failed"])
        without = f", {failed:,} {'has' if failed == 1 else 'have'} no answer" if failed else ""
        say(f"{self._order.out}: {outcome_of(now, without)}")
        return failed

    async def _sent(self, remote: Remote, headers: dict[str, str]) -> str:
        size = self._order.file.stat().st_size
        headers = {**headers, "Content-Length": str(size), "Idempotency-Key": self._known.key}
        with progress("sending") as on_step:
            accepted = await remote.json(
                "POST",
                f"batches?{self._order.query}",
                headers=headers,
                content=lambda: content_of(self._order.file, size, on_step),
            )
        return str(accepted["id"])

    async def _ended(self, remote: Remote) -> dict[str, Any]:
        with progress("predicting") as on_step:
            while True:
                now = await remote.json("GET", _path(self._known.batch_id))
                on_step(now["done"] + now["failed"], now["rows"])
                if now["status"] not in ("queued", "processing"):
                    return now
                await asyncio.sleep(LOOK_EVERY)

    async def _received(self, remote: Remote, rows: int) -> None:
        """Write the results. A part of the same results that was received before is kept."""
        path = f"{_path(self._known.batch_id)}/results?format={self._order.format}"
        with progress("receiving") as on_step:

            async def attempt() -> None:
                begin = self._part.stat().st_size if self._part.exists() and self._known.tag else 0
                headers = {"Range": f"bytes={begin}-", "If-Range": self._known.tag or ""} if begin else {}
                try:
                    async with remote.ask("GET", path, headers=headers) as response:
                        if response.status != 206:
                            begin = 0
                        self._note(tag=response.headers.get("ETag"))
                        total, lines = _total(response.headers.get("Content-Range")), 0
                        with self._part.open("ab" if begin else "wb") as part:
                            async for piece in response.content.iter_any():
                                await asyncio.to_thread(part.write, piece)
                                lines += piece.count(b"\n")
                                on_step(*((part.tell(), total) if total else (min(lines, rows), rows)))
                            part.flush()
                            os.fsync(part.fileno())
                except Refused as refused:
                    if refused.status != 416 or not begin:  # else the file is complete
                        raise
                except Away as away:
                    if self._part.exists() and self._part.stat().st_size > begin:
                        raise PartialProgress from away
                    raise

            await remote.patiently(attempt)


async def _canceled(batch_id: str, url: str, key: str) -> dict[str, Any]:
    async with Remote(url, key) as remote:
        return await remote.json("POST", f"{_path(batch_id)}/cancel")


def canceled(batch_id: str, url: str, key: str) -> dict[str, Any]:
    """The batch after its cancellation. Raises `OperatorError`."""
    return asyncio.run(_canceled(batch_id, url, key))


def _path(batch_id: str | None) -> str:
    return f"batches/{quote(str(batch_id), safe='')}"


def _total(header: str | None) -> int | None:
    number = (header or "").rpartition("/")[2]
    return int(number) if number.isdecimal() else None


def outcome_of(batch: Mapping[str, Any], without: str = "") -> str:
    """The rows that were answered, and their cost. `without` says how many were not."""
    rows, verb = counted(batch["done"], "row"), "is" if batch["done"] == 1 else "are"
    return f"{rows} {verb} answered{without}, {counted(batch['charged'], 'credit')}"
