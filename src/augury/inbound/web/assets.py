"""The files that pages load: our own, and those that the build fetched from npm. Nothing else is served."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PICTURE = re.compile(r'url\("([a-z]+\.svg)"\)')
ROOM = Path(__file__).parent
FOLDERS = (ROOM / "vendor", ROOM / "static")
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    """It contains a part of the content's hash, so caches may keep the file for good."""
    media_type: str
    content: bytes
    packed: bytes
    """The content with gzip."""


@dataclass(frozen=True, slots=True)
class Assets:
    of: Mapping[str, Asset]
    """The files by name, such as `own.css`."""
    named: Mapping[str, Asset]
    """The files by hashed name."""


@cache
def load_assets() -> Assets:
    """Read all files. Files from npm are missing if the build could not fetch them."""
    files = [file for folder in FOLDERS for file in sorted(folder.glob("*")) if file.suffix in TYPES]
    read: dict[str, Asset] = {}
    for file in sorted(files, key=lambda each: each.suffix == ".css"):  # style sheets refer to pictures
        read[file.name] = _asset(file, read)
    return Assets(read, {asset.name: asset for asset in read.values()})


def _asset(file: Path, others: Mapping[str, Asset]) -> Asset:
    content = _PICTURE.sub(lambda found: f'url("{others[found[1]].name}")', file.read_text("utf-8")).encode()
    mark = hashlib.sha256(content).hexdigest()[:12]
    packed = gzip.compress(content, mtime=0)
    return Asset(f"{file.stem}.{mark}{file.suffix}", TYPES[file.suffix], content, packed)
