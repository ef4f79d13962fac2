"""How much longer tests wait on a busy machine."""

import os


def patience() -> float:
    """The factor for the time that a test waits for something: 1 on an idle machine.

    Other workers of this run compete for the processors, and so may other programs. The load average lags
    behind, so the number of workers counts, too.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return max(1.0, max(workers, os.getloadavg()[0]) / (os.cpu_count() or 1))
