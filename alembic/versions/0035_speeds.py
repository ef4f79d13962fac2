"""The speeds of models, as workers measure them."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

COLUMNS = {
    "speed_squares": "The sum of units² over measured calls, units as in `Slice.units`; null: not measured",
    "speed_products": "The sum of units × seconds over the same calls",
}


def upgrade() -> None:
    for name, comment in COLUMNS.items():
        op.execute(f"ALTER TABLE models ADD COLUMN {name} double precision")
        op.execute(f"COMMENT ON COLUMN models.{name} IS '{comment}'")


def downgrade() -> None:
    for name in COLUMNS:
        op.execute(f"ALTER TABLE models DROP COLUMN {name}")
