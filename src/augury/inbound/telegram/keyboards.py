"""The bot's buttons. Telegram allows at most 64 bytes of data per button."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from augury.inbound.telegram.texts import Speech, shortened

MOST_BUTTON_CHARACTERS = 40
Button = TypeVar("Button")


def menu(say: Speech) -> ReplyKeyboardMarkup:
    """The permanent keyboard with the main commands."""
    names = ("predict", "balance", "history", "models", "topup", "help")
    buttons = [KeyboardButton(text=say.plain(f"button-{name}")) for name in names]
    return ReplyKeyboardMarkup(keyboard=_in_rows(buttons, 2), resize_keyboard=True)


def button(text: str, says: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=shortened(text, MOST_BUTTON_CHARACTERS) or "·", callback_data=says)


def keyboard(
    *rows: Iterable[InlineKeyboardButton], choices: Sequence[InlineKeyboardButton] = (), wide: int = 2
) -> InlineKeyboardMarkup:
    """The choices, `wide` to a row, with the other rows below them."""
    below = [list(row) for row in rows]
    return InlineKeyboardMarkup(inline_keyboard=[*_in_rows(choices, wide), *(row for row in below if row)])


def _in_rows(buttons: Sequence[Button], wide: int) -> list[list[Button]]:
    return [list(buttons[index : index + wide]) for index in range(0, len(buttons), wide)]
