"""Every accepted prediction is answered and charged once, whatever happens to the containers meanwhile."""

from tests.deployment.account import Account
from tests.deployment.project import SELDOM, SERVICES, Project, docker
from tests.processes import eventually

CREDITS = 10_000


def healthy_again(project: Project, container: str) -> None:
    eventually(lambda: project.passes_its_check(container), 300, "its health", every=SELDOM)


def kill_process_in(container: str) -> None:
    """End the process beneath the container's init, as a crash would: Docker must start it again."""
    docker("exec", container, "sh", "-c", "kill -9 $(cat /proc/1/task/1/children)")


def test_200_predictions_survive_a_killed_worker_and_the_restart_of_broker_and_api(project: Project) -> None:
    project.up("--no-deps", "--scale", "app=2", "app")
    account = Account.opened(project, CREDITS)
    victim = project.containers("ml-worker")[0]
    with account.asking(at_least=200):
        kill_process_in(victim)
        project.compose("restart", "rabbitmq")
        for instance in project.containers("app"):
            docker("restart", instance)
            healthy_again(project, instance)
        healthy_again(project, victim)

    assert project.inspect(victim)["RestartCount"] >= 1
    account.nothing_was_lost(CREDITS)
    assert project.says_nothing_but_json()


def test_services_that_come_back_in_the_worst_order_find_each_other(project: Project) -> None:
    """As after a power cut, when the engine restarts all of them without waiting for dependencies."""
    account = Account.opened(project, CREDITS)
    with account.asking(at_least=100):
        eventually(lambda: len(account.accepted) >= 20, what="the first predictions")
        cut = {service: project.containers(service) for service in SERVICES}
        docker("kill", *(container for containers in cut.values() for container in containers))
        for service in ("nginx", "app", "deliverer", "ml-worker", "telegram-bot", "rabbitmq", "postgres"):
            docker("start", *cut[service])

    project.settle()
    account.nothing_was_lost(CREDITS)
    assert project.says_nothing_but_json()


def test_more_workers_and_fewer_again_lose_nothing_under_load(project: Project) -> None:
    account = Account.opened(project, CREDITS)
    with account.asking(at_least=200):
        project.up("--scale", "ml-worker=5")
        assert len(project.containers("ml-worker")) == 5
        project.up("--no-deps", "--scale", "ml-worker=2", "ml-worker")
        assert len(project.containers("ml-worker")) == 2

    account.nothing_was_lost(CREDITS)
    project.up("--no-deps", "ml-worker")
    assert len(project.containers("ml-worker")) == 3
