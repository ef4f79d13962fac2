import subprocess
import sys

SCRIPT = """
from augury.bootstrap import bot_serving
from aiogram import methods, types
from pydantic import TypeAdapter

models = [getattr(module, name) for module in (types, methods) for name in module.__all__]
models = [each for each in models if hasattr(each, "model_rebuild")]
built = [each.__name__ for each in models if each.__pydantic_complete__]
assert len(models) > 500 and "Update" in built and len(built) < len(models) / 3, built
TypeAdapter(tuple[tuple(models)]).rebuild(raise_errors=True)
user = {"id": 1, "is_bot": False, "first_name": "A"}
message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": user, "text": "hi"}
press = {"id": "1", "from": user, "chat_instance": "1", "message": message}
for raw in ({"message": message}, {"callback_query": press}):
    update = types.Update.model_validate({"update_id": 1, **raw})
    assert (update.message or update.callback_query.message).text == "hi"
assert methods.Response[types.Message].model_validate({"ok": True, "result": message}).result.text == "hi"
"""
"""All types are built in one schema, which takes half a second. Each in its own would take twenty."""


def test_every_type_of_telegram_can_be_built_though_few_are_at_the_start() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
