"""Names of payments: any text that identifies the payment for a top-up."""

import re
from uuid import UUID, uuid5

_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
MOST_PAYMENT_CHARACTERS = 200
PAYMENTS = UUID("977edaeb-dafa-42e9-b626-7fb8398b0986")
"""The namespace of the references made from names of payments."""


def payment_reference(payment: str) -> UUID:
    """The reference of a payment's transfer: the name itself if it is a UUID, else a UUID made from it."""
    return UUID(payment) if _UUID.fullmatch(payment) else uuid5(PAYMENTS, payment)
