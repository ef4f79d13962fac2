"""The encoding of a file, decided from its whole content."""

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO

from charset_normalizer import from_bytes

from augury.inbound.tables.unreadable import BrokenUtf8, NotText

Source = Callable[[], BinaryIO]
"""Opens the file from its beginning at every call."""

UTF_8 = "utf-8-sig"
NAMES = {"cp1251": "Windows-1251", "cp1252": "Windows-1252", "koi8_r": "KOI8-R", "cp866": "CP866"}
"""The encodings besides Unicode: Russian and Western European ones of Windows, Unix and DOS. They can only be
guessed from the text, so the person is told which one was chosen."""
BLOCK = 1 << 16
MOST_SAMPLE = 1 << 16
MANY_CHARACTERS, MANY_WORDS, LEAST_WORDS = 1.0, 0.2, 3
"""A file counts as UTF-8 if it has MANY_CHARACTERS valid characters per invalid byte, or if at least
LEAST_WORDS and a share of MANY_WORDS of its words are valid. In other encodings, about one word in several
hundred is valid by accident."""
_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = (
    (re.compile(rb"[^\x00]\x00\x00\x00", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00[^\x00]", re.DOTALL), "utf-32-be"),
    (re.compile(rb"[^\x00]\x00[^\x00]\x00", re.DOTALL), "utf-16-le"),
    (re.compile(rb"\x00[^\x00]\x00[^\x00]", re.DOTALL), "utf-16-be"),
)
"""The first bytes of a file without a byte order mark. It begins with a column's name, in ASCII."""
_WORD = re.compile(rb"[\x80-\xff]+")
_WESTERN = re.compile(rb"[\x80\xc0-\xff]")
"""A letter or `€`. Other signs are rare in Western files, and one of them has the byte of the Russian `№`."""


def encoding_of(source: Source) -> str:
    """The name of a codec that can decode the whole file.

    Raises `BrokenUtf8` if all but a few bytes are UTF-8, `NotText` if no codec fits.
    """
    with source() as file:
        head = file.read(4)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    wide = marked if marked != UTF_8 else None
    wide = wide or next((name for begin, name in _UNMARKED if begin.fullmatch(head)), None)
    try:
        _require(wide or UTF_8, source, may_have_nul=wide is not None)
    except UnicodeDecodeError:
        if wide:
            raise NotText from None
    else:
        return wide or UTF_8
    if line := _broken_line(source, is_marked=marked is not None):
        raise BrokenUtf8(line)
    return _single_byte(source)


def _require(encoding: str, source: Source, *, may_have_nul: bool) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source() as file:
        while block := file.read(BLOCK):
            if b"\x00" in block and not may_have_nul:
                raise NotText
            if "\x00" in decoder.decode(block):
                raise NotText
        decoder.decode(b"", final=True)


def _broken_line(source: Source, *, is_marked: bool) -> int | None:
    """The line of the first invalid byte, if the rest of the file is UTF-8; None for another encoding."""
    first = None
    characters, strays, good_words, words = 0, 0, 0, 0
    with source() as file:
        for number, line in enumerate(file, 1):
            if b"\x00" in line:
                raise NotText
            for word in _WORD.findall(line):
                left = word.decode("utf-8", "ignore")
                stray = len(word) - len(left.encode())
                characters, strays = characters + len(left), strays + stray
                words, good_words = words + 1, good_words + (not stray)
                if stray and first is None:
                    first = number
    is_utf_8 = characters >= MANY_CHARACTERS * strays or good_words >= max(LEAST_WORDS, MANY_WORDS * words)
    return first if is_marked or is_utf_8 else None


def _single_byte(source: Source) -> str:
    """The encoding in which the text looks like a language; Windows-1251 if that does not decide."""
    sample = bytearray()
    with source() as file:
        for line in file:  # ASCII lines are the same in every encoding
            if not line.isascii():
                sample += line
            if len(sample) > MOST_SAMPLE:
                break
    best = from_bytes(bytes(sample), cp_isolation=list(NAMES)).best()
    guess = best.encoding if best else "cp1251"
    if guess == "cp1252" and not _WESTERN.search(sample):
        guess = "cp1251"
    for encoding in (guess, "cp1251", "koi8_r"):
        try:
            _require(encoding, source, may_have_nul=False)
        except UnicodeDecodeError:
            continue
        return encoding
    raise NotText
