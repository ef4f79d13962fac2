"""An explanation as PNG: its texts are drawn, also where the system has no fonts."""

import struct
import zlib

import pytest

from augury.domain.model_texts import ModelTexts
from augury.inbound.pictures import png
from augury.inbound.pictures.waterfall import WIDTH, waterfall
from tests.inbound.pictures.test_waterfall import TEXTS, an_explanation


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


def drawn(svg: str) -> bytes:
    """The pixels' bytes, as PNG stores them."""
    picture, at, pixels = png.png_of(svg.encode()), 8, b""
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == b"IDAT":
            pixels += picture[at + 8 : at + 8 + length]
        at += length + 12
    return zlib.decompress(pixels)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_picture_is_as_wide_as_a_phone_shows_it(language: str) -> None:
    picture = png.png_of(waterfall(an_explanation(), TEXTS, language))

    assert size_of(picture)[0] == WIDTH * png.ZOOM


def test_every_character_of_our_words_has_a_shape_of_its_own() -> None:
    """A character that the font lacks is drawn as an empty box, or not at all."""
    words = {
        character
        for language in ("en", "ru")
        for character in waterfall(an_explanation(), ModelTexts(), language).decode()
        if character.isprintable() and not character.isascii() and character != "\N{REPLACEMENT CHARACTER}"
    }
    template = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        '<text y="30" font-size="30">{}</text></svg>'
    )
    shapes = {character: drawn(template.format(character)) for character in words}

    lacking = drawn(template.format("\U000f0000"))  # for private use: no font has it
    assert lacking not in shapes.values()
    assert len(words) > 20
