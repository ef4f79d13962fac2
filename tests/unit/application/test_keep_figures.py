"""The end of a process whose database is away is a line in the log, and no error of a task."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from typing_extensions import override

from augury.application.operation.figures_tally import FiguresTally
from augury.application.operation.keep_figures import KeepFigures
from augury.application.operation.ports import FiguresOverTime, Point, Process, ProcessRole
from augury.application.ports import Unavailable
from augury.domain.figures import Figures, Step


class AwayFigures(FiguresOverTime):
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = asyncio.Event()

    @override
    async def add(self, process: Process, counted: Figures) -> None:
        self.asked.set()
        raise Unavailable("the database cannot be reached")

    @override
    async def leave(self, process: Process) -> None:
        raise self.error

    @override
    async def read(self, step: Step, *, most: int) -> Sequence[Point]:
        return []

    @override
    async def alive(self, *, within: timedelta) -> Sequence[Process]:
        return []


@pytest.mark.parametrize("error", [Unavailable("the database cannot be reached"), TimeoutError()], ids=repr)
async def test_a_process_that_cannot_record_its_end_ends(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    figures = AwayFigures(error)
    keeping = asyncio.create_task(KeepFigures(tally=FiguresTally(), figures=figures).run(ProcessRole.UP))
    await figures.asked.wait()

    keeping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert "the end of this process is not recorded" in caplog.text
    assert not [each for each in caplog.records if each.exc_info]
