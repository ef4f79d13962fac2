"""Explanations: what they cost, and which predictions have them."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

COMMENTS = {
    "models.explain_price": "Credits for the explanation of a row; null: as much as the row price",
    "predictions.explain": "How many features of each row are explained; null: none",
}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE models ADD COLUMN explain_price integer "
        "CONSTRAINT models_explain_price_check CHECK (explain_price >= 0)"
    )
    op.execute("ALTER TABLE predictions ADD COLUMN explain smallint")
    for column, comment in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {column} IS '{comment}'")


def downgrade() -> None:
    op.execute("ALTER TABLE predictions DROP COLUMN explain")
    op.execute("ALTER TABLE models DROP COLUMN explain_price")
