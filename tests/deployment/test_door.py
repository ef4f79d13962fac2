"""nginx: which requests are accepted, how others are refused, and which service answers."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.deployment.account import Account
from tests.deployment.project import Project, docker, patiently
from tests.processes import eventually
from tests.smuggling import HEADS, ambiguous

PROBLEM = "application/problem+json"
TEXT = {"data": {"text": "Какой-то текст для предсказания"}}
BODY_LIMIT = 10_000_000


@pytest.fixture
def client(project: Project) -> Iterator[httpx.Client]:
    with project.client() as made:
        yield made


def is_problem(answer: httpx.Response, status: int) -> bool:
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return bool(problem["type"].startswith("urn:augury:") and problem["title"] and problem["detail"])


def test_a_forged_address_makes_no_new_guest(project: Project, client: httpx.Client) -> None:
    guests = "SELECT count(*) FROM users WHERE role = 'guest'"
    patiently(lambda: client.post("/predictions", json=TEXT))
    before = project.sql(guests)
    for forged in (
        {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.8", "Forwarded": "for=203.0.113.9"},
        {"X-Forwarded-For": "2001:db8::1, 203.0.113.8, 10.0.0.1"},
    ):
        answer = patiently(partial(client.post, "/predictions", json=TEXT, headers=forged))
        assert answer.status_code == 202, answer.text
    assert project.sql(guests) == before


def test_a_body_over_the_limit_is_refused_with_a_problem_document(client: httpx.Client) -> None:
    answer = client.post("/predictions", content=b"x" * (BODY_LIMIT + 1))
    assert is_problem(answer, 413)


def test_a_body_at_the_limit_reaches_the_api(project: Project) -> None:
    with Account.opened(project, credits=1).client() as client:
        answer = client.post(
            "/predictions", content=b"x" * BODY_LIMIT, headers={"Content-Type": "application/json"}
        )
    assert answer.json()["type"] == "urn:augury:not-json"


def test_a_guest_hears_from_the_api_that_an_account_may_send_more(client: httpx.Client) -> None:
    answer = client.post("/predictions", content=b"x" * 65_537, headers={"Content-Type": "application/json"})
    assert is_problem(answer, 413)
    assert "auth/register" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/%6detrics", "/api/../metrics"])
def test_metrics_stay_inside(client: httpx.Client, path: str) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=10) as raw:
        raw.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"augury_" not in answer
    assert b"urn:augury:not-found" in answer


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_nginx_cannot_read_is_a_problem_document_too(
    project: Project, request_head: bytes, status: int
) -> None:
    with socket.create_connection(("localhost", project.http_port), timeout=10) as raw:
        raw.sendall(request_head)
        head, _, body = raw.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert f"Content-Type: {PROBLEM}".encode() in head
    assert msgspec.json.decode(body)["status"] == status


@pytest.mark.parametrize("head", HEADS)
def test_nothing_behind_a_request_without_one_clear_end_is_taken_for_another(
    project: Project, head: str
) -> None:
    with socket.create_connection(("localhost", project.http_port), timeout=10) as raw:
        raw.sendall(ambiguous(head))
        answer = raw.makefile("rb").read()

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 422 ", b"HTTP/1.1 501 ")), answer
    assert b"HTTP/1.1 200 " not in answer


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_offer_of_another_protocol_is_declined_and_its_body_read(project: Project, protocol: str) -> None:
    body = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    offer = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\nHTTP2-Settings: AAMAAABkAAQCAAAA"
    lines = ["POST /predictions HTTP/1.1", "Host: localhost", offer, "Content-Type: application/json"]
    with socket.create_connection(("localhost", project.http_port), timeout=10) as raw:
        for framed in (f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"):
            raw.sendall("\r\n".join([*lines, framed, "", ""]).encode())
            raw.sendall(body if "Length" in framed else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        raw.sendall(b"GET /balance HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answers = raw.makefile("rb").read()

    assert [answers.count(b"HTTP/1.1 %d " % status) for status in (400, 401, 200)] == [2, 1, 0], answers


def test_a_head_that_does_not_arrive_ends_the_connection(project: Project) -> None:
    with socket.create_connection(("localhost", project.http_port), timeout=60) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        try:
            rest = raw.makefile("rb").read()
        except ConnectionResetError:
            rest = b""
    assert not rest


@pytest.mark.parametrize(("path", "length"), [("/auth/logout", 65_537), ("/predictions", BODY_LIMIT + 1)])
def test_a_body_in_chunks_ends_at_the_limit_of_its_route_and_nothing_of_it_comes_after(
    client: httpx.Client, path: str, length: int
) -> None:
    chunk = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    body = (chunk for _ in range(length // len(chunk) + 1))

    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})

    assert is_problem(answer, 413)
    after = client.get("/balance")
    assert is_problem(after, 401)


def test_answers_name_no_version_and_carry_each_security_header_once(client: httpx.Client) -> None:
    for path in ("/api/docs", "/health/live", "/nowhere", "/metrics"):
        answer = client.get(path)
        assert answer.headers["Server"] == "nginx"
        for name in (
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Referrer-Policy",
            "Content-Security-Policy",
        ):
            assert len(answer.headers.get_list(name)) == 1, (path, name)
        assert "Strict-Transport-Security" not in answer.headers


def test_long_answers_are_compressed(client: httpx.Client) -> None:
    answer = client.get("/api/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_too_many_requests_of_one_address_are_refused_with_a_problem_document(
    project: Project, client: httpx.Client
) -> None:
    with project.changed({"RATE_LIMIT": "1r/s", "RATE_BURST": "5"}, "nginx"):
        answers = [client.get("/health/live") for _ in range(10)]
        assert asked_from_inside(project) == 200  # another address has its own rate limit
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < len(answers)
    for answer in refused:
        assert is_problem(answer, 429)
        assert answer.headers["Retry-After"] == "1"


def asked_from_inside(project: Project) -> int:
    """The status of nginx's answer to another address."""
    ask = "import urllib.request; print(urllib.request.urlopen('http://nginx/health/live').status)"
    (container,) = project.containers("app")
    return int(docker("exec", container, "/opt/augury/bin/python", "-Ic", ask))


