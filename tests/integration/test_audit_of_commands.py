"""Every command that changes something leaves one entry in the audit log, by the system's user."""

import asyncio
import getpass
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import click
from click.testing import CliRunner

from augury.bootstrap.cli.root import main
from augury.domain.audit import Action
from augury.domain.identifiers import uuid7
from tests.catboost_models import regression_model
from tests.processes import environment

ADA = "ada@example.org"
PASSWORD = ("--password", "correct horse")
CODE = ("--credits", "5", "--limit", "3")

READS = {
    *("up", "api", "worker", "bot", "deliver", "migrate"),  # processes, and what changes no data
    *("ledger verify", "batch run", "batch cancel", "queue dead", "queue upgrade"),
    *("model card", "model list", "model compare", "promo list", "user show"),
}
"""Commands after which nothing is to be recorded. `batch` acts as a customer, over HTTP."""
WRITES: Mapping[str, Action] = {
    "user create": Action.CREATE_USER,
    "user promote": Action.CHANGE_ROLE,
    "user set-password": Action.SET_PASSWORD,
    "user top-up": Action.TOP_UP,
    "user reverse": Action.TAKE_BACK,
    "user share": Action.CHANGE_SHARE,
    "user block": Action.BLOCK,
    "user unblock": Action.UNBLOCK,
    "promo create": Action.CREATE_PROMO_CODE,
    "promo disable": Action.CHANGE_PROMO_CODE,
    "promo enable": Action.CHANGE_PROMO_CODE,
    "model train": Action.ADD_MODEL,
    "model add": Action.ADD_MODEL,
    "model describe": Action.DESCRIBE_MODEL,
    "model price": Action.CHANGE_MODEL,
    "model unsure": Action.SET_CONFIDENCE,
    "model activate": Action.CHANGE_MODEL,
    "model canary": Action.START_CANARY,
    "model promote": Action.PROMOTE_MODEL,
    "model rollback": Action.ROLL_BACK_MODEL,
    "model retire": Action.CHANGE_MODEL,
    "payment refund": Action.REFUND_PAYMENT,
    "queue replay": Action.REPLAY,
    "queue drop": Action.DROP,
}


def commands() -> Iterator[str]:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {each}" for each in command.list_commands(context))
        else:
            yield name


def test_every_command_is_known_to_write_or_not() -> None:
    """A new command fails here until it is, and below until it leaves an entry."""
    assert sorted(commands()) == sorted({*READS, *WRITES})


def test_each_command_that_writes_leaves_exactly_one_entry(
    database_url: str, tmp_path: Path, rabbitmq_url: str
) -> None:
    def fetch(sql: str, *values: object) -> list[asyncpg.Record]:
        async def asked() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(database_url)
            try:
                found: list[asyncpg.Record] = await connection.fetch(sql, *values)
                return found
            finally:
                await connection.close()

        return asyncio.run(asked())

    env = environment(database_url=database_url, rabbitmq_url=rabbitmq_url)
    env |= {"AUGURY_TELEGRAM_TOKEN": "1:fake"}
    seen: set[str] = set()

    def augury(*words: str) -> None:
        before = len(fetch("SELECT FROM audit_log"))
        data = [] if words[0] in ("payment", "queue") else ["--data", str(tmp_path / "data")]
        done = CliRunner().invoke(main, [*words, *data], env=env)
        assert done.exit_code == 0, (words, done.output, done.exception)
        entries = fetch("SELECT * FROM audit_log ORDER BY id DESC")
        name = " ".join(words[:2])
        assert len(entries) == before + 1, name
        assert (entries[0]["action"], entries[0]["actor"]) == (WRITES[name], getpass.getuser()), name
        assert not any(word in str(dict(entries[0])) for word in (ADA, "correct horse"))
        seen.add(name)

    first, second = (str(regression_model(tmp_path / f"{loss}.cbm", loss)) for loss in ("RMSE", "MAE"))
    table, texts = tmp_path / "t.csv", tmp_path / "texts.json"
    rows = [f"{n % 50},{'yes' if n % 50 > 25 else 'no'}\n" for n in range(200)]
    table.write_text("age,leaves\n" + "".join(rows))
    texts.write_text(json.dumps({"description": {"en": "A model"}}))
    augury("user", "create", ADA, *PASSWORD)
    augury("user", "promote", ADA)
    augury("user", "set-password", ADA, *PASSWORD)
    augury("user", "top-up", ADA, "5")
    [[payment]] = fetch("SELECT reference FROM transfers WHERE kind = 'top_up'")
    augury("user", "reverse", ADA, str(payment))
    augury("user", "share", ADA, "2")
    augury("user", "block", ADA)
    augury("user", "unblock", ADA)
    augury("promo", "create", "SPRING", *CODE)
    augury("promo", "disable", "SPRING")
    augury("promo", "enable", "SPRING")
    augury("model", "add", first, "--name", "m")
    augury("model", "train", str(table), "--target", "leaves", "--name", "churn", "--seconds", "2")
    augury("model", "describe", "m@1", str(texts))
    augury("model", "price", "m@1", "3")
    augury("model", "unsure", "churn@1", "0.6")
    augury("model", "add", second, "--name", "m", "--inactive")
    augury("model", "canary", "m@2", "--share", "10")
    augury("model", "promote", "m@2")
    augury("model", "rollback", "m@2")
    augury("model", "activate", "m@2")
    augury("model", "retire", "m@1")
    augury("queue", "replay")
    augury("queue", "drop", "--limit", "1")
    fetch(
        "INSERT INTO telegram_payments (charge_id, reference, chat_id, user_id, stars, credits) "
        "SELECT 'receipt', $1, 1, id, 1, 5 FROM users",
        uuid7(),
    )
    augury("payment", "refund", "receipt", "--given-back")

    assert seen == set(WRITES)
