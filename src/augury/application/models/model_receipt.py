"""A file that is being received. The use cases that take models and tables share this."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from augury.application.models.ports import ModelFiles
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


def require_stated(stated: str | None, found: str) -> None:
    """Raises `ChecksumMismatch` if the file's digest is not the stated one."""
    if stated is not None and stated.lower() != found:
        raise ChecksumMismatch(stated=stated.lower(), found=found)
