"""Keys of guests, which reveal neither the address nor the day."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GuestKeys:
    secret: str = field(repr=False)
    """The key of the HMAC, at least 16 characters."""

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret of guest keys must have at least 16 characters")

    def key(self, address: str, at: datetime) -> bytes:
        """HMAC-SHA256 of the UTC day of `at` and of the address, reduced to its network."""
        name = f"{at.date().isoformat()} {address}"
        return hmac.digest(self.secret.encode(), name.encode(), hashlib.sha256)

    def mark(self, text: str) -> str:
        """HMAC-SHA256 of an e-mail or network address, as the name under which tries are counted."""
        return hmac.digest(self.secret.encode(), f"tries {text}".encode(), hashlib.sha256).hex()
