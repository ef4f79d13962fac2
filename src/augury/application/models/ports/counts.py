"""Ports: what workers count of each version."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from augury.domain.model import ModelRef
from augury.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class CountsOverTime:
    """A version's counts over time."""

    total: Usage
    by_time: Mapping[datetime, Usage]
    """The steps with counts, by their beginning, without labels."""


class VersionCounts(Protocol):
    """The workers' counts of each version, by minute. They are kept for a week."""

    @abstractmethod
    async def add(self, counted: Mapping[ModelRef, Usage]) -> None:
        """Add these counts to the current minute."""

    @abstractmethod
    async def read(self, name: str, *, within: timedelta) -> Mapping[ModelRef, Usage]:
        """The counts of this name's versions within this time. Versions without counts are left out."""

    @abstractmethod
    async def by_step(
        self, refs: Sequence[ModelRef], *, within: timedelta, step: timedelta
    ) -> Mapping[ModelRef, CountsOverTime]:
        """The counts of these versions within this time, also by steps. Versions without counts are left
        out. A step begins at a whole multiple of its length since 1970."""
