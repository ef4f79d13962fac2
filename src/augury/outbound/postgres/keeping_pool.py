"""asyncpg's pool, which keeps used connections at hand.

asyncpg makes a task, a future and two timers each time a connection goes back to its pool. That takes longer
than sending a short statement and reading its answer. So a connection that was used without an error is kept
for the next use. It goes back after `KEPT_FOR` at the latest, so that the pool still replaces and closes
connections.
"""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from typing_extensions import override

KEPT_FOR = timedelta(seconds=10)


class KeepingPool(asyncpg.Pool):
    """Use `take` and `keep` in pairs. Everything else is asyncpg's, and also finds the kept connections."""

    def __init__(self, dsn: str | None = None, **options: Any) -> None:  # noqa: ANN401  # asyncpg's
        """`options` are those of `asyncpg.create_pool`."""
        defaults: dict[str, Any] = {
            "min_size": 10,
            "max_size": 10,
            "max_queries": 50_000,
            "max_inactive_connection_lifetime": 300.0,
            "loop": None,
            "connection_class": asyncpg.Connection,
            "record_class": asyncpg.Record,
        }
        super().__init__(dsn, **defaults | options)
        self._kept: list[PoolConnectionProxy] = []
        self._waiting = 0
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._giving_back: asyncio.Task[None] | None = None

    def take(self) -> PoolConnectionProxy | None:
        """The kept connection that was used last and is still open, or None."""
        while self._kept:
            taken = self._kept.pop()
            if _is_open(taken):  # otherwise asyncpg has already taken it back
                return taken
        return None

    def keep(self, taken: PoolConnectionProxy) -> bool:
        """Keep a connection for the next `take`. False if it has to be released instead: somebody waits for a
        connection, or the pool closes. Its last statement must have ended without an error."""
        if self._waiting or self._is_closing:
            return False
        self._kept.append(taken)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(KEPT_FOR.total_seconds(), self._time_is_up)
        return True

    async def _acquire(self, timeout: float | None) -> PoolConnectionProxy:  # noqa: ASYNC109  # asyncpg's
        """`acquire` awaits this, with and without a context."""
        self._waiting += 1  # from now on, `keep` refuses, so that connections go back to the pool
        try:
            await self._give_back()
            taken: PoolConnectionProxy = await super()._acquire(timeout)  # type: ignore[misc]  # no stub has it
            return taken
        finally:
            self._waiting -= 1

    @override
    async def expire_connections(self) -> None:
        await super().expire_connections()
        await self._give_back()

    @override
    async def close(self) -> None:
        self._is_closing = True
        self._stop()
        await self._give_back()
        await super().close()

    @override
    def terminate(self) -> None:
        self._is_closing = True
        self._stop()
        super().terminate()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_up(self) -> None:
        self._timer = None
        self._giving_back = asyncio.create_task(self._give_back())

    async def _give_back(self) -> None:
        while (taken := self.take()) is not None:
            await self.release(taken)


def _is_open(taken: PoolConnectionProxy) -> bool:
    try:
        return not taken.is_closed()
    except asyncpg.InterfaceError:
        return False