def test_too_many_open_requests_of_one_address_are_refused_with_a_problem_document(
    project: Project, client: httpx.Client
) -> None:
    begun = b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    with project.changed({"MAX_CONNECTIONS": "1"}, "nginx"), ExitStack() as open_requests:

        def refused() -> httpx.Response | None:
            # A new connection each time: one to a port that was published a moment ago may be lost.
            another = socket.create_connection(("localhost", project.http_port), timeout=10)
            open_requests.enter_context(another).sendall(begun)
            answer = client.get("/health/live")
            return answer if answer.status_code == 429 else None

        answer = eventually(refused, what="a refusal")
        assert asked_from_inside(project) == 200
    assert is_problem(answer, 429)


def test_50_that_wait_hold_nothing_else_up_and_are_answered_when_their_predictions_are_done(
    project: Project,
) -> None:
    account = Account.opened(project, 100)
    project.compose("pause", "ml-worker")
    with account.client() as client, ThreadPoolExecutor(50) as pool:
        wait_for_it = {"Prefer": "wait=60"}
        waiting = [
            pool.submit(client.post, "/predictions", json=TEXT, headers=wait_for_it) for _ in range(50)
        ]
        eventually(lambda: len(account.predictions()) == 50, what="fifty accepted predictions")
        for _ in range(20):
            assert client.get("/health/live").status_code == 200
            assert client.get("/balance").json() == {"available": 50, "held": 50}
        assert not wait(waiting, timeout=0).done
        project.compose("unpause", "ml-worker")
        answers = [each.result() for each in waiting]
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "succeeded")}
    assert {answer.headers["Preference-Applied"] for answer in answers} == {"wait=60"}
    project.settle()


def test_events_arrive_while_their_prediction_waits_and_are_not_compressed(project: Project) -> None:
    """Had nginx gathered or compressed them, the first would arrive with the end, which no worker brings."""
    account = Account.opened(project, 1)
    project.compose("pause", "ml-worker")
    with account.client() as client, ExitStack() as streams:
        client.headers["Accept-Encoding"] = "gzip"
        accepted = client.post("/predictions", json=TEXT).json()
        read = []
        for path in (f"{accepted['urls']['self']}/events", "/events"):
            stream = streams.enter_context(client.stream("GET", path))
            assert stream.status_code == 200
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            assert "Content-Encoding" not in stream.headers
            read.append(stream.iter_lines())
        for lines in read:
            assert "event: queued" in lines, "before any worker runs"
        project.compose("unpause", "ml-worker")
        for lines in read:
            assert "event: succeeded" in lines
    project.settle()


