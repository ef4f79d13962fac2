"""A price per kilobyte of text: of a model, and of the predictions that were accepted for it.

The check refuses the end of such a prediction by a process of the previous release, which would settle it
without the text. It is not validated, since no older row has a price of text: so no table is scanned.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE models ADD COLUMN text_price integer NOT NULL DEFAULT 0,
            ADD CONSTRAINT models_text_price_check CHECK (text_price >= 0)
        """
    )
    op.execute(
        "COMMENT ON COLUMN models.text_price IS 'Credits per kilobyte of text, on top of the row price'"
    )
    op.execute(
        """
        ALTER TABLE predictions ADD COLUMN text_price integer, ADD COLUMN text_bytes integer,
            ADD COLUMN valid_text_bytes integer,
            ADD CONSTRAINT predictions_valid_text_bytes_check CHECK (
                text_price IS NULL OR status IN ('queued', 'processing')
                OR valid_text_bytes IS NOT NULL AND valid_text_bytes BETWEEN 0 AND text_bytes
            ) NOT VALID
        """
    )
    for column, what in (
        ("text_price", "Credits per kilobyte of text"),
        ("text_bytes", "The text of all rows"),
        ("valid_text_bytes", "The text of the valid rows"),
    ):
        op.execute(f"COMMENT ON COLUMN predictions.{column} IS '{what}; null where text is free'")


def downgrade() -> None:
    op.execute(
        "ALTER TABLE predictions DROP COLUMN text_price, DROP COLUMN text_bytes, DROP COLUMN valid_text_bytes"
    )
    op.execute("ALTER TABLE models DROP COLUMN text_price")
