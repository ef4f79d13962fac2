"""Places in the queue while thousands of users wait."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from augury.application.limits import Limits
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.places import Places
from augury.application.predictions.ports.lanes import Queues
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.lane import Lane
from augury.domain.queue_place import Line, Mark, Standing
from augury.outbound.memory.predictions import MemoryPredictions
from tests.hexagon import Hexagon


def a_line(finish: float) -> Line:
    marks = [Mark(PredictionId(uuid7()), place, 10.0 * place) for place in (1, 2)]
    return Line(marks=marks, finish=finish)


class Counted(Mapping[UserId, Line]):
    """Counts how often one of its lines is looked at."""

    def __init__(self, lines: dict[UserId, Line]) -> None:
        self.lines = lines
        self.looks = 0

    @override
    def __getitem__(self, user: UserId) -> Line:
        self.looks += 1
        return self.lines[user]

    @override
    def __iter__(self) -> Iterator[UserId]:
        return iter(self.lines)

    @override
    def __len__(self) -> int:
        return len(self.lines)


async def test_a_look_at_the_places_takes_each_user_a_few_times_however_many_they_are() -> None:
    """The event loop looks, so it stands still meanwhile. When each look compared every user with every
    other, it did so for 2.7 s while 2,000 guests waited."""
    users = 1_000
    bulk = Counted({UserId(uuid7()): a_line(finish=place) for place in range(users)})

    class Waiting(Queues):
        @override
        async def standing(self, *, up_to: PredictionId | None) -> Standing:
            return Standing(bulk=bulk, bulk_left=1.0)

    hexagon = Hexagon()
    backlog = Backlog(MemoryPredictions(hexagon.memory), Limits())
    backlog.waiting = 1
    places = Places(Waiting(), backlog)
    await places.look()
    await places.look()
    bulk.looks = 0
    await places.look()
    assert bulk.looks <= 10 * users
    bulk.looks = 0
    assert (
        places.at(Lane.BULK, *next((user, each.marks[0].id) for user, each in bulk.lines.items())).ahead == 0
    )
    assert bulk.looks <= 2 * users
