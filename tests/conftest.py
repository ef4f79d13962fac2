"""Shared by all tests. Spreads a run of all of them over the processors."""

import os
import signal

import pytest

from tests.chaos.table import pytest_terminal_summary
from tests.deployment.project import engine_answers
from tests.hexagon import Hexagon
from tests.quick_clients import read_certificates_once
from tests.rabbitmq_server import rabbitmq, rabbitmq_url
from tests.run_end import RUN
from tests.starter_once import STARTER_FOLDER

__all__ = ["pytest_terminal_summary", "rabbitmq", "rabbitmq_url"]

pytest_plugins = ["tests.spread", "tests.watchdog"]
read_certificates_once()


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard() -> None:
    """A shell makes background processes ignore Ctrl-C, and every child would inherit that."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _starter_is_trained_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All workers of a run share the folder."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "starter"
    folder.mkdir(exist_ok=True)
    os.environ[STARTER_FOLDER] = str(folder)


@pytest.fixture
def hexagon() -> Hexagon:
    return Hexagon()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A run of all tests gets as many workers as there are processors, and one for the deployment's tests,
    which wait for containers most of the time. With more, tests that stop and start servers time out. A run
    of some tests gets none, so that its output appears at once."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    chosen = config.option.keyword or config.option.markexpr or config.option.lf
    if not everything or chosen:
        return 0
    return min(os.cpu_count() or 1, 8) + ("CI" in os.environ or engine_answers())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    RUN.close()
