"""Turns our SVG pictures into PNG, for places that cannot show SVG."""

import importlib.resources
from functools import cache

ZOOM = 2
"""Pixels of the PNG per SVG pixel, so that texts are sharp on a phone."""


def png_of(svg: bytes) -> bytes:
    """The picture as PNG. It takes about 0.1 s of CPU: run it outside of the event loop.

    Its texts use a font that is installed with Augury, because a container has none. Characters that this
    font lacks come from the system's fonts.
    """
    import resvg_py  # only the bot needs PNG

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
