import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.deployment.project import Project, engine_answers, fresh_clone
from tests.processes import eventually

NEED_AN_ENGINE = [
    "test_telegram.py",
    "test_door.py",
    "test_faults.py",
    "test_first_start.py",
    "test_images.py",
    "test_operation.py",
    "test_pages.py",
    "test_slow_readers.py",
    "test_upgrade.py",
]
# Without an engine these cannot run. In CI, a missing engine is a failure.
collect_ignore = [] if engine_answers() or os.environ.get("CI") else NEED_AN_ENGINE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test builds the images, or waits until `.ci/run` has built them beside the other tests. That
    takes minutes if nothing is cached."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session", autouse=True)
def images() -> None:
    """`.ci/run` makes the images and installs Compose while other tests run. It writes a file at the end."""
    if made := os.environ.get("AUGURY_TEST_IMAGES_MADE"):
        eventually(Path(made).exists, 600, "the images of .ci/run")
        assert Path(made).read_text() == "0\n", "the images cannot be built: see the output of .ci/run"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The service from a fresh clone, started by `docker-compose up -d` alone. Removed at the end with its
    data."""
    assert engine_answers(), "no Docker engine answers"
    fresh = Project(fresh_clone(tmp_path_factory.mktemp("clone")), f"augury-test-{uuid4().hex[:8]}")
    try:
        fresh.compose("build", within=480 if "CI" in os.environ else 900)
        fresh.up()
        fresh.settle_for_the_engine()
        yield fresh
    except BaseException:
        print("\n".join(fresh.logs("migrate")[-20:]))  # the most frequent cause of a failed start
        raise
    finally:
        fresh.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
