"""Rules of the code that import-linter cannot express. Its contracts are also run here."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

import pytest
from typing_extensions import get_protocol_members

from augury.application.ports.books import Books

SOURCE = Path(__file__).parents[1] / "src" / "augury"
TOP_LEVEL = {
    *("src", "tests", "docker", "nginx", "alembic", "docs", "findings", "deploy"),
    *("docker-compose.yaml", "pyproject.toml", "LICENSE"),
    *("README.md", "README.ru.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
}
RESERVED = {
    "catboost": ("outbound/catboost/library.py",),
    "sqlalchemy": ("outbound/postgres/",),
    "asyncpg": ("outbound/postgres/", "bootstrap/"),
    "aiogram": ("inbound/telegram/", "outbound/telegram_payments.py", "bootstrap/"),
    "jinja2": ("inbound/web/",),
    "litestar": ("inbound/lean_litestar.py", "inbound/http/", "inbound/web/", "bootstrap/"),
    "faststream": ("inbound/", "outbound/rabbitmq/", "bootstrap/"),
    "dishka": ("inbound/", "bootstrap/"),
    "click": ("bootstrap/",),
    "mcp": ("inbound/mcp/",),
    "mcp_types": ("inbound/mcp/",),
}

SHARED_NAMES = {
    *("Asset", "Urls"),  # small types of two edges, which must not import each other
    *(
        "FileIntake",
        "FileResults",
        "ModelIntake",
        "Pages",
    ),  # what one edge asks for, and what another provides
    "NoRows",  # of a file and of a request; texts are named after both
    "Refused",  # by the API, as its own code and as the command sees it, and by the process that reads files
}
"""The names that classes of several modules have, with one meaning."""


def modules() -> list[str]:
    return sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py"))


@cache
def imports(module: str) -> tuple[str, ...]:
    """Kept, because a dozen tests ask for the imports of every module."""
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((SOURCE / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            yield node.module or ""


def test_import_contracts_are_kept() -> None:
    lint = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=SOURCE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


@pytest.mark.parametrize("module", [m for m in modules() if m.startswith(("domain/", "application/"))])
def test_the_inner_rings_need_the_standard_library_only(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(module)}
    assert roots <= sys.stdlib_module_names | {"augury"}


def is_use_case(module: str) -> bool:
    """Whether the file has a class of its name that is callable."""
    verb = Path(module).stem.title().replace("_", "")
    return any(
        isinstance(node, ast.ClassDef)
        and node.name == verb
        and any(isinstance(each, ast.AsyncFunctionDef) and each.name == "__call__" for each in node.body)
        for node in ast.parse((SOURCE / module).read_text()).body
    )


def test_use_cases_do_not_import_each_other() -> None:
    application = [module for module in modules() if module.startswith("application/")]
    verbs = {
        module.removesuffix(".py").replace("/", ".").removeprefix("application.")
        for module in application
        if is_use_case(module)
    }
    assert "predictions.request_predictions" in verbs
    for module in application:
        taken = {name.removeprefix("augury.application.") for name in imports(module)}
        assert not taken & verbs, f"{module} imports {taken & verbs}"


def test_what_the_shared_books_offer_is_needed_by_several_subjects() -> None:
    """Methods that only one subject needs belong to that subject's books, such as `SweepBooks`."""
    offered = {name for name in get_protocol_members(Books) if not name.startswith("_")}
    takers: dict[str, set[str]] = {name: set() for name in offered}
    for module in modules():
        ring, _, rest = module.partition("/")
        if ring == "application":
            for name in re.findall(r"\bbooks\.(\w+)\(", (SOURCE / module).read_text()):
                takers.get(name, set()).add(rest.partition("/")[0])
    assert offered >= {"open", "record"}
    assert [name for name, subjects in takers.items() if len(subjects) < 2] == []


@pytest.mark.parametrize("package", RESERVED)
def test_a_technology_stays_in_its_room(package: str) -> None:
    users = [m for m in modules() if any(name.partition(".")[0] == package for name in imports(m))]
    strangers = [m for m in users if not m.startswith(RESERVED[package])]
    assert not strangers


