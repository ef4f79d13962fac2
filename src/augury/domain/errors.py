"""The base class of the domain's errors. Each error is defined beside the code that raises it."""

from dataclasses import dataclass


@dataclass(eq=False)
class DomainError(Exception):
    """A request that a rule of the domain refuses. Every inbound adapter words each error for its users.

    `eq=False` keeps errors hashable, which tracebacks and exception groups need.
    """

    def __str__(self) -> str:
        return (self.__doc__ or type(self).__name__).partition("\n")[0]
