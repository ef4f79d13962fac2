"""The files that pages load: our own, and those that the build fetched from npm. Nothing else is served."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PICTURE = re.compile(r'url\("([a-z]+\.svg)"\)')
_MODULE = re.compile(r'from "([a-z0-9-]+/[a-z0-9.]+)"')
ROOM = Path(__file__).parent
FOLDERS = (ROOM / "vendor", ROOM / "static")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    """It contains a part of the content's hash, or the version of its package, so caches may keep it."""
    media_type: str
    content: bytes
    packed: bytes
    """The content with gzip."""


@dataclass(frozen=True, slots=True)
class Assets:
    of: Mapping[str, Asset]
    """The files by name, such as `own.css` or `hyparquet/read.js`."""
    named: Mapping[str, Asset]
    """The files by the name in their address."""


@cache
def load_assets() -> Assets:
    """Read all files. Files from npm are missing if the build could not fetch them."""
    files = [file for folder in FOLDERS for file in sorted(folder.glob("*")) if file.suffix in TYPES]
    modules = [file for folder in FOLDERS for file in sorted(folder.glob("*@*/*")) if file.suffix in TYPES]
    read = {_plain(file): _module(file) for file in modules}
    for file in sorted(files, key=lambda each: each.suffix == ".css"):  # style sheets refer to pictures
        read[file.name] = _asset(file, read)
    return Assets(read, {asset.name: asset for asset in read.values()})


def _plain(module: Path) -> str:
    """The name of a package's module without the version."""
    return f"{module.parent.name.partition('@')[0]}/{module.name}"


def _module(file: Path) -> Asset:
    """A module of a package. The others of the package import it by its name, in their folder."""
    content = file.read_bytes()
    name = f"{file.parent.name}/{file.name}"
    return Asset(name, TYPES[file.suffix], content, gzip.compress(content, mtime=0))


def _asset(file: Path, others: Mapping[str, Asset]) -> Asset:
    text = _PICTURE.sub(lambda found: f'url("{others[found[1]].name}")', file.read_text("utf-8"))
    # A module that the build could not fetch keeps its name, so importing it fails: the pages do without it.
    named = {name: asset.name for name, asset in others.items()}
    content = _MODULE.sub(lambda found: f'from "./{named.get(found[1], found[1])}"', text).encode()
    mark = hashlib.sha256(content).hexdigest()[:12]
    packed = gzip.compress(content, mtime=0)
    return Asset(f"{file.stem}.{mark}{file.suffix}", TYPES[file.suffix], content, packed)
