"""Identifiers: UUIDs of version 7, which sort by creation time and cannot be guessed."""

import os
import time
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
PredictionId = NewType("PredictionId", UUID)
BatchId = NewType("BatchId", UUID)
ModelFileId = NewType("ModelFileId", UUID)
TrainingId = NewType("TrainingId", UUID)
WebhookId = NewType("WebhookId", UUID)
DeliveryId = NewType("DeliveryId", UUID)


def uuid7() -> UUID:
    """A new identifier: Unix time in steps of a 4096th of a millisecond, then 62 random bits.

    Ids of one process sort in the order of creation, even within a millisecond: RFC 9562, 6.2, method 3.
    """
    milliseconds, step = divmod((time.time_ns() << 12) // 1_000_000, 1 << 12)
    random_bits = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | step << 64 | 0x2 << 62 | random_bits
    )
