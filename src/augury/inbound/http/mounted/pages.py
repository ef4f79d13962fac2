"""What the application needs of the pages for people."""

from abc import abstractmethod
from typing import Protocol

from litestar.types import Receive, Scope, Send


class Pages(Protocol):
    """The pages for people: an ASGI application beside the API, behind the same limits and headers."""

    @abstractmethod
    def leads_to(self, path: str) -> bool:
        """Whether this address belongs to a page."""

    @abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    @abstractmethod
    async def stop(self) -> None:
        """Wait for the tasks that the pages have started."""
