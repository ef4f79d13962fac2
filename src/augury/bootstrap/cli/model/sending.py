"""Sends a model file or a table to a service."""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from augury.bootstrap.cli.remote import Remote, content_of
from augury.bootstrap.progress import progress


async def sent(remote: Remote, path: str, file: Path, asked: Mapping[str, object]) -> dict[str, Any]:
    """What the service made of the file. `asked` are parameters of the request; those that are None are left
    out.

    The request may be repeated, because the service knows a file that it already has by its digest. Raises
    `OperatorError`.
    """
    size, digest = await asyncio.to_thread(_size_and_digest_of, file)
    query = urlencode({name: each for name, each in {**asked, "sha256": digest}.items() if each is not None})
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    with progress(f"sending {file.name}") as on_step:
        return await remote.json(
            "POST", f"{path}?{query}", headers=headers, content=lambda: content_of(file, size, on_step)
        )


def _size_and_digest_of(file: Path) -> tuple[int, str]:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return opened.tell(), digest
