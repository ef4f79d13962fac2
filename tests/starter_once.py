"""The training of the starter model, once in a run of all tests.

Training takes ten seconds of CPU time, and the processes of a dozen tests would train. The first that needs
the model trains it, and the others take its file. Each training makes another file, so each copy gets another
time of training. Three still train for themselves: `tests/integration/test_catboost_training.py`, the
README's first command, and the deployment.
"""

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

STARTER_FOLDER = "PYTEST_STARTER_FOLDER"
"""The variable with the folder that all processes of a run share. Without it, every process trains."""


def train_once(folder: Path) -> None:
    """From now on, this process and those that it forks take the model from the folder."""
    from augury.bootstrap import starter
    from augury.outbound.catboost.file import open_model
    from augury.outbound.catboost.training import OnProgress, train_tone

    kept, scores = folder / "starter.cbm", folder / "starter.json"

    def trained_once(file: Path, on_progress: OnProgress | None = None) -> Mapping[str, float]:
        with (folder / "starter.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not scores.exists():
                metrics = train_tone(kept, on_progress)
                scores.write_text(json.dumps(dict(metrics)))
        model = open_model(kept)
        model.get_metadata()["train_finish_time"] = str(uuid4())
        model.save_model(str(file))
        found: dict[str, float] = json.loads(scores.read_text())
        return found

    assert vars(starter)["train_tone"] is train_tone
    vars(starter)["train_tone"] = trained_once
