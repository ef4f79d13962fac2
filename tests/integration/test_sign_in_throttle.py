"""Two API processes and one attacker: both processes share their counts."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx

from tests.processes import environment, eventually, free_port, free_ports, started

ALLOWED = 6


def test_tries_are_counted_across_processes(database_url: str, tmp_path: Path) -> None:
    ports = [free_port() for _ in range(2)]
    [nobody] = free_ports(1)  # no broker is needed to sign in
    with ExitStack() as stack:
        for port in ports:
            env = environment(
                database_url=database_url,
                rabbitmq_url=f"amqp://guest:guest@127.0.0.1:{nobody}/",
                secret_key="a secret of the tests, long enough to be one",
                sign_ins_per_minute=ALLOWED,
                port=port,
            )
            stack.enter_context(started("api", env=env, log=tmp_path / f"{port}.log"))
        clients = [
            stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))
            for port in ports
        ]
        for client in clients:
            eventually(partial(answers, client), 60, "the API")

        statuses = [
            clients[number % 2]
            .post("/auth/token", json={"email": "ada@example.org", "password": f"guess {number}"})
            .status_code
            for number in range(ALLOWED + 4)
        ]

    assert statuses == [401] * ALLOWED + [429] * 4


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False
