"""Signatures as in Standard Webhooks 1.0.0: https://www.standardwebhooks.com"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from augury.domain.identifiers import DeliveryId, WebhookId

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """The secrets of all webhooks. None is stored: each is derived from the service's key, the webhook's id
    and the number of its rotation. So nobody can sign with a copy of the database."""

    key: str = field(repr=False)
    """A key that is used for nothing else, at least 32 characters."""

    def __post_init__(self) -> None:
        if len(self.key) < 32:
            raise ValueError("the key of webhooks must have at least 32 characters")

    def secret(self, webhook_id: WebhookId, generation: int) -> str:
        """`whsec_` and 32 bytes in base64, the format of the receivers' libraries."""
        return PREFIX + base64.b64encode(self._bytes(webhook_id, generation)).decode()

    def signatures(
        self,
        webhook_id: WebhookId,
        generations: Sequence[int],
        delivery_id: DeliveryId,
        at: datetime,
        body: bytes,
    ) -> str:
        """The header `webhook-signature`, with one signature for each of these secrets."""
        content = f"{delivery_id}.{int(at.timestamp())}.".encode() + body
        keys = [self._bytes(webhook_id, each) for each in generations]
        digests = [hmac.digest(key, content, hashlib.sha256) for key in keys]
        return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests)

    def _bytes(self, webhook_id: WebhookId, generation: int) -> bytes:
        return hmac.digest(self.key.encode(), f"{webhook_id} {generation}".encode(), hashlib.sha256)
