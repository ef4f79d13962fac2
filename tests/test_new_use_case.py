"""A new use case touches three files: the test adds one to a copy of the source, and calls it over HTTP."""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "augury"
VERB, ROUTE, NAME = (
    "application/people/greet_user.py",
    "inbound/http/people/users.py",
    "bootstrap/use_cases.py",
)
GREET_USER = '''from dataclasses import dataclass

from augury.application.people.ports.users import Users
from augury.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class GreetUser:
    """Greet a user by the address."""

    users: Users

    async def __call__(self, *, user_id: UserId) -> str:
        return f"Hello, {(await self.users.get(user_id)).email}"
'''
GREET = """
from augury.application.people.greet_user import GreetUser


@member_get("/users/me/greeting", description=GreetUser.__doc__)
@inject
async def greet(request: SignedIn, greet_user: FromDishka[GreetUser]) -> dict[str, str]:
    return {"greeting": await greet_user(user_id=request.user)}


ROUTES = (*ROUTES, greet)
"""
CALL = """
import asyncio
from augury.application.people.greet_user import GreetUser
from augury.bootstrap.use_cases import API
from tests.hexagon import Hexagon
from tests.http_api import serving

async def call():
    hexagon = Hexagon()
    user = await hexagon.user(email="ada@example.org")
    print(await hexagon.use_case(GreetUser)(user_id=user.id))
    async with serving(hexagon) as api:
        print((await api.client_of(user).get("/users/me/greeting")).text)
        print(b"Greet a user by the address" in (await api.client().get("/api/openapi.json")).content)

asyncio.run(call())
"""
COMPLETE = """
from tests import test_bootstrap
test_bootstrap.test_every_container_is_complete()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the source with a new use case and its route."""
    copy = tmp_path / "augury"
    shutil.copytree(SOURCE, copy)  # with what is compiled already: compiling all of it takes seconds
    (copy / VERB).write_text(GREET_USER)
    (copy / ROUTE).write_text((copy / ROUTE).read_text() + GREET)
    return copy


def name_it(source: Path) -> None:
    text = (source / NAME).read_text()
    group = "PEOPLE = (\n"
    assert text.count(group) == 1
    text = text.replace(group, f"{group}    GreetUser,\n")
    (source / NAME).write_text(f"from augury.application.people.greet_user import GreetUser\n{text}")


def run_in(source: Path, script: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(source.parent), str(SOURCE.parents[1])))
    return subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": path},
        cwd=source.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def changed(compared: filecmp.dircmp[str], folder: str = "") -> list[str]:
    mine = [f"{folder}{name}" for name in (*compared.diff_files, *compared.right_only, *compared.left_only)]
    inner = [each for name, sub in compared.subdirs.items() for each in changed(sub, f"{folder}{name}/")]
    return mine + inner


def test_a_new_use_case_touches_three_files(source: Path) -> None:
    name_it(source)

    called = run_in(source, CALL)
    complete = run_in(source, COMPLETE)

    greeting = "Hello, ada@example.org"
    assert called.stdout.splitlines() == [greeting, f'{{"greeting":"{greeting}"}}', "True"], called.stderr
    assert complete.returncode == 0, complete.stderr
    compared = filecmp.dircmp(SOURCE, source, ignore=["__pycache__"])
    assert sorted(changed(compared)) == sorted((VERB, ROUTE, NAME))


def test_a_use_case_without_its_name_in_the_bootstrap_is_missed(source: Path) -> None:
    called = run_in(source, CALL)
    assert called.returncode != 0
    assert "GreetUser" in called.stderr
