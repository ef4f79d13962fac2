"""The promises about the service right after `docker-compose up -d`, one by one."""

import subprocess

import httpx
import msgspec
import pytest

from tests.deployment.project import SELDOM, SERVICES, Project, docker
from tests.processes import eventually

CURL = (
    """curl -X POST "http://localhost/predictions/predict" -H "Content-Type: application/json" """
    """-d '{"data": {"text": "Какой-то текст для предсказания"}}'"""
)


def test_the_services_have_the_names_that_were_promised(project: Project) -> None:
    named = project.compose("config", "--services").decode().split()
    assert sorted(named) == sorted((*SERVICES, "secrets", "migrate"))
    assert len(project.containers("ml-worker")) == 3


def test_the_curl_line_is_accepted_and_answered_soon_after(project: Project) -> None:
    line = CURL.replace("http://localhost/", f"{project.url}/") + " -sS -w '%{http_code}'"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    body, status = done.stdout[:-3], done.stdout[-3:]
    assert status == "202", done.stdout
    accepted = msgspec.json.decode(body)

    def result() -> dict[str, object] | None:
        found: dict[str, object] = httpx.get(f"{project.url}/predictions/{accepted['id']}").json()
        return found if found["status"] == "succeeded" else None

    assert eventually(result)["output"]["label"] in {"negative", "neutral", "positive"}


def test_the_documentation_page_asks_nothing_of_the_internet(project: Project) -> None:
    with project.client() as client:
        page = client.get("/api/docs")
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "//" not in page.text.replace("<!--", "")
        assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
        for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
            assert f"/api/docs/{name}" in page.text
            assert client.get(f"/api/docs/{name}").status_code == 200
        assert client.get("/api/openapi.json").json()["openapi"].startswith("3.1")


def test_rabbitmq_shows_its_page_to_guest_on_the_loopback_address_alone(project: Project) -> None:
    management = f"http://localhost:{project.management_port}"
    assert httpx.get(management).status_code == 200
    queue = httpx.get(f"{management}/api/queues/%2F/ml_tasks", auth=("guest", "guest")).json()
    assert (queue["name"], queue["durable"], queue["arguments"]["x-queue-type"]) == (
        "ml_tasks",
        True,
        "quorum",
    )
    (container,) = project.containers("rabbitmq")
    ports = project.inspect(container)["NetworkSettings"]["Ports"]
    published = {port: {each["HostIp"] for each in where} for port, where in ports.items() if where}
    assert published == {"15672/tcp": {"127.0.0.1"}}


@pytest.mark.parametrize("service", ["app", "deliverer", "ml-worker", "telegram-bot", "postgres"])
def test_only_nginx_is_reached_from_outside(project: Project, service: str) -> None:
    for container in project.containers(service):
        assert not any(project.inspect(container)["NetworkSettings"]["Ports"].values())


def test_the_bot_without_a_token_says_so_once_and_is_healthy(project: Project) -> None:
    (container,) = project.containers("telegram-bot")
    state = project.state(container)
    (line,) = docker("logs", "--since", state["StartedAt"], container).splitlines()
    assert "AUGURY_TELEGRAM_TOKEN is not set" in msgspec.json.decode(line)["message"]
    eventually(lambda: project.is_healthy(container), 60, "its health for the engine", every=SELDOM)


def test_the_first_administrator_is_one_command(project: Project) -> None:
    command = ("user", "create", "admin@example.org", "--admin", "--password", "correct horse")
    made = project.compose("exec", "-T", "app", "augury", *command).decode()
    assert "admin@example.org (admin)" in made


def test_every_line_of_every_container_s_log_is_a_json_object(project: Project) -> None:
    assert project.says_nothing_but_json()
    told = {service: "\n".join(project.logs(service)) for service in (*SERVICES, "migrate", "secrets")}
    assert '"message":"the worker is running"' in told["ml-worker"]
    assert '"message":"the deliverer is running"' in told["deliverer"]
    assert '"message":"migrated: 0001' in told["migrate"]
    assert "tone@1 is active" in told["migrate"]
    assert "redirecting log output" in told["postgres"]  # PostgreSQL wrote it as text
    assert "database system is ready to accept connections" in told["postgres"]
    assert told["secrets"] == ""


def test_nginx_logs_each_request_but_not_what_it_asks(project: Project) -> None:
    with project.client() as client:
        client.get("/api/docs?secret=1")

    def logged() -> bool:
        lines = [line for line in project.logs("nginx") if '"path":"/api/docs"' in line]
        return any(msgspec.json.decode(line)["status"] == 200 for line in lines)

    eventually(logged)
    assert "secret=1" not in "\n".join(project.logs("nginx"))


def test_every_service_is_limited_restarted_and_its_log_rotated(project: Project) -> None:
    for service in SERVICES:
        for container in project.containers(service):
            host = project.inspect(container)["HostConfig"]
            assert host["RestartPolicy"]["Name"] == "unless-stopped", service
            assert host["Memory"] > 0, service
            assert host["PidsLimit"] > 0, service
            assert host["CapDrop"] == ["ALL"], service
            assert host["LogConfig"] == {
                "Type": "json-file",
                "Config": {"max-file": "5", "max-size": "10m"},
            }, service
