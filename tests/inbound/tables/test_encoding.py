"""The whole file decides its encoding: a few bad bytes do not change it."""

import io

import pytest

from augury.inbound.tables.encoding import encoding_of
from augury.inbound.tables.unreadable import BrokenUtf8, NotText

RUSSIAN = "город;отзыв\nМосква;очень хороший товар\nТверь;доставка долгая, но всё цело\n"
FRENCH = "ville;avis\nOrléans;très bon café\nÀ Paris;Hélène a goûté\n"


def read(content: bytes) -> str:
    """The file's text, decoded with the encoding that was found."""
    return content.decode(encoding_of(lambda: io.BytesIO(content)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251", "koi8_r", "cp866"])
def test_russian_is_read_as_it_was_written(encoding: str) -> None:
    assert read(RUSSIAN.encode(encoding)) == RUSSIAN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252", "latin-1"])
def test_french_is_read_as_it_was_written(encoding: str) -> None:
    assert read(FRENCH.encode(encoding)) == FRENCH


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode_is_read_in_either_order_of_bytes_with_a_mark_and_without(encoding: str, mark: str) -> None:
    text = "ville;" + FRENCH
    assert read((mark + text).encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be"])
def test_half_a_character_is_no_text(encoding: str) -> None:
    with pytest.raises(NotText):
        read(FRENCH.encode(encoding)[:-1])


@pytest.mark.parametrize("text", ["text\nпривет\n", "text\n«ОАО»\n", "text\nМОСКВА\nЕЁ\n", "№;text\n1;a\n"])
def test_little_russian_of_windows_is_enough(text: str) -> None:
    assert read(text.encode("cp1251")) == text


def test_one_word_among_a_thousand_plain_lines_decides() -> None:
    text = "city,text\n" + "Rome,good\n" * 20_000 + "Zürich,gut und schön\n" + "Rome,good\n" * 20_000
    assert read(text.encode("cp1252")) == text


@pytest.mark.parametrize("bad", [b"\xff", b"\x98", b"\xe9", b"\xd0", b"\xed\xa0\x80"])
@pytest.mark.parametrize("lines", [2, 3000])
def test_utf_8_with_a_bad_byte_is_refused_by_its_line(bad: bytes, lines: int) -> None:
    text = ("text\n" + "очень хороший товар\n" * lines).encode()
    content = text + "не по".encode() + bad + "дошло\n".encode() + text
    with pytest.raises(BrokenUtf8) as refused:
        encoding_of(lambda: io.BytesIO(content))
    assert refused.value.line == lines + 2


def test_two_files_of_two_encodings_in_one_are_no_file_of_either() -> None:
    with pytest.raises(BrokenUtf8) as refused:
        read(RUSSIAN.encode() + RUSSIAN.encode("cp1251"))
    assert refused.value.line == 4


def test_a_file_that_is_marked_as_utf_8_is_never_read_as_anything_else() -> None:
    with pytest.raises(BrokenUtf8) as refused:
        read(b"\xef\xbb\xbftext\n" + "привет\n".encode("cp1251"))
    assert refused.value.line == 2


@pytest.mark.parametrize("content", [b"\x00\x01", b"text\n\x00\n", b"\xff\xfea\x00\xd8", b"\xe9\n\x00"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(NotText):
        read(content)
