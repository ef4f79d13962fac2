"""Waits for conditions by polling, because a fixed sleep is always too long or too short."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from tests.patience import patience

Answer = TypeVar("Answer")


@overload
async def eventually(
    holds: Callable[[], Awaitable[Answer | None]], what: str = "it", within: float = 30
) -> Answer: ...


@overload
async def eventually(holds: Callable[[], Answer | None], what: str = "it", within: float = 30) -> Answer: ...


async def eventually(holds: Callable[[], Any], what: str = "it", within: float = 30) -> Any:
    """The first true result of `holds`, which is called repeatedly. Fails when time is up.

    A busy machine gets more time.
    """
    patient = within * patience()
    try:
        async with asyncio.timeout(patient):
            while True:
                answer = holds()
                if isinstance(answer, Awaitable):
                    answer = await answer
                if answer:
                    return answer
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {patient:.0f} s") from None
