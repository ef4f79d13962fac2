"""Fault points end a process of a checkout; a build for production has none and refuses the setting."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import augury
from tests.processes import environment, run

ROOT = Path(__file__).parents[2]
NOWHERE = {
    "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
    "rabbitmq_url": "amqp://127.0.0.1:1/",
    "secret_key": "a secret of the tests, long enough to be one",
}


def test_a_build_without_fault_points_refuses_the_setting_in_one_line(tmp_path: Path) -> None:
    shutil.copytree(Path(augury.__file__).parent, tmp_path / "augury")
    (tmp_path / "augury/bootstrap/faults.py").unlink()
    env = environment(fault="after-claim", **NOWHERE) | {"PYTHONPATH": str(tmp_path)}

    for process in ("worker", "api"):
        command = [sys.executable, "-m", "augury.bootstrap.cli", process]
        refused = subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert refused.returncode == 1
        assert (
            refused.stderr == "augury: AUGURY_FAULT: this build is for production and has no fault points\n"
        )


def test_the_wheel_of_which_the_images_are_made_has_no_fault_points() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (
        "src/augury/bootstrap/faults.py" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"]
    )
    for image in ("app", "worker", "bot"):
        assert " wheel --no-cache-dir" in (ROOT / f"docker/{image}/Dockerfile").read_text()


def test_a_fault_point_that_there_is_not_is_refused_in_one_line() -> None:
    refused = run("worker", env=environment(fault="no-such-point", **NOWHERE))
    assert (refused.returncode, refused.stderr) == (
        1,
        "augury: AUGURY_FAULT: unknown fault point no-such-point\n",
    )
