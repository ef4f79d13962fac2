"""Receivers of webhooks, and names that lead to them."""

from collections.abc import Mapping, Sequence

from typing_extensions import override

from augury.application.ports import Json
from augury.application.webhooks.ports import Addresses, WebhookSender
from augury.domain.webhook_try import TryResult

PUBLIC = "93.184.216.34"


class KnownAddresses(Addresses):
    """Every name leads to a public address, unless a test says otherwise."""

    def __init__(self) -> None:
        self.by_name: dict[str, Sequence[str]] = {}

    @override
    async def of(self, host: str) -> Sequence[str]:
        return self.by_name.get(host, (PUBLIC,))


class RecordingSender(WebhookSender):
    """Keeps what is sent, and answers what a test says; 204 by default."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, str], Json]] = []
        self.answers: list[TryResult] = []

    @override
    async def send(self, url: str, headers: Mapping[str, str], body: Json) -> TryResult:
        self.sent.append((url, headers, body))
        return self.answers.pop(0) if self.answers else TryResult(status_code=204)
