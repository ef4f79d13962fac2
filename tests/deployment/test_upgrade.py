"""From PostgreSQL 17 to 18 by the manual's commands. This is the last of the deployment's tests, because 18
stays."""

from tests.deployment.account import Account
from tests.deployment.project import Project, docker
from tests.deployment.test_operation import as_documented, predict

NEW = "postgres:18"


def test_postgresql_17_becomes_18_with_everything_in_it(project: Project) -> None:
    account = Account.opened(project, 10)
    made = predict(account)
    assert project.sql("SHOW server_version").startswith("17.")
    volume = f"{project.name}_postgres-data"

    project.compose(*as_documented("stop", "nginx", "app", "deliverer", "ml-worker", "telegram-bot"))
    dump = as_documented("exec", "-T", "postgres", "pg_dump", "-U", "augury", "-Fc", "augury")
    database = project.compose(*dump)
    project.compose(*as_documented("rm", "--stop", "--force", "postgres"))
    docker("volume", "rm", volume)
    project.settings["POSTGRES_IMAGE"] = NEW
    project.compose(*as_documented("up", "-d", "postgres"))
    project.settle("postgres")
    restore = ("exec", "-T", "postgres", "pg_restore", "-U", "augury", "-d", "augury", "--exit-on-error")
    project.compose(*as_documented(*restore), given=database)
    project.up()

    assert project.sql("SHOW server_version").startswith("18.")
    assert project.sql("SHOW data_directory") == "/var/lib/postgresql/data"
    assert set(account.predictions()) == {made}
    predict(account)
    project.books_verify()
