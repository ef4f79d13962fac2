"""The deployment's files, without an engine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from dishka import make_async_container
from litestar import Router
from litestar.routes import HTTPRoute

from augury.inbound.http.app import create_app
from augury.inbound.http.settings import HttpSettings
from augury.inbound.lean_litestar import LeanLitestar
from augury.inbound.web.app import ROUTES as PAGES
from tests.deployment.project import ROOT, compose_commands

IMAGES = ("app", "bot", "worker")
PINNED = [ROOT / "docker" / each / "requirements.txt" for each in IMAGES] + [
    ROOT / "docker" / "build-requirements.txt",
    ROOT / "docker" / "app" / "npm-requirements.txt",
]


def test_compose_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    for command in compose_commands():
        done = subprocess.run(
            [*command, "-f", ROOT / "docker-compose.yaml", "config", "--quiet"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nginx_passes_every_upload_on_as_a_stream_and_without_a_limit_of_its_own() -> None:
    """The application reads these bodies as streams, and has a setting for the largest of each."""
    api = create_app(container=make_async_container(), settings=HttpSettings())
    pages = LeanLitestar([Router("/", route_handlers=PAGES)], openapi_config=None, request_max_body_size=1)
    streamed = {
        route.path
        for app in (api, pages)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.resolve_request_max_body_size() is None
    }
    site = (ROOT / "nginx" / "site.conf").read_text()
    passed_on = re.findall(
        r"^location = (\S+) {\n    client_max_body_size 0;\n    proxy_request_buffering off;\n",
        site,
        re.MULTILINE,
    )
    assert set(passed_on) == streamed
    assert {"/batches", "/app/files", "/admin/models", "/app/desk/models"} < streamed


def test_a_worker_has_room_for_the_largest_table() -> None:
    worker = (ROOT / "docker-compose.yaml").read_text().partition("\n  ml-worker:\n")[2].partition("\n\n")[0]
    (size,) = re.findall(r'tmpfs: \["/tmp:size=(\d+)m', worker)
    assert int(size) << 20 >= 2 * HttpSettings().max_table_bytes


def test_ci_tests_the_base_images_that_are_used_unless_told_otherwise() -> None:
    compose = (ROOT / "docker-compose.yaml").read_text()
    used = set(re.findall(r"(?:POSTGRES|RABBITMQ|NGINX|PYTHON)_IMAGE:-([^}]+)", compose))
    (made,) = re.findall(r'base-images" (python.*)', (ROOT / ".ci" / "run").read_text())
    example = re.findall(
        r"^#(?:POSTGRES|RABBITMQ|NGINX|PYTHON)_IMAGE=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE
    )
    assert len(used) == 4
    assert set(made.split()) == used | {"postgres:18"}
    assert set(example) == used


@pytest.mark.parametrize("file", PINNED, ids=lambda file: str(file.relative_to(ROOT)))
def test_requirements_are_pinned_with_hashes_and_name_no_index(file: Path) -> None:
    entries = file.read_text().replace("\\\n", "").splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[^ ]+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_asks_for_the_same_versions_as_the_project(image: str) -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    asked = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    ours = {each.partition(";")[0].strip() for each in asked}
    named = (ROOT / "docker" / image / "requirements.in").read_text().splitlines()
    assert {each for each in named if each and not each.startswith("#")} <= ours


@pytest.mark.parametrize("image", IMAGES)
def test_the_base_image_is_an_argument(image: str) -> None:
    dockerfile = (ROOT / "docker" / image / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert set(bases) <= {"${PYTHON_IMAGE}", "packages"}
    assert re.search(r"^ARG PYTHON_IMAGE=python:", dockerfile, re.MULTILINE)


def test_the_three_dockerfiles_differ_where_the_images_do() -> None:
    """A Dockerfile cannot include another, so each repeats the shared steps. This test keeps them equal."""
    steps = {image: shared_steps(image) for image in IMAGES}
    assert steps["app"] == steps["bot"] == steps["worker"]
    assert len(steps["app"]) > 15


def shared_steps(image: str) -> list[str]:
    """A Dockerfile's lines up to the image's own settings, without the image's name."""
    text = (ROOT / "docker" / image / "Dockerfile").read_text()
    common, _, _ = text.partition("\nENV AUGURY_")
    # Only the API has pages, whose files come from npm.
    common = re.sub(r"(?s)\nFROM \S+ AS pages\n.*?(?=\n# )|\nCOPY --from=pages [^\n]*", "", common)
    return [
        line.removesuffix(" \\")
        for line in common.splitlines()
        if line
        and not re.match(
            rf"#|COPY docker/health |COPY docker/{image}/requirements.txt /build/$|.* find ", line
        )
    ]
