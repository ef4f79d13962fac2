"""Runs the instructions of docs/operation.md."""

import hashlib
import signal
import subprocess
from pathlib import Path

import httpx

from tests.catboost_models import regression_model
from tests.deployment.account import PASSWORD, Account
from tests.deployment.project import ROOT, SERVICES, Project, compose_commands, patiently
from tests.processes import eventually

TEXT = {"data": {"text": "Какой-то текст для предсказания"}}
KEYS = "cat /run/augury/app/secret-key /run/augury/postgres/password"
MANUAL = (ROOT / "docs" / "operation.md").read_text()


def as_documented(*arguments: str) -> tuple[str, ...]:
    """These arguments of docker-compose. The manual must contain them literally."""
    line = " ".join(arguments)
    assert f"docker-compose {line}" in MANUAL, line
    return arguments


def fingerprint(project: Project) -> str:
    return hashlib.sha256(project.inside("app", "sh", "-c", KEYS).encode()).hexdigest()


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


def test_ctrl_c_ends_everything_and_either_compose_brings_all_of_it_back(project: Project) -> None:
    """One test, because each stop and each start of everything takes half a minute."""
    account = Account.opened(project, 10)
    made = {predict(account)}
    before = fingerprint(project), models(project)
    dead_letters = waiting(project, "ml_tasks.dead") + 1
    project.put_a_dead_letter("{}")

    up_until_ctrl_c(project)
    assert not [each for service in SERVICES for each in project.containers(service) if runs(project, each)]

    for compose in reversed(compose_commands()):  # the usual one comes last
        project.down()
        assert not project.containers("postgres")
        project.command = compose
        project.compose("up", "-d", within=600)
        assert httpx.get(f"{project.url}/health/live").status_code == 200  # nginx answers when `up` returns
        project.settle()

        assert (fingerprint(project), models(project)) == before
        assert set(account.predictions()) == made  # with the token from before
        assert eventually(lambda: waiting(project, "ml_tasks.dead")) == dead_letters
        made.add(predict(account))
        assert account.balance() == {"available": 10 - len(made), "held": 0}
        project.books_verify()
        assert len(project.containers("ml-worker")) == 3
        assert project.says_nothing_but_json()


def up_until_ctrl_c(project: Project) -> None:
    with subprocess.Popen(
        [*project.command, "up"],
        cwd=project.folder,
        env=project.env | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        assert running.stdout
        assert any(b"Attaching to" in line for line in running.stdout)
        project.settle()
        running.send_signal(signal.SIGINT)
        running.stdout.read()


def runs(project: Project, container: str) -> bool:
    return bool(project.state(container)["Running"])


def waiting(project: Project, queue: str) -> int:
    look = ("rabbitmqctl", "list_queues", "name", "messages_ready", "messages_unacknowledged", "consumers")
    as_documented("exec", "rabbitmq", *look)
    listed = project.compose("exec", "-T", "rabbitmq", *look).decode()
    (line,) = (line for line in listed.splitlines() if line.startswith(f"{queue}\t"))
    return int(line.split()[1])


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


def test_secrets_and_passwords_are_changed_by_the_commands_of_the_manual(project: Project) -> None:
    """All at once, because each of the manual's two sections ends with a start of the processes."""
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
    change = ("rabbitmqctl", "change_password", "guest", "NewPassword")
    as_documented("exec", "rabbitmq", *change)
    project.compose("exec", "-T", "rabbitmq", *change)
    assert "echo RABBITMQ_PASSWORD=NewPassword >> .env" in MANUAL
    project.settings["RABBITMQ_PASSWORD"] = "NewPassword"
    project.compose(
        *as_documented(
            "up", "-d", "--force-recreate", "--no-deps", "app", "deliverer", "ml-worker", "telegram-bot"
        )
    )
    project.up()

    assert fingerprint(project) != before
    with account.client() as client:
        assert patiently(lambda: client.get("/balance")).status_code == 401  # the old key's token
    answer = sign_in(account)
    assert answer.status_code == 200
    account.token = answer.json()["access_token"]
    predict(account)
    management = f"http://localhost:{project.management_port}/api/overview"
    assert httpx.get(management, auth=("guest", "guest")).status_code == 401
    assert httpx.get(management, auth=("guest", "NewPassword")).status_code == 200


def test_the_manual_s_look_at_the_books_counts_predictions_by_status(project: Project) -> None:
    predict(Account.opened(project, 1))
    query = "SELECT status, count(*) FROM predictions GROUP BY status"
    assert f'docker-compose exec postgres psql -U augury -c "{query}"' in MANUAL
    shown = project.compose("exec", "-T", "postgres", "psql", "-U", "augury", "-c", query).decode()
    assert "succeeded" in shown


def test_the_connections_that_may_be_open_are_fewer_than_postgresql_allows(project: Project) -> None:
    pools = {
        service: int(project.inside(service, "printenv", "AUGURY_DATABASE_POOL_SIZE"))
        for service in ("app", "deliverer", "ml-worker", "telegram-bot")
    }
    workers = len(project.containers("ml-worker"))
    rows = [
        f"| `app` | {pools['app']} | {pools['app']} |",
        f"| `deliverer` | {pools['deliverer']} | {pools['deliverer']} |",
        f"| `ml-worker` | {pools['ml-worker']} | {workers * pools['ml-worker']} |",
        f"| `telegram-bot` | {pools['telegram-bot']} | {pools['telegram-bot']} |",
    ]
    for row in rows:
        assert row in MANUAL
    commands, superuser = 10, int(project.sql("SHOW superuser_reserved_connections"))
    together = sum(pools.values()) + (workers - 1) * pools["ml-worker"] + commands + superuser
    assert f"Together these are {together} of {project.sql('SHOW max_connections')}." in MANUAL


def test_a_model_of_one_s_own_is_added_by_the_command_of_the_manual(project: Project, tmp_path: Path) -> None:
    file = regression_model(tmp_path / "churn.cbm")
    file.chmod(0o644)
    account = Account.opened(project, 2)
    run = ("run", "--rm", "-T", "--no-deps", "-v")
    add = ("migrate", "augury", "model", "add", "/mnt/churn.cbm", "--name", "churn", "--price")
    assert f'docker-compose {" ".join(run)} "$PWD/churn.cbm:/mnt/churn.cbm:ro" {" ".join(add)} 3' in MANUAL

    added = project.compose(*run, f"{file}:/mnt/churn.cbm:ro", *add, "3").decode()
    assert "added churn@1: regression" in added
    project.compose(
        "exec", "-T", *as_documented("exec", "app", "augury", "model", "price", "churn@1", "2")[1:]
    )
    assert "churn@1" in project.augury("model", "list")

    with account.client() as client:
        asked = {"model": "churn", "data": {"x": 1.0, "y": 2.0}}
        answer = patiently(lambda: client.post("/predictions", json=asked, headers={"Prefer": "wait=30"}))
    assert (answer.status_code, answer.json()["charged"]) == (200, 2), answer.text
