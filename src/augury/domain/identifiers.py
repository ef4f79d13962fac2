"""Identifiers: UUIDs of version 7, which sort by the time they were made and cannot be guessed."""

import os
import time
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
PredictionId = NewType("PredictionId", UUID)


def uuid7() -> UUID:
    """A new identifier: 48 bits of Unix milliseconds, then 74 random bits (RFC 9562, section 5.7)."""
    value = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
