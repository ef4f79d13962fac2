"""Promo codes, their redemptions, and the result of the last check of the books."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STEPS = [
    """
    CREATE TABLE promo_codes (
        code text CONSTRAINT promo_codes_pkey PRIMARY KEY,
        credits bigint NOT NULL CONSTRAINT promo_codes_credits_check CHECK (credits > 0),
        most integer NOT NULL,
        used integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        CONSTRAINT promo_codes_used_check CHECK (used BETWEEN 0 AND most)
    )
    """,
    """
    CREATE TABLE promo_redemptions (
        code text NOT NULL CONSTRAINT promo_redemptions_code_fkey REFERENCES promo_codes (code),
        user_id uuid NOT NULL CONSTRAINT promo_redemptions_user_id_fkey REFERENCES users (id),
        reference uuid NOT NULL,
        CONSTRAINT promo_redemptions_pkey PRIMARY KEY (code, user_id)
    )
    """,
    "COMMENT ON TABLE promo_redemptions IS 'Once a user; `reference` is that of the grant'",
    """
    CREATE TABLE ledger_checks (
        only_one boolean DEFAULT true CONSTRAINT ledger_checks_pkey PRIMARY KEY
            CONSTRAINT ledger_checks_only_one_check CHECK (only_one),
        checked_at timestamptz NOT NULL,
        deviations integer NOT NULL
    )
    """,
    "COMMENT ON TABLE ledger_checks IS 'What the last check of all the books found: one row'",
]


def upgrade() -> None:
    for statement in STEPS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE ledger_checks, promo_redemptions, promo_codes")
