"""Signing in to the pages through a chat: the number that the page and the chat compare."""

import hashlib

LEAST, MOST = 10, 99
CHOICES = 3


def number_of(code: str) -> int:
    """The number of this request, `LEAST` to `MOST`. The page shows it."""
    return _numbers(code)[0]


def choices_of(code: str) -> tuple[int, ...]:
    """The numbers from which the chat's owner chooses the one on the page, in ascending order. They are the
    same whenever the chat is asked again."""
    return tuple(sorted(_numbers(code)))


def _numbers(code: str) -> list[int]:
    """`CHOICES` different numbers; the first one is right."""
    found: list[int] = []
    for byte in hashlib.sha256(b"numbers:" + code.encode("utf-8", "surrogatepass")).digest():
        number = LEAST + byte % (MOST - LEAST + 1)
        if number not in found:
            found.append(number)
    return found[:CHOICES]
