"""Names for guests that tell neither their address nor the day."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GuestKeys:
    secret: str = field(repr=False)
    """Key of the HMAC: 16 characters at least."""

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret of guest keys needs 16 characters at least")

    def key(self, address: str, at: datetime) -> bytes:
        """HMAC-SHA256 of the UTC day of `at` and of the address, which stands for a whole neighbourhood."""
        name = f"{at.date().isoformat()} {address}"
        return hmac.digest(self.secret.encode(), name.encode(), hashlib.sha256)

    def mark(self, text: str) -> str:
        """HMAC-SHA256 of an e-mail or network address, as the name under which tries are counted."""
        return hmac.digest(self.secret.encode(), f"tries {text}".encode(), hashlib.sha256).hex()
