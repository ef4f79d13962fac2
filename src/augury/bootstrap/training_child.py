"""The program that trains a model from a table that was sent to the service:
`python -m augury.bootstrap.training_child`, with a `TrainingOrder` on standard input.

It reports on standard output, one JSON object per line. `process_trainer` runs it and handles its end. It
ends with the process that runs it, and yields to predictions on the same machine.
"""

import os
import sys
from pathlib import Path
from threading import Event, Thread
from typing import BinaryIO

import msgspec

from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.training_plan import Plan
from augury.inbound.tables.encoding import encoding_of
from augury.inbound.tables.unreadable import BrokenUtf8, NotText
from augury.outbound.catboost.trainer import train_table
from augury.outbound.child_process import limit_memory, limit_processors
from augury.outbound.process_trainer import Report, TrainingOrder
from augury.outbound.training.table import is_parquet
from augury.outbound.training.watch import Untrainable, Watch

NICENESS = 15
"""A training that competes with predictions for a processor gets a thirtieth of it."""


def main() -> None:
    reports = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # output of the library must not mix with the reports
    os.nice(NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=TrainingOrder)
    limit_memory(order.memory)
    limit_processors(order.seconds, order.threads)
    stop = Event()
    Thread(target=_listen, args=(sys.stdin.buffer, stop), daemon=True).start()
    _report(reports, _trained(order, _watch(reports, stop)))
    os._exit(0)  # the listening thread holds standard input


def _trained(order: TrainingOrder, watch: Watch) -> Report:
    """The last report."""
    table = Path(order.table)
    plan = Plan.of(order.plan, threads=order.threads)
    try:
        encoding = "" if is_parquet(table) else encoding_of(lambda: table.open("rb"))
        train_table(table, plan, Path(order.saved), watch, encoding=encoding)
    except BrokenUtf8 as error:
        return Report(refused=Reason.of(ReasonCode.NOT_UTF8, line=error.line))
    except NotText:
        return Report(refused=Reason.of(ReasonCode.NOT_TEXT))
    except Untrainable as error:
        return Report(refused=error.reason)
    return Report(saved=True)


def _watch(reports: BinaryIO, stop: Event) -> Watch:
    shown = -1

    def on_step(done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // total
        if percent > shown:
            shown = percent
            _report(reports, Report(step=(done, total)))

    return Watch(on_step=on_step, on_found=lambda found: _report(reports, Report(found=found)), stop=stop)


def _report(reports: BinaryIO, report: Report) -> None:
    reports.write(msgspec.json.encode(report) + b"\n")


def _listen(orders: BinaryIO, stop: Event) -> None:
    """Stop at the next line. At the end of the input, the process that runs this one is gone."""
    while orders.readline():
        stop.set()
    os._exit(1)


if __name__ == "__main__":
    main()
