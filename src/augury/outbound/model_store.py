"""Model files in a folder that all workers share. Each file is named after its SHA-256."""

import asyncio
import hashlib
import itertools
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from typing_extensions import override

from augury.application.models.ports.models import ModelStore, ModelUnavailable
from augury.application.models.ports.uploads import PIECE_BYTES, ModelFiles
from augury.application.ports import Unavailable
from augury.domain.identifiers import ModelFileId, uuid7

_SHA256 = re.compile(r"[0-9a-f]{64}")
_READABLE_BY_ALL = 0o644  # workers may run as a different user than the one who added the model
_CHUNK_BYTES = 1 << 20
_PART = ".part"
_UNTOUCHED = 86_400
"""Seconds without a write after which a part counts as abandoned."""


class FolderModelStore(ModelStore):
    """Stores equal files once. A file appears whole or not at all, even if the machine stops.

    A file that was sent to the service is copied into the folder when it is first needed.
    """

    def __init__(self, folder: Path, sent: ModelFiles | None = None) -> None:
        self._folder = folder
        self._sent = sent

    @override
    async def put(self, file: Path) -> str:
        """Raises `Unavailable` if the file cannot be read or the folder cannot be written."""
        try:
            return await asyncio.to_thread(self._put, file)
        except OSError as error:
            raise Unavailable(f"the model folder: {error}") from error

    @override
    async def share(self, file: Path) -> str:
        """Raises `Unavailable` if the file cannot be read or the folder cannot be written."""
        sha256 = await self.put(file)
        if self._sent is not None and await self._sent.find(sha256) is None:
            await self._send(file, sha256, self._sent)
        return sha256

    async def _send(self, file: Path, sha256: str, sent: ModelFiles) -> None:
        """Store the file in the same way as files that are sent to the service."""
        file_id = ModelFileId(uuid7())
        await sent.begin(file_id)
        size = 0
        with file.open("rb") as source:
            for number in itertools.count():
                if not (piece := await asyncio.to_thread(source.read, PIECE_BYTES)):
                    break
                await sent.put(file_id, number, piece)
                size += len(piece)
        await sent.whole(file_id, sha256=sha256, size=size)

    @override
    async def path(self, sha256: str) -> Path:
        """Raises `Unavailable` if the file was sent and the folder cannot be written."""
        try:
            return await asyncio.to_thread(self._checked, sha256)
        except ModelUnavailable:
            if not await self._fetched(sha256):
                raise
        return await asyncio.to_thread(self._checked, sha256)

    async def _fetched(self, sha256: str) -> bool:
        """Copy the file into the folder. False if no such file was sent to the service."""
        if self._sent is None or (file_id := await self._sent.find(sha256)) is None:
            return False
        try:
            part = await asyncio.to_thread(self._begun)
            try:
                for number in itertools.count():
                    if not (piece := await self._sent.piece(file_id, number)):
                        break
                    await asyncio.to_thread(_append, part, piece)
                await asyncio.to_thread(self._keep, part, sha256)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"the model folder: {error}") from error
        return True

    def _put(self, file: Path) -> str:
        with file.open("rb") as source:
            part = self._begun()
            try:
                with part.open("wb") as target:
                    sha256 = _copy(source, target)
                self._keep(part, sha256)
            finally:
                part.unlink(missing_ok=True)
        return sha256

    def _begun(self) -> Path:
        """A new, empty file in the folder, with a temporary name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._delete_leftovers()
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=_PART)
        os.close(descriptor)
        return Path(name)

    def _delete_leftovers(self) -> None:
        """Delete unfinished copies of processes that were killed."""
        for part in self._folder.glob(f".*{_PART}"):
            with suppress(OSError):
                if part.stat().st_mtime < time.time() - _UNTOUCHED:
                    part.unlink()

    def _keep(self, part: Path, sha256: str) -> None:
        with part.open("rb+") as target:
            part.chmod(_READABLE_BY_ALL)
            os.fsync(target.fileno())
        part.replace(self._file(sha256))
        _sync_names(self._folder)

    def _checked(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ModelUnavailable(f"{sha256!r} is not the name of a model file")
        file = self._file(sha256)
        try:
            with file.open("rb") as content:
                found = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise ModelUnavailable(f"model file {file.name}: {error.strerror}") from error
        if found != sha256:
            raise ModelUnavailable(f"model file {file.name} was changed: its SHA-256 is {found}")
        return file

    def _file(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.cbm"


def _append(part: Path, piece: bytes) -> None:
    with part.open("ab") as target:
        target.write(piece)


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy everything. Returns the SHA-256 of the copied bytes."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _sync_names(folder: Path) -> None:
    """Make the folder's new entry survive a power failure, if the system can open folders."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
