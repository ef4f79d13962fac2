import hashlib
from pathlib import Path

from typing_extensions import override

from augury.application.models.ports import ModelStore, ModelUnavailable


class MemoryModelStore(ModelStore):
    """Remembers the paths of files. Their contents stay on the disk."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    @override
    async def put(self, file: Path) -> str:
        sha256 = _sha256(file)
        self._paths[sha256] = file
        return sha256

    @override
    async def path(self, sha256: str) -> Path:
        file = self._paths.get(sha256)
        if file is None or not file.is_file():
            raise ModelUnavailable("the file is missing")
        if _sha256(file) != sha256:
            raise ModelUnavailable("the file was changed")
        return file


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
