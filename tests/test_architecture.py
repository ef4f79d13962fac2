"""The house rules that import-linter has no words for; its own contracts are run here, too."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "augury"
RESERVED = {
    "catboost": ("outbound/catboost_",),
    "sqlalchemy": ("outbound/postgres/",),
    "asyncpg": ("outbound/postgres/", "bootstrap/"),
    "aiogram": ("inbound/telegram/", "outbound/telegram_payments.py", "bootstrap/"),
    "litestar": ("inbound/http/", "bootstrap/"),
    "faststream": ("inbound/", "outbound/rabbit", "bootstrap/"),
    "dishka": ("inbound/", "bootstrap/"),
    "click": ("bootstrap/",),
}
NOT_VERBS = {
    "ports",
    "identity_ports",
    "operator_ports",
    "trace_context",
    "limits",
    "natural_batches",
    "tokens",
    "backlog",
    "retrying",
}


def modules() -> list[str]:
    return sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py"))


def imports(module: str) -> Iterator[str]:
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


def test_use_cases_do_not_import_each_other() -> None:
    verbs = {Path(m).stem for m in modules() if m.startswith("application/")} - NOT_VERBS - {"__init__"}
    for module in modules():
        if module.startswith("application/"):
            taken = {name.removeprefix("augury.application.") for name in imports(module)}
            assert not taken & verbs, f"{module} imports {taken & verbs}"


@pytest.mark.parametrize("package", RESERVED)
def test_a_technology_stays_in_its_room(package: str) -> None:
    users = [m for m in modules() if any(name.partition(".")[0] == package for name in imports(m))]
    strangers = [m for m in users if not m.startswith(RESERVED[package])]
    assert not strangers


def test_nothing_hides_behind_type_checking() -> None:
    assert not [m for m in modules() if "TYPE_CHECKING" in (SOURCE / m).read_text()]


def test_alembics_folder_does_not_shadow_the_library() -> None:
    assert not (SOURCE.parents[1] / "alembic" / "__init__.py").exists()
