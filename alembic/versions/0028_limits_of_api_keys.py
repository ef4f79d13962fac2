"""API keys: scopes, models, and spending limits with what was spent; which key a prediction counts for."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COMMENTS = {
    "api_keys.scopes": "Null: all, as keys of earlier releases have",
    "api_keys.models": "`name` or `name@version` of each; null: all",
    "api_keys.day_limit": "Credits in a UTC day; null: no limit",
    "api_keys.month_limit": "Credits in a UTC month; null: no limit",
    "api_keys.spent_on": "The UTC day in which something was counted last",
    "api_keys.day_spent": "On the day `spent_on`",
    "api_keys.month_spent": "In the month of that day",
    "predictions.key_id": "The API key with spending limits that asked for it; null: none",
    "predictions.counted_on": "The UTC day in which its price counts towards these limits",
}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE api_keys ADD COLUMN scopes text[], ADD COLUMN models text[], "
        "ADD COLUMN day_limit bigint, ADD COLUMN month_limit bigint, ADD COLUMN spent_on date, "
        "ADD COLUMN day_spent bigint NOT NULL DEFAULT 0, ADD COLUMN month_spent bigint NOT NULL DEFAULT 0"
    )
    op.execute("ALTER TABLE predictions ADD COLUMN key_id uuid, ADD COLUMN counted_on date")
    for column, comment in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {column} IS '{comment}'")


def downgrade() -> None:
    op.execute("ALTER TABLE predictions DROP COLUMN counted_on, DROP COLUMN key_id")
    op.execute(
        "ALTER TABLE api_keys DROP COLUMN month_spent, DROP COLUMN day_spent, DROP COLUMN spent_on, "
        "DROP COLUMN month_limit, DROP COLUMN day_limit, DROP COLUMN models, DROP COLUMN scopes"
    )
