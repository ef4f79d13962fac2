import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from prometheus_client import CollectorRegistry

from augury.inbound.health import HealthServer
from augury.outbound.prometheus_counters import PrometheusCounters
from tests.polling import eventually


class Consumer:
    is_alive = True

    def alive(self) -> bool:
        return self.is_alive


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


@pytest.fixture
async def url(consumer: Consumer) -> AsyncIterator[str]:
    async with HealthServer("127.0.0.1", 0, consumer.alive, answering=timedelta(milliseconds=200)) as server:
        yield f"http://127.0.0.1:{server.port}"


async def test_a_worker_that_consumes_is_alive(url: str) -> None:
    answer = await asyncio.to_thread(httpx.get, f"{url}/health/live")

    assert answer.status_code == 200


async def test_it_listens_on_an_address_of_ipv6_as_the_api_does(consumer: Consumer) -> None:
    async with HealthServer("::ffff:127.0.0.1", 0, consumer.alive) as server:
        answer = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{server.port}/health/live")

    assert answer.status_code == 200


async def test_a_worker_without_its_consumer_is_not_alive(url: str, consumer: Consumer) -> None:
    consumer.is_alive = False

    answer = await asyncio.to_thread(httpx.get, f"{url}/health/live")

    assert answer.status_code == 503


async def test_a_worker_whose_event_loop_is_stuck_is_not_alive(url: str) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(httpx.get, f"{url}/health/live").result()  # the loop is blocked here

    assert answer.status_code == 503


@pytest.mark.parametrize("path", ["/health/live", "/metrics"])
async def test_a_probe_that_wants_no_body_gets_none(url: str, path: str) -> None:
    address = httpx.URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(f"HEAD {path} HTTP/1.1\r\nHost: augury\r\n\r\n".encode())

    head, end, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()

    assert (head.split()[1], end, body) == (b"200", b"\r\n\r\n", b"")


async def test_metrics_are_in_the_format_of_prometheus(url: str) -> None:
    answer = await asyncio.to_thread(httpx.get, f"{url}/metrics")

    assert answer.status_code == 200
    assert "python_info{" in answer.text


async def test_there_is_nothing_else(url: str) -> None:
    answer = await asyncio.to_thread(httpx.get, f"{url}/")

    assert answer.status_code == 404


async def test_a_taken_port_is_an_error_at_once(url: str, consumer: Consumer) -> None:
    with pytest.raises(OSError, match="in use"):
        HealthServer("127.0.0.1", httpx.URL(url).port or 0, consumer.alive)


def test_a_probe_after_the_loop_was_closed_is_answered_and_prints_nothing(
    capfd: pytest.CaptureFixture[str], consumer: Consumer
) -> None:
    server = HealthServer("127.0.0.1", 0, consumer.alive)
    asyncio.run(server.__aenter__())
    answer = httpx.get(f"http://127.0.0.1:{server.port}/health/live")
    asyncio.run(server.__aexit__(None, None, None))

    assert answer.status_code == 503
    assert capfd.readouterr().err == ""


async def test_metrics_show_what_the_process_has_counted(consumer: Consumer) -> None:
    counted = CollectorRegistry()
    PrometheusCounters(counted).requeued(3)

    async with HealthServer("127.0.0.1", 0, consumer.alive, counted=counted) as server:
        answer = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{server.port}/metrics")

    assert "\naugury_predictions_requeued_total 3.0\n" in answer.text
    assert "python_info{" in answer.text


async def test_a_connection_that_sends_nothing_or_trickles_ends(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augury.inbound.health.TIMEOUT", 0.2)
    async with HealthServer("127.0.0.1", 0, consumer.alive) as server, asyncio.timeout(60):
        for trickles in (False, True):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            reading = asyncio.create_task(reader.read())
            while trickles and not reading.done():
                writer.write(b"G")
                await asyncio.sleep(0.01)
            await asyncio.wait([reading])
            writer.close()


async def test_so_many_connections_are_served_at_once_and_no_more(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augury.inbound.health.MOST_AT_ONCE", 2)
    async with HealthServer("127.0.0.1", 0, consumer.alive) as server, asyncio.timeout(60):
        held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        refused, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await refused.read() == b""
        for _, each in (*held, (None, writer)):
            each.close()

        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{server.port}/health/live").status_code == 200
            except httpx.TransportError:
                return False

        await eventually(lambda: asyncio.to_thread(answers), "room for another")
