"""What docs/operation.md tells an operator to do, done."""

import hashlib
from pathlib import Path

import httpx

from tests.deployment.account import PASSWORD, Account
from tests.deployment.project import ROOT, Project, patiently

TEXT = {"data": {"text": "Какой-то текст для предсказания"}}
KEYS = "cat /run/augury/app/secret-key /run/augury/postgres/password"
MANUAL = (ROOT / "docs" / "operation.md").read_text()


def as_documented(*arguments: str) -> tuple[str, ...]:
    """These arguments of docker-compose, which the manual must name word by word."""
    line = " ".join(arguments)
    assert f"docker-compose {line}" in MANUAL, line
    return arguments


def fingerprint(project: Project) -> str:
    return hashlib.sha256(project.compose("exec", "-T", "app", "sh", "-c", KEYS)).hexdigest()


def models(project: Project) -> object:
    with project.client() as client:
        return patiently(lambda: client.get("/models")).json()


def predict(account: Account) -> str:
    with account.client() as client:
        wait = {"Prefer": "wait=30"}
        answer = patiently(lambda: client.post("/predictions", json=TEXT, headers=wait))
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded"), answer.text
    name: str = answer.json()["id"]
    return name


def sign_in(account: Account) -> httpx.Response:
    with account.project.client() as client:
        credentials = {"email": account.email, "password": PASSWORD}
        return patiently(lambda: client.post("/auth/token", json=credentials))


def test_down_and_up_again_keeps_data_secrets_and_models(project: Project) -> None:
    account = Account.opened(project, 10)
    made = predict(account)
    before = fingerprint(project), models(project)

    project.down()
    assert not project.containers("postgres")
    project.up()

    assert (fingerprint(project), models(project)) == before
    assert set(account.predictions()) == {made}  # with the token from before
    predict(account)
    assert account.balance() == {"available": 8, "held": 0}
    project.books_verify()


def test_a_backup_restored_onto_nothing_ends_with_books_that_verify(project: Project, tmp_path: Path) -> None:
    account = Account.opened(project, 10)
    made = predict(account)
    before = fingerprint(project), models(project)
    database = project.compose(
        *as_documented("exec", "-T", "postgres", "pg_dump", "-U", "augury", "-Fc", "augury")
    )
    models_folder, secrets_folder = "/var/lib/augury/models", "/run/augury"
    tar = ("run", "--rm", "-T", "--no-deps")
    kept_models = project.compose(*as_documented(*tar, "migrate", "tar", "-C", models_folder, "-c", "."))
    kept_secrets = project.compose(
        *as_documented(*tar, "secrets", "tar", "-C", secrets_folder, "-c", "app", "postgres")
    )

    project.compose("down", "--volumes", "--timeout", "5")
    project.compose(*as_documented(*tar, "secrets", "tar", "-C", secrets_folder, "-x"), given=kept_secrets)
    project.compose(*as_documented(*tar, "migrate", "tar", "-C", models_folder, "-x"), given=kept_models)
    project.compose(*as_documented("up", "-d", "postgres"))
    project.settle()
    project.compose(
        *as_documented(
            "exec", "-T", "postgres", "pg_restore", "-U", "augury", "-d", "augury", "--exit-on-error"
        ),
        given=database,
    )
    project.up()

    assert (fingerprint(project), models(project)) == before
    assert set(account.predictions()) == {made}
    project.books_verify()
    predict(account)


def test_secrets_are_changed_by_the_commands_of_the_manual(project: Project) -> None:
    account = Account.opened(project, 10)
    before = fingerprint(project)

    project.compose(*as_documented("run", "--rm", "-T", "secrets", "make-secrets", "--new", "secret-key"))
    project.compose(
        *as_documented("run", "--rm", "-T", "secrets", "make-secrets", "--new", "postgres-password")
    )
    statement = (
        r"\set password `cat /run/augury/postgres/password`" + "\nALTER ROLE augury PASSWORD :'password';\n"
    )
    assert statement in MANUAL
    project.compose(
        *as_documented("exec", "-T", "postgres", "psql", "-q", "-U", "augury"), given=statement.encode()
    )
    project.compose(
        *as_documented("up", "-d", "--force-recreate", "--no-deps", "app", "ml-worker", "telegram-bot")
    )
    project.settle()

    assert fingerprint(project) != before
    with account.client() as client:
        assert patiently(lambda: client.get("/balance")).status_code == 401  # the old key's token
    answer = sign_in(account)
    assert answer.status_code == 200
    account.token = answer.json()["access_token"]
    predict(account)
