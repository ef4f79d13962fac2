"""The counters of a running worker can be read where Prometheus reads them."""

from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.processes import STARTS_WITHIN, Service, eventually, free_port
from tests.trained_tone import TrainedTone


def metrics(url: str) -> dict[str, float]:
    """The samples that have no labels, or only a status, by name."""
    answer = httpx.get(f"{url}/metrics", timeout=5).raise_for_status()
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.labels.keys() <= {"status"}
    }


def test_a_running_worker_tells_prometheus_what_it_has_done(
    database_url: str, rabbitmq_url: str, tmp_path: Path, tone: TrainedTone
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings: dict[str, object] = {"health_port": port}
    with Service(database_url, rabbitmq_url, tmp_path, settings) as service:
        tone.offer(service)
        service.api()
        service.worker()

        def lives() -> bool:
            try:
                return httpx.get(f"{url}/health/live", timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        eventually(lives, STARTS_WITHIN, "the worker")
        before = metrics(url)
        for data in ({"text": "hi"}, {"text": "ho"}, {"txt": "hi"}):
            httpx.post(
                f"{service.url}/predictions/predict",
                json={"data": data},
                headers={"Prefer": "wait=30"},
                timeout=60,
            )
        after = metrics(url)

    assert before["augury_predictions_finished_total succeeded"] == 0
    assert after["augury_predictions_finished_total succeeded"] == 2
    assert after["augury_predictions_finished_total failed"] == 0, "a row that fits no model is not accepted"
    assert after["augury_batch_size_sum"] == 2
    assert 1 <= after["augury_batch_size_count"] <= 2
    assert after["process_cpu_seconds_total"] > 0
    assert after["process_resident_memory_bytes"] > 0
