"""The whole service under its own project name, run by the `docker-compose` commands that a person types."""

import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.processes import eventually, free_port

ROOT = Path(__file__).parents[2]
PREFIX = os.environ.get("AUGURY_TEST_IMAGES", "augury-test")
IMAGES = {f"{name}_IMAGE": f"{PREFIX}/{name.lower()}" for name in ("APP", "WORKER", "BOT")}
"""Our images have separate names here, so that a service beside the tests keeps its images. Two runs on one
engine need different prefixes."""
SELDOM = 1
"""Seconds between two looks by a command, which costs as much CPU time as a service's start needs."""
SERVICES = ("nginx", "app", "deliverer", "ml-worker", "telegram-bot", "postgres", "rabbitmq")


@cache
def compose_commands() -> tuple[tuple[str, ...], ...]:
    """The available ones of Compose 1.29 and Compose 2."""
    commands = (("docker-compose",), ("docker", "compose"))
    return tuple(each for each in commands if _succeeds(*each, "version"))


@cache
def engine_answers() -> bool:
    return _succeeds("docker", "info")


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def fresh_clone(folder: Path) -> Path:
    """A clone of this checkout's current state, without ignored files. Only its owner can read it, as on
    machines with umask 077."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for each in (folder, *folder.rglob("*")):
        each.chmod(each.stat().st_mode & 0o700)
    return folder


@dataclass
class Project:
    folder: Path
    name: str
    settings: dict[str, str] = field(default_factory=dict)
    """The content of `.env`."""
    http_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)
    management_port: int = field(default_factory=free_port)
    command: tuple[str, ...] = field(default_factory=lambda: compose_commands()[0])

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}"

    @property
    def env(self) -> dict[str, str]:
        ports = {
            "HTTP_PORT": str(self.http_port),
            "HTTPS_PORT": f"127.0.0.1:{self.https_port}",
            "RABBITMQ_MANAGEMENT_PORT": str(self.management_port),
        }
        often = {"HEALTH_INTERVAL": "3s", "BACKGROUND_HEALTH_INTERVAL": "15s"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUGURY_")}
        return inherited | IMAGES | ports | often | {"COMPOSE_PROJECT_NAME": self.name} | self.settings

    def compose(self, *arguments: str, given: bytes | None = None, within: float = 300) -> bytes:
        """Run a command of Compose. Returns its standard output. Fails if the command fails."""
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.env,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            check=False,
            timeout=within,
        )
        assert done.returncode == 0, (done.stdout[-3000:] + done.stderr[-3000:]).decode(errors="replace")
        return done.stdout

    def up(self, *arguments: str) -> None:
        self.compose("up", "-d", *arguments, within=600)
        self.settle()

    def settle(self, *services: str) -> None:
        """Wait until these services are healthy. Without names, waits for all started ones.

        A container of which the engine does not know it yet is asked at once, by the check that the engine
        runs. The engine's checks take a third of a processor if all containers get one every few seconds.
        """
        passed: set[str] = set()

        def are_healthy() -> bool:
            for container, state in self._states(services or SERVICES).items():
                if not state.startswith("Up"):
                    return False
                if container not in passed and ("(healthy)" in state or self.passes_its_check(container)):
                    passed.add(container)
                if container not in passed:
                    return False
            return True

        eventually(are_healthy, 300, "a healthy service", every=SELDOM)

    def settle_for_the_engine(self) -> None:
        """Wait until the engine itself says that all services are healthy."""
        eventually(
            lambda: all("(healthy)" in state for state in self._states(SERVICES).values()),
            300,
            "a service that the engine finds healthy",
            every=SELDOM,
        )

    def _states(self, services: Collection[str]) -> dict[str, str]:
        """What the engine says of each container of these services, for example `Up 3 seconds (healthy)`."""
        project = f"label=com.docker.compose.project={self.name}"
        columns = '{{.Label "com.docker.compose.service"}}={{.ID}}={{.Status}}'
        listed = docker("ps", "--all", "--filter", project, "--format", columns).splitlines()
        return {
            container: state
            for service, container, state in (line.split("=", 2) for line in listed)
            if service in services
        }

    def check_of(self, container: str) -> list[str]:
        """The command by which the engine checks the container's health."""
        kind, *command = map(str, self.inspect(container)["Config"]["Healthcheck"]["Test"])
        assert kind == "CMD"
        return command

    def passes_its_check(self, container: str) -> bool:
        command = ["docker", "exec", container, *self.check_of(container)]
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0

    def down(self) -> None:
        self.compose("down", "--timeout", "20")

    def augury(self, *arguments: str) -> str:
        """Run an operator's command. Returns its output."""
        return self.inside("app", "augury", *arguments)

    def sql(self, query: str) -> str:
        return self.inside("postgres", "psql", "-U", "augury", "-Atc", query).strip()

    def inside(self, service: str, *command: str) -> str:
        """What `docker-compose exec` does, of which each call takes a second of CPU time. The commands of
        the documentation are run as they are documented."""
        container = self.containers(service)[0]
        done = subprocess.run(
            ["docker", "exec", container, *command], capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def put_a_dead_letter(self, payload: str) -> None:
        """Put a dead letter into RabbitMQ, the only place that has it."""
        at = f"http://localhost:{self.management_port}/api/exchanges/%2F/amq.default/publish"
        letter = {
            "properties": {"delivery_mode": 2},
            "routing_key": "ml_tasks.dead",
            "payload": payload,
            "payload_encoding": "string",
        }
        signed_in = ("guest", self.settings.get("RABBITMQ_PASSWORD", "guest"))
        assert httpx.post(at, json=letter, auth=signed_in).json() == {"routed": True}

    def books_verify(self) -> None:
        assert "the books balance" in self.augury("ledger", "verify")

    def containers(self, service: str) -> list[str]:
        """The ids of the service's containers, including stopped ones."""
        labels = (f"com.docker.compose.project={self.name}", f"com.docker.compose.service={service}")
        filters = [part for label in labels for part in ("--filter", f"label={label}")]
        return docker("ps", "--all", "--quiet", "--no-trunc", *filters).split()

    def inspect(self, container: str) -> dict[str, Any]:
        (found,) = msgspec.json.decode(docker("inspect", container))
        assert isinstance(found, dict)
        return found

    def address_of(self, container: str) -> str:
        """The container's address in the network of nginx and of what it calls."""
        address: str = self.inspect(container)["NetworkSettings"]["Networks"][f"{self.name}_edge"][
            "IPAddress"
        ]
        return address

    def state(self, container: str) -> dict[str, Any]:
        state: dict[str, Any] = self.inspect(container)["State"]
        return state

    def is_healthy(self, container: str) -> bool:
        """Whether the engine says so."""
        return bool(self.state(container)["Health"]["Status"] == "healthy")

    def says_nothing_but_json(self) -> bool:
        """Whether every line of every container is a JSON object. Fails with the first line that is not."""
        for service in (*SERVICES, "secrets", "migrate"):
            for line in self.logs(service):
                assert line[0] == "{", (service, line)
                msgspec.json.decode(line, type=dict[str, Any])
        return True

    def logs(self, service: str) -> list[str]:
        """The log lines of the service's containers, without Compose's prefix."""
        return [
            line for each in self.containers(service) for line in docker("logs", each).splitlines() if line
        ]

    @contextmanager
    def client(self, **options: Any) -> Iterator[httpx.Client]:
        given = {"base_url": self.url, "timeout": 90, "trust_env": False, **options}
        with httpx.Client(**given) as client:
            yield client

    @contextmanager
    def changed(self, settings: Mapping[str, str], *services: str) -> Iterator[None]:
        """Run these services with other settings while the block runs."""
        before = dict(self.settings)
        try:
            self.settings |= settings
            self.up("--no-deps", *services)
            yield
        finally:
            self.settings = before
            self.up("--no-deps", *services)


def patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Repeat the request while the answer only asks to try again later, as a careful client does."""

    def answer() -> httpx.Response | None:
        try:
            said = ask()
        except httpx.TransportError:
            return None
        return None if said.status_code in (429, 502, 503, 504) else said

    got = eventually(answer, 300, "an answer", every=0.2)
    assert isinstance(got, httpx.Response)
    return got
