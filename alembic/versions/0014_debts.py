"""Debts for payments that were returned after they were spent, and the transfers that explain them."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = "'top_up', 'grant', 'hold', 'capture', 'release', 'refund', 'reversal', 'merge', 'split'"


def upgrade() -> None:
    op.execute("ALTER TABLE balances ADD COLUMN debt bigint NOT NULL DEFAULT 0 CHECK (debt >= 0)")
    op.execute(
        "COMMENT ON COLUMN balances.debt IS "
        "'The spent credits of payments that were returned, as far as they are not settled'"
    )
    # NOT VALID spares a long lock: every row satisfies the narrower check that this one replaces.
    op.execute(f"""
        ALTER TABLE transfers
            DROP CONSTRAINT transfers_kind_check,
            ADD CONSTRAINT transfers_kind_check CHECK (
                kind IN ({KINDS}, 'debt', 'repayment', 'write_off')
            ) NOT VALID
    """)


def downgrade() -> None:
    # Refused while there are debts: transfers are never rewritten.
    op.execute(f"""
        ALTER TABLE transfers
            DROP CONSTRAINT transfers_kind_check,
            ADD CONSTRAINT transfers_kind_check CHECK (kind IN ({KINDS}))
    """)
    op.execute("ALTER TABLE balances DROP COLUMN debt")
