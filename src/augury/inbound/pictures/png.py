"""Turns our SVG pictures into PNG, for places that show no SVG."""

import importlib.resources
from functools import cache

ZOOM = 2
"""Pixels of the PNG for one of the SVG, so that its texts are sharp on a phone."""


def png_of(svg: bytes) -> bytes:
    """The picture as PNG. It takes about 0.1 s of CPU: run it outside of the event loop.

    Its texts are drawn with a font that is installed with us, because a container has none. A character that
    this font lacks is taken from the system's fonts.
    """
    import resvg_py  # only the bot draws PNG

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg.decode(),
            zoom=ZOOM,
            font_files=_font_files(),
            sans_serif_family="Noto Sans",
            font_family="Noto Sans",
        )
    )


@cache
def _font_files() -> list[str]:
    files = importlib.resources.files("fontpkg_noto_sans") / "files"
    return sorted(str(each) for each in files.iterdir() if "Italic" not in each.name)
