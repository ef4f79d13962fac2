"""The books: users, balances, transfers, predictions, models, and credentials."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    """
    CREATE TABLE users (
        id uuid CONSTRAINT users_pkey PRIMARY KEY,
        role text NOT NULL CONSTRAINT users_role_check CHECK (role IN ('guest', 'member', 'admin')),
        email text CONSTRAINT users_email_key UNIQUE,
        password_hash text,
        guest_key bytea CONSTRAINT users_guest_key_key UNIQUE,
        created_at timestamptz NOT NULL,
        closed_at timestamptz
    )
    """,
    """
    CREATE TABLE guest_days (
        day date CONSTRAINT guest_days_pkey PRIMARY KEY,
        guests integer NOT NULL
    )
    """,
    """
    CREATE TABLE balances (
        user_id uuid CONSTRAINT balances_pkey PRIMARY KEY
            CONSTRAINT balances_user_id_fkey REFERENCES users (id),
        available bigint NOT NULL DEFAULT 0 CONSTRAINT balances_available_check CHECK (available >= 0),
        held bigint NOT NULL DEFAULT 0 CONSTRAINT balances_held_check CHECK (held >= 0),
        pending integer NOT NULL DEFAULT 0 CONSTRAINT balances_pending_check CHECK (pending >= 0)
    ) WITH (
        fillfactor = 50,
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0
    )
    """,
    """
    CREATE TABLE transfers (
        reference uuid NOT NULL,
        kind text NOT NULL CONSTRAINT transfers_kind_check CHECK (
            kind IN ('top_up', 'grant', 'hold', 'capture', 'release', 'refund', 'reversal', 'merge')
        ),
        user_id uuid NOT NULL CONSTRAINT transfers_user_id_fkey REFERENCES users (id),
        to_user_id uuid CONSTRAINT transfers_to_user_id_fkey REFERENCES users (id),
        amount bigint NOT NULL CONSTRAINT transfers_amount_check CHECK (amount > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
        CONSTRAINT transfers_pkey PRIMARY KEY (reference, kind),
        CONSTRAINT transfers_to_user_id_check CHECK ((kind = 'merge') = (to_user_id IS NOT NULL))
    )
    """,
    "CREATE INDEX transfers_user_id_sequence_idx ON transfers (user_id, sequence)",
    """
    CREATE INDEX transfers_to_user_id_sequence_idx ON transfers (to_user_id, sequence)
    WHERE to_user_id IS NOT NULL
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% refused: rows of % are immutable', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER transfers_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE models (
        name text NOT NULL,
        version integer NOT NULL,
        facts jsonb NOT NULL,
        sha256 text NOT NULL,
        row_price integer NOT NULL CONSTRAINT models_row_price_check CHECK (row_price >= 0),
        active boolean NOT NULL,
        retired boolean NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT models_pkey PRIMARY KEY (name, version),
        CONSTRAINT models_active_check CHECK (NOT (active AND retired))
    )
    """,
    "CREATE UNIQUE INDEX models_active_key ON models (name) WHERE active",
    """
    CREATE TABLE predictions (
        id uuid CONSTRAINT predictions_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT predictions_user_id_fkey REFERENCES users (id),
        model_name text NOT NULL,
        model_version integer NOT NULL,
        rows integer NOT NULL,
        row_price integer NOT NULL,
        single boolean NOT NULL,
        status text NOT NULL CONSTRAINT predictions_status_check CHECK (
            status IN ('queued', 'processing', 'succeeded', 'failed', 'canceled', 'expired')
        ),
        attempts integer NOT NULL,
        lease_token uuid,
        lease_until timestamptz,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        started_at timestamptz,
        finished_at timestamptz,
        valid_rows integer NOT NULL,
        failure text,
        input bytea,
        output bytea,
        errors bytea,
        CONSTRAINT predictions_model_name_fkey FOREIGN KEY (model_name, model_version) REFERENCES models,
        CONSTRAINT predictions_lease_token_check CHECK ((status = 'processing') = (lease_token IS NOT NULL)),
        CONSTRAINT predictions_lease_until_check CHECK ((status = 'processing') = (lease_until IS NOT NULL)),
        CONSTRAINT predictions_valid_rows_check CHECK (valid_rows BETWEEN 0 AND rows)
    ) WITH (fillfactor = 35)
    """,
    "CREATE INDEX predictions_user_id_id_idx ON predictions (user_id, id)",
    """
    CREATE TABLE unfinished (
        prediction_id uuid CONSTRAINT unfinished_pkey PRIMARY KEY,
        put_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        wait integer NOT NULL
    ) WITH (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000
    )
    """,
    """
    CREATE TABLE idempotency_keys (
        user_id uuid NOT NULL CONSTRAINT idempotency_keys_user_id_fkey REFERENCES users (id),
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        reference uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key)
    )
    """,
    "CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys USING brin (created_at)",
    """
    CREATE TABLE refresh_tokens (
        digest bytea CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
        family uuid NOT NULL,
        user_id uuid NOT NULL CONSTRAINT refresh_tokens_user_id_fkey REFERENCES users (id),
        expires_at timestamptz NOT NULL,
        replaced_at timestamptz
    )
    """,
    "CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family)",
    "CREATE INDEX refresh_tokens_user_id_idx ON refresh_tokens (user_id)",
    """
    CREATE TABLE api_keys (
        id uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
        digest bytea NOT NULL CONSTRAINT api_keys_digest_key UNIQUE,
        user_id uuid NOT NULL CONSTRAINT api_keys_user_id_fkey REFERENCES users (id),
        name text NOT NULL,
        hint text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        last_used_at timestamptz
    )
    """,
    "CREATE INDEX api_keys_user_id_id_idx ON api_keys (user_id, id)",
    """
    CREATE UNLOGGED TABLE throttle (
        key text CONSTRAINT throttle_pkey PRIMARY KEY,
        ends_at timestamptz NOT NULL,
        hits integer NOT NULL
    )
    """,
]

COMMENTS = [
    "TABLE guest_days IS 'How many guests were added on each UTC day'",
    "TABLE balances IS 'Moves only by what transfers say; `pending` counts predictions that are not final'",
    "TABLE transfers IS 'Immutable: a trigger refuses UPDATE, DELETE and TRUNCATE'",
    "COLUMN predictions.input IS 'JSON text; null once it is forgotten'",
    "COLUMN predictions.output IS 'JSON text'",
    "COLUMN predictions.errors IS 'JSON text; null where it is an empty array'",
    "TABLE unfinished IS 'Predictions that are not final: as many as the backlog, whatever the history'",
    "COLUMN unfinished.wait IS 'Seconds until the look after this one'",
    "TABLE throttle IS 'Tries in fixed windows of time; not worth a write-ahead log'",
    "COLUMN throttle.ends_at IS 'The end of the window that `hits` counts'",
]

# lz4 takes half the time of pglz, but not every build of PostgreSQL has it.
COMPRESSION = """
    DO $$
    BEGIN
        IF EXISTS (
            SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
        ) THEN
            ALTER TABLE predictions ALTER input SET COMPRESSION lz4;
            ALTER TABLE predictions ALTER output SET COMPRESSION lz4;
            ALTER TABLE predictions ALTER errors SET COMPRESSION lz4;
        END IF;
    END
    $$
"""


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for comment in COMMENTS:
        op.execute(f"COMMENT ON {comment}")
    op.execute(COMPRESSION)


def downgrade() -> None:
    op.execute(
        "DROP TABLE throttle, api_keys, refresh_tokens, idempotency_keys, unfinished, predictions, models, "
        "transfers, balances, guest_days, users"
    )
    op.execute("DROP FUNCTION refuse_change")
