"""Updates as Telegram delivers them. They are stored as a whole before they are parsed or acknowledged."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiogram.methods import TelegramMethod

from augury.application.chats.ports.updates import Inbox, ReceivedUpdate
from augury.application.ports import Json

WANTED = ["message", "callback_query", "pre_checkout_query", "my_chat_member"]
log = logging.getLogger(__name__)


class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """`getUpdates` that does not parse the updates: one that cannot be parsed must not block the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


def received(update: Mapping[str, Any]) -> ReceivedUpdate:
    """Raises `ValueError` if this is not an update."""
    update_id = update.get("update_id")
    if not isinstance(update_id, int):
        raise ValueError("an update without an id")  # noqa: TRY004  # the input is from outside
    return ReceivedUpdate(update_id, _lane(update, update_id), Json(msgspec.json.encode(update)))


async def stored(updates: Sequence[ReceivedUpdate], inbox: Inbox) -> Sequence[ReceivedUpdate]:
    """Store the updates. Returns those to handle: the new ones, or everything that waits.

    An update that was stored before is not always handled: perhaps the database's answer was lost, or another
    process stored it after its turn. It must not wait until the later updates of its chat are handled.
    """
    new = await inbox.put(updates)
    fresh = {update.id: update for update in updates if update.id in new}
    if all(update.id in fresh for update in updates):
        return updates
    return [fresh.get(update.id, update) for update in await inbox.waiting()]


def all_received(updates: Sequence[Mapping[str, Any]]) -> list[ReceivedUpdate]:
    return [received(update) for update in updates]


def _lane(update: Mapping[str, Any], update_id: int) -> int:
    """The chat's id, so that one person's updates stay in order. A pre-checkout query must be answered within
    10 seconds: it gets a lane of its own."""
    match update:
        case {"message": {"chat": {"id": int(chat_id)}}}:
            return chat_id
        case {"callback_query": {"from": {"id": int(chat_id)}}}:
            return chat_id
        case {"my_chat_member": {"chat": {"id": int(chat_id)}}}:
            return chat_id
    return -update_id
