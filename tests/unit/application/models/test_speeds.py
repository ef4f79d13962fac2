from threading import Thread

import pytest

from augury.application.limits import Limits
from augury.application.models.speeds import STORE_EVERY, Speeds
from augury.application.models.store_speeds import StoreSpeeds
from augury.application.ports import Unavailable
from augury.domain.speed import Speed
from tests.hexagon import Hexagon, a_model

MODEL, OTHER = a_model(), a_model("other")
CALL = Speed.of_call(2_000, 10.0)


@pytest.fixture
def speeds() -> Speeds:
    speeds = Speeds(Limits())
    speeds.note(MODEL, 2_000, 10.0)
    speeds.note(OTHER, 2_000, 0.01)
    return speeds


def test_slow_versions_weigh_more_until_they_are_fast(speeds: Speeds) -> None:
    assert speeds.weights == {MODEL.ref: pytest.approx(100, rel=0.01)}

    for _ in range(200):
        speeds.note(MODEL, 2_000, 0.01)

    assert speeds.weights == {}


def test_each_version_is_due_once_a_minute_and_once_it_is_known(speeds: Speeds) -> None:
    speeds.note(a_model("rare"), 1, 0.001)

    assert speeds.take(now=0.0).keys() == {MODEL.ref, OTHER.ref}
    speeds.note(MODEL, 2_000, 10.0)
    assert speeds.take(now=STORE_EVERY - 1) == {}
    assert speeds.take(now=STORE_EVERY) == {MODEL.ref: CALL}
    assert speeds.of(MODEL) == CALL.then(CALL)  # this process remembers what it has stored


async def test_what_cannot_be_stored_is_stored_later(hexagon: Hexagon, speeds: Speeds) -> None:
    store = StoreSpeeds(speeds=speeds, models=hexagon.models)
    hexagon.memory.away = True
    with pytest.raises(Unavailable):
        await store()
    hexagon.memory.away = False

    await store()

    assert (await hexagon.models.get("tone")).speed == CALL


def test_a_thread_may_measure_while_speeds_are_taken(speeds: Speeds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a lock, the thread ends within a moment, and changes what is being read."""
    other = Thread(target=speeds.note, args=(a_model("third"), 2_000, 10.0))

    def is_known(_: Speed) -> bool:
        if other.ident is None:
            other.start()
            other.join(timeout=0.2)
        return True

    monkeypatch.setattr(Speed, "is_known", property(is_known))

    assert speeds.take(now=0.0).keys() == {MODEL.ref, OTHER.ref}
    other.join()
    assert len(speeds.weights) == 2
