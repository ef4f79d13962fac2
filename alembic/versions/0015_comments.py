"""Clearer comments on tables and columns. A comment locks out neither readers nor writers."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE balances": "Changes only together with transfers; `pending` counts the unfinished predictions",
    "COLUMN predictions.input": "JSON text; null after it was deleted",
    "COLUMN predictions.output": "JSON text; null if there is none, or after it was deleted",
    "COLUMN predictions.errors": "JSON text: the row, field and code of each error; null if there are none",
    "COLUMN predictions.warnings": (
        "JSON text: the row, field, code and count of each warning; null if there are none"
    ),
    "COLUMN predictions.notify": "Whether a notice is written when the prediction becomes final",
    "COLUMN unfinished.wait": "Seconds from the check at `due_at` to the next one",
    "TABLE unfinished": (
        "The predictions that are not final: as small as the backlog, however long the history"
    ),
    "COLUMN throttle.ends_at": "The end of the window in which `hits` are counted",
    "TABLE throttle": "Attempts in fixed windows of time. Unlogged: losing them in a crash does no harm",
    "TABLE promo_redemptions": "One row per code and user; `reference` is the grant's",
    "TABLE ledger_checks": "The result of the last check of all books, in one row",
    "COLUMN telegram_chats.model": "The model that the person chose; null for the default model",
    "COLUMN telegram_chats.dialogue": "JSON text; null if the bot is not asking anything",
    "TABLE telegram_chats": "Private chats with the bot; the id is also the person's Telegram id",
    "COLUMN telegram_updates.lane": "Updates of one lane, usually a chat, are handled in order",
    "COLUMN telegram_updates.payload": "JSON text; null after the update was handled",
    "COLUMN telegram_updates.tries": "How many processes ended while they handled it again",
    "TABLE telegram_updates": (
        "Telegram's updates: stored before they are acknowledged, and kept for two days"
    ),
    "COLUMN telegram_replies.file_name": "The name of a batch's file; the answer is a file, too",
    "COLUMN telegram_replies.sheet": (
        "JSON text: the dialect and other columns of a batch's file, until its answer is sent"
    ),
    "TABLE notices": "Final predictions whose results have not been delivered to their chat yet",
    "COLUMN telegram_links.chat_id": "The chat that used the link; null if none has",
    "TABLE telegram_bots": "Links lead to the bot that was seen last",
    "TABLE telegram_payments": (
        "Payments in Telegram Stars; `reference` is that of the top_up and of the reversal"
    ),
}


def upgrade() -> None:
    for what, comment in COMMENTS.items():
        quoted = comment.replace("'", "''")
        op.execute(f"COMMENT ON {what} IS '{quoted}'")


def downgrade() -> None:
    pass  # they describe the same columns as before
