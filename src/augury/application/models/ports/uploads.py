"""Ports: files that were sent to the service, and their check."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from augury.domain.audit import Act
from augury.domain.identifiers import ModelFileId
from augury.domain.model import ModelRef
from augury.domain.model_facts import ModelFacts
from augury.domain.model_upload import CheckStage, ModelUpload


class ModelInspector(Protocol):
    @abstractmethod
    async def inspect(self, file: Path) -> ModelFacts:
        """The facts in the file, read in a place where a malicious file can do no harm.

        Raises `ModelRefused`.
        """


PIECE_BYTES = 1 << 20
"""The size of every piece of a stored file except the last. With pieces, a file of any size needs little
memory."""


class ModelFiles(Protocol):
    """Uploaded files, in numbered pieces of `PIECE_BYTES`."""

    @abstractmethod
    async def begin(self, file_id: ModelFileId) -> None:
        """Record a file whose pieces will be stored. It has no content until `whole` is called."""

    @abstractmethod
    async def put(self, file_id: ModelFileId, number: int, content: bytes) -> None:
        """Store a piece. It replaces an earlier one with the same number."""

    @abstractmethod
    async def whole(self, file_id: ModelFileId, *, sha256: str, size: int) -> None:
        """Record that all pieces of the file are stored."""

    @abstractmethod
    async def find(self, sha256: str) -> ModelFileId | None:
        """A whole file with this digest."""

    @abstractmethod
    async def piece(self, file_id: ModelFileId, number: int) -> bytes:
        """A piece of the file. Empty after the last piece, or if the file was deleted."""

    @abstractmethod
    async def delete(self, file_id: ModelFileId) -> None: ...

    @abstractmethod
    async def unneeded(self, *, limit: int) -> Sequence[ModelFileId]:
        """Files that neither a model, a check nor an unfinished training needs, and files that were not
        completed within a day."""


class ModelUploads(Protocol):
    """Uploads that are to become versions. A worker takes each one under a lease and checks it."""

    @abstractmethod
    async def add(self, upload: ModelUpload, *, act: Act | None = None) -> None:
        """Raises `Conflict` if the name already has this version or another upload for it, or if the same
        file is already a version of the name or is being checked to become one."""

    @abstractmethod
    async def get(self, ref: ModelRef) -> ModelUpload | None: ...

    @abstractmethod
    async def several(self, refs: Collection[ModelRef]) -> Sequence[ModelUpload]:
        """The uploads for these versions, before and after their check, in any order."""

    @abstractmethod
    async def all(self) -> Sequence[ModelUpload]:
        """The uploads that are being checked or were refused, ordered by name and version."""

    @abstractmethod
    async def checking(self, name: str, sha256: str) -> ModelUpload | None:
        """The upload of this file to this name that is being checked."""

    @abstractmethod
    async def take(self, *, lease: timedelta) -> ModelUpload | None:
        """Take the oldest upload that no worker is checking, for the time of the lease, and count the
        attempt. None if there is none."""

    @abstractmethod
    async def keep(self, upload: ModelUpload, stage: CheckStage, *, lease: timedelta) -> bool:
        """Store the stage of the check, and renew the lease. False if another worker has taken the upload
        since."""

    @abstractmethod
    async def hand_back(self, upload: ModelUpload, *, pause: timedelta) -> None:
        """Allow another check after the pause, without counting this attempt."""

    @abstractmethod
    async def record(self, upload: ModelUpload) -> bool:
        """Store the state and the reason after a check. False if another worker has taken the upload
        since."""

    @abstractmethod
    async def forget_refused(self, *, keep: timedelta) -> None:
        """Delete the uploads that were refused longer than `keep` ago."""