def test_the_format_of_messages_stands_in_one_file() -> None:
    """Except as attributes, no other file names the fields of a message or the errors of a connection."""
    spelled = re.compile(r'["\']prediction_ids["\']|["\']traceparents["\']|^TROUBLE = ', re.MULTILINE)
    assert [m for m in modules() if spelled.search((SOURCE / m).read_text())] == [
        "broker/trouble.py",
        "broker/wire.py",
    ]


def test_a_module_of_ports_says_what_they_are_for() -> None:
    """One file for each subject, or a folder with a file for each role."""
    pattern = re.compile(r"application/(\w+/)?ports(/(?!__init__)\w+)?\.py")
    ports = [each for each in modules() if pattern.fullmatch(each)]
    assert len(ports) > 20
    for each in ports:
        assert (ast.get_docstring(ast.parse((SOURCE / each).read_text())) or "").startswith("Ports"), each


def test_no_file_grows_until_it_holds_several_subjects() -> None:
    """Most have fewer than 100 lines. Split a file that has reached the limit by its subjects."""
    sizes = {each: len((SOURCE / each).read_text().splitlines()) for each in modules()}
    assert {each: size for each, size in sizes.items() if size > 330} == {}


def test_pauses_that_grow_stand_in_one_file() -> None:
    spelled = re.compile(r"min\(2 \* (?:self\._)?pause")
    assert [m for m in modules() if spelled.search((SOURCE / m).read_text())] == ["concurrency/pauses.py"]
    assert len([m for m in modules() if "concurrency.pauses" in (SOURCE / m).read_text()]) >= 7


def test_a_class_name_has_one_meaning() -> None:
    found = Counter(
        node.name
        for module in modules()
        for node in ast.parse((SOURCE / module).read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, places in found.items() if places > 1} == SHARED_NAMES


def test_nothing_hides_behind_type_checking() -> None:
    assert not [m for m in modules() if "TYPE_CHECKING" in (SOURCE / m).read_text()]


def test_the_top_level_has_no_strays() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=SOURCE.parents[1], capture_output=True, text=True, check=True
    ).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_alembics_folder_does_not_shadow_the_library() -> None:
    assert not (SOURCE.parents[1] / "alembic" / "__init__.py").exists()


def test_what_is_imported_is_declared() -> None:
    """Otherwise we would accidentally get new major versions of indirect dependencies."""
    project = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text())["project"]
    packages = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {re.split(r"[^\w-]", each)[0].replace("-", "_") for each in packages}
    declared |= {"dishka", "dotenv", "jwt", "swagger_ui"}  # imported under another name
    roots = {name.partition(".")[0] for module in modules() for name in imports(module)}
    assert roots - sys.stdlib_module_names - {"augury", "argon2", "fluent"} <= declared


def test_columns_are_named() -> None:
    """A server refuses a prepared `SELECT *` after a migration has added a column to the table."""
    all_of_them = re.compile(r"(?:SELECT|RETURNING)\s+\*|\b\w+\.\*")
    postgres = [module for module in modules() if module.startswith("outbound/postgres/")]
    assert postgres
    assert not [module for module in postgres if all_of_them.search((SOURCE / module).read_text())]


def test_advisory_locks_stand_in_one_file() -> None:
    spelled = re.compile(r"0x61756775727900|pg_(?:try_)?advisory")
    assert [m for m in modules() if spelled.search((SOURCE / m).read_text())] == [
        "outbound/postgres/locks.py"
    ]


def test_an_error_that_a_test_ignores_has_its_reason() -> None:
    """The reason stands beside it, or in a comment above it."""
    root = SOURCE.parents[1]
    bare = re.compile(r"# type: ignore\[[\w, -]+\](?:  # noqa: [A-Z0-9, ]+)?$")
    files = list((root / "tests").rglob("*.py"))
    lines = [
        (f"{file.relative_to(root)}:{number}", above.strip(), line)
        for file in files
        for number, (above, line) in enumerate(pairwise(["", *file.read_text().splitlines()]), 1)
    ]
    assert lines
    assert not [place for place, above, line in lines if bare.search(line) and not above.startswith("#")]