def test_a_new_instance_of_the_api_is_found_without_a_restart_and_a_gone_one_is_passed_over(
    project: Project,
) -> None:
    (nginx,) = project.containers("nginx")
    started_at = project.state(nginx)["StartedAt"]

    def answering() -> set[str]:
        asked = uuid4().hex
        with project.client(headers={"User-Agent": asked}) as client:
            for _ in range(8):
                assert patiently(lambda: client.get("/health/live")).status_code == 200
        lines = [msgspec.json.decode(line) for line in project.logs("nginx") if asked in line]
        return {line["app"].split(", ")[-1] for line in lines if line["status"] == 200}

    project.compose("up", "-d", "--no-deps", "--scale", "app=2", "app")
    project.settle()
    eventually(lambda: len(answering()) == 2, 10, "a second instance that answers")
    project.compose("up", "-d", "--no-deps", "--scale", "app=1", "app")
    eventually(lambda: len(answering()) == 1, 20, "only one instance that answers")
    assert project.state(nginx)["StartedAt"] == started_at


def test_two_instances_that_restart_together_are_served_as_soon_as_one_is_back(project: Project) -> None:
    """Requests in between must not make nginx consider the returned instance dead."""
    project.compose("up", "-d", "--no-deps", "--scale", "app=2", "app")
    project.settle()
    instances = project.containers("app")
    with project.client() as client, ThreadPoolExecutor(1) as pool:
        restarting = pool.submit(docker, "restart", "--time", "1", *instances)
        meanwhile = {client.get("/health/live").status_code}
        while not wait([restarting], timeout=0.1).done:  # a pause, because the instances need the processor
            meanwhile.add(client.get("/health/live").status_code)
        restarting.result()
        addresses = [project.address_of(each) for each in instances]

        def one_is_back() -> bool:
            meanwhile.add(client.get("/health/live").status_code)
            return any(map(serves, addresses))

        eventually(one_is_back, 120, "an instance that is back")
        answers = {client.get("/health/live").status_code for _ in range(20)}
    project.compose("up", "-d", "--no-deps", "--scale", "app=1", "app")

    assert meanwhile & {502, 504}
    assert answers == {200}


def serves(address: str) -> bool:
    """Whether an instance answers, without nginx in between."""
    try:
        return httpx.get(f"http://{address}:8000/health/live", timeout=1).status_code == 200
    except httpx.TransportError:
        return False


def test_without_the_api_nginx_says_so_in_a_problem_document(project: Project, client: httpx.Client) -> None:
    """502 or 504: it depends on whether the API's address is already forgotten, or only does not answer."""
    project.compose("stop", "app")
    try:
        answer = client.get("/health/live")
    finally:
        project.compose("start", "app")
    assert answer.status_code in (502, 504)
    assert is_problem(answer, answer.status_code)
    assert answer.headers["Retry-After"] == "5"
    eventually(lambda: client.get("/health/live").status_code == 200)
    project.settle()


def test_what_telegram_delivers_goes_to_the_bot_and_not_to_the_api(client: httpx.Client) -> None:
    answer = client.post("/telegram/webhook", json={})  # without a token, no bot answers
    assert answer.status_code in (502, 504)
    assert is_problem(answer, answer.status_code)


def test_a_certificate_in_the_folder_turns_tls_on(project: Project, tmp_path: Path) -> None:
    make_certificate(tmp_path)
    secure = f"https://localhost:{project.https_port}"
    trusted = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    with (
        project.changed({"TLS_DIR": str(tmp_path)}, "nginx"),
        project.client(verify=trusted) as client,
    ):
        redirect = client.post("/predictions?a=b", json=TEXT)
        assert (redirect.status_code, redirect.headers["Location"]) == (308, f"{secure}/predictions?a=b")
        answer = client.get(f"{secure}/health/live")
        assert answer.json() == {"status": "alive"}
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        refused = client.get(f"{secure}/metrics")
        assert is_problem(refused, 404)
        assert refused.headers["Strict-Transport-Security"] == "max-age=31536000"

        make_certificate(tmp_path)
        project.compose("exec", "-T", "nginx", "nginx", "-s", "reload")
        renewed = ssl.PEM_cert_to_DER_cert((tmp_path / "fullchain.pem").read_text())
        eventually(lambda: shown_certificate(project) == renewed, what="the new certificate")


def make_certificate(folder: Path) -> None:
    subject = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout privkey.pem"
    command = f"openssl req -x509 -days 2 -out fullchain.pem {subject} {key}"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def shown_certificate(project: Project) -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", project.https_port)))
