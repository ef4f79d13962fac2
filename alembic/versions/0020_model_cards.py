"""The card of a model stands beside its facts."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE models ADD COLUMN card text")
    op.execute("COMMENT ON COLUMN models.card IS 'The model card in the file, as JSON'")


def downgrade() -> None:
    op.execute("ALTER TABLE models DROP COLUMN card")
