import hashlib
import os
import tempfile
from pathlib import Path

from typing_extensions import override

from augury.application.models.ports.models import ModelStore, ModelUnavailable
from augury.outbound.memory.model_files import MemoryModelFiles


class MemoryModelStore(ModelStore):
    """Remembers the paths of files. Their contents stay on the disk."""

    def __init__(self, sent: MemoryModelFiles | None = None) -> None:
        self._paths: dict[str, Path] = {}
        self._sent = sent

    @override
    async def put(self, file: Path) -> str:
        sha256 = _sha256(file)
        self._paths[sha256] = file
        return sha256

    @override
    async def share(self, file: Path) -> str:
        """Keeps a copy, because the caller may delete the file."""
        return await self.put(_copied(file))

    @override
    async def path(self, sha256: str) -> Path:
        file = self._paths.get(sha256) or self._fetched(sha256)
        if file is None or not file.is_file():
            raise ModelUnavailable("the file is missing")
        if _sha256(file) != sha256:
            raise ModelUnavailable("the file was changed")
        return file

    def _fetched(self, sha256: str) -> Path | None:
        """A file that was sent to the service."""
        stored = self._sent.stored.values() if self._sent else ()
        found = next((each for each in stored if each.sha256 == sha256), None)
        if found is None:
            return None
        descriptor, name = tempfile.mkstemp(suffix=".cbm")
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(found.pieces[number] for number in sorted(found.pieces))
        self._paths[sha256] = Path(name)
        return self._paths[sha256]


def _copied(file: Path) -> Path:
    descriptor, name = tempfile.mkstemp(suffix=".cbm")
    with os.fdopen(descriptor, "wb") as copy:
        copy.write(file.read_bytes())
    return Path(name)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
