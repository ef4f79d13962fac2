"""Webhooks and their deliveries."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = [
    """
    CREATE TABLE webhooks (
        id uuid NOT NULL CONSTRAINT webhooks_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT webhooks_user_id_fkey REFERENCES users (id),
        url text NOT NULL,
        events text[] NOT NULL,
        description text NOT NULL,
        balance_below bigint,
        generation integer NOT NULL,
        rotated_at timestamptz,
        created_at timestamptz NOT NULL,
        failing_since timestamptz,
        paused_until timestamptz,
        disabled_at timestamptz,
        disabled_why text,
        told_at timestamptz
    )
    """,
    "CREATE INDEX webhooks_user_id_id_idx ON webhooks (user_id, id)",
    """
    CREATE INDEX webhooks_untold_idx ON webhooks (user_id)
    WHERE told_at IS NULL AND disabled_why IN ('gone', 'failing')
    """,
    """
    CREATE TABLE webhook_deliveries (
        id uuid NOT NULL CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
        webhook_id uuid NOT NULL,
        event text NOT NULL,
        subject uuid,
        facts jsonb,
        once text,
        occurred_at timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'waiting',
        tries integer NOT NULL DEFAULT 0,
        due_at timestamptz,
        token uuid,
        tried_at timestamptz,
        status_code integer,
        error text,
        milliseconds integer,
        finished_at timestamptz
    )
    """,
    "CREATE INDEX webhook_deliveries_webhook_id_id_idx ON webhook_deliveries (webhook_id, id)",
    """
    CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, due_at)
    WHERE due_at IS NOT NULL
    """,
    """
    CREATE INDEX webhook_deliveries_finished_idx ON webhook_deliveries (finished_at)
    WHERE finished_at IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX webhook_deliveries_once_key ON webhook_deliveries (webhook_id, once)
    WHERE once IS NOT NULL
    """,
]
COMMENTS = {
    "TABLE webhooks": "URLs that users want to be called",
    "COLUMN webhooks.balance_below": "The threshold of balance.low, in credits",
    "COLUMN webhooks.generation": "The number of its secret, which is derived",
    "COLUMN webhooks.failing_since": "The first failed try since the last success",
    "COLUMN webhooks.paused_until": "The receiver asked to slow down",
    "COLUMN webhooks.told_at": "When its owner was told that the service disabled it",
    "TABLE webhook_deliveries": "Events for webhooks, and what came of their tries",
    "COLUMN webhook_deliveries.subject": "The prediction or batch that the event is about",
    "COLUMN webhook_deliveries.facts": "What the event says besides",
    "COLUMN webhook_deliveries.once": "An event of this name is told to a webhook only once",
    "COLUMN webhook_deliveries.due_at": "The next try, or the end of a lease; null if there is none",
    "COLUMN webhook_deliveries.token": "Of the process that tries it now",
    "COLUMN balances.webhooks": "Whether the user has webhooks, so that others'' settlements look up none",
    "COLUMN balances.low_below": "The highest threshold of the user''s webhooks for balance.low",
}
NEW_ID = """
encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
), 52, 1), 53, 1), 'hex')::uuid
"""
# A trigger sees every way in which a balance falls: a submit, a batch, a reversal. Its condition costs the
# others next to nothing. `spendable` is what `GET /balance` shows.
TRIGGERS = [
    """
    CREATE FUNCTION tell_low_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        spendable bigint := greatest(NEW.available - NEW.debt, 0);
        before bigint := greatest(OLD.available - OLD.debt, 0);
    BEGIN
        INSERT INTO webhook_deliveries (id, webhook_id, event, facts, occurred_at, due_at)
        SELECT NEW_ID, id, 'balance.low',
            jsonb_build_object('available', spendable, 'balance_below', balance_below), now(), now()
        FROM webhooks
        WHERE user_id = NEW.user_id AND disabled_at IS NULL AND 'balance.low' = ANY (events)
            AND spendable < balance_below AND before >= balance_below;
        RETURN NULL;
    END
    $$
    """.replace("NEW_ID", NEW_ID),
    """
    CREATE TRIGGER balances_tell_low AFTER UPDATE OF available, debt ON balances
    FOR EACH ROW WHEN (
        NEW.available - NEW.debt < NEW.low_below AND NEW.available - NEW.debt < OLD.available - OLD.debt
    )
    EXECUTE FUNCTION tell_low_balance()
    """,
]


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    op.execute(
        "ALTER TABLE balances ADD COLUMN webhooks boolean NOT NULL DEFAULT false, ADD COLUMN low_below bigint"
    )
    for statement in TRIGGERS:
        op.execute(statement)
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    op.execute("DROP TRIGGER balances_tell_low ON balances")
    op.execute("DROP FUNCTION tell_low_balance()")
    op.execute("ALTER TABLE balances DROP COLUMN low_below, DROP COLUMN webhooks")
    op.execute("DROP TABLE webhook_deliveries")
    op.execute("DROP TABLE webhooks")
