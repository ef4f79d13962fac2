from augury.outbound.catboost.spare import REST, SpareProcessor


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_second_slice_waits_after_a_call_that_had_to_wait_for_a_processor() -> None:
    clock = Clock()
    spare = SpareProcessor(clock)
    assert spare.is_there()

    spare.note(used=0.020, passed=0.021)
    spare.note(used=0.0005, passed=0.002)  # too short to say anything
    assert spare.is_there()

    spare.note(used=0.020, passed=0.040)
    assert not spare.is_there()
    clock.now += REST
    assert spare.is_there()
