"""The time when a user was blocked, and when a promo code was disabled."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN blocked_at timestamptz")
    op.execute("ALTER TABLE promo_codes ADD COLUMN disabled_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE promo_codes DROP COLUMN disabled_at")
    op.execute("ALTER TABLE users DROP COLUMN blocked_at")
