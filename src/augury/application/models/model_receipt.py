"""A file that is being received. The use cases that take models and tables share this."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from augury.application.models.ports.uploads import ModelFiles
from augury.domain.errors import DomainError
from augury.domain.identifiers import ModelFileId, uuid7
from augury.domain.model import InvalidModelName, ModelRef
from augury.domain.model_upload import ChecksumMismatch


class ModelReceipt:
    """A file that is being received. It is deleted unless it is kept."""

    def __init__(self, file_id: ModelFileId) -> None:
        self.file_id = file_id
        self.kept = False


@asynccontextmanager
async def receiving(files: ModelFiles, name: str) -> AsyncIterator[ModelReceipt]:
    """Receive a file for this name while the block runs. Raises `InvalidModelName`."""
    if not ModelRef(name, 1).is_valid:
        raise InvalidModelName(name=name)
    receipt = ModelReceipt(ModelFileId(uuid7()))
    await files.begin(receipt.file_id)
    try:
        yield receipt
    finally:
        if not receipt.kept:
            await files.delete(receipt.file_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file of which all pieces are stored."""

    receipt: ModelReceipt
    sha256: str
    size: int
    """Bytes."""
    stated: str | None = None
    """The digest that the sender expects, if it is known."""

    def require_sound(self, *, empty: type[DomainError]) -> None:
        """Raises `ChecksumMismatch` if the digest is not the stated one, and `empty` if the file is."""
        if self.stated is not None and self.stated.lower() != self.sha256:
            raise ChecksumMismatch(stated=self.stated.lower(), found=self.sha256)
        if not self.size:
            raise empty
