"""The root of everything that the domain refuses. Each error stands beside what refuses it."""

from dataclasses import dataclass


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal in the domain's own terms; every inbound adapter has words of its own for each.

    `eq=False` keeps errors hashable, which tracebacks and exception groups need.
    """

    def __str__(self) -> str:
        return (self.__doc__ or type(self).__name__).partition("\n")[0]
