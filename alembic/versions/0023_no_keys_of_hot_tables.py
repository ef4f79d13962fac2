"""`predictions` and `transfers` have no foreign keys. Instead, the rows that they name are never removed.

For each new row, a foreign key looks up and locks the row that it names. That was a third of PostgreSQL's
work on a submit. Triggers on `users` and `models`, which never fire, guarantee the same: they refuse to
remove a row. The statements write only for users whose balance they have locked, and for models that they
have read.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KEYS = {
    "predictions": {
        "predictions_user_id_fkey": "(user_id) REFERENCES users (id)",
        "predictions_model_name_fkey": "(model_name, model_version) REFERENCES models (name, version)",
    },
    "transfers": {
        "transfers_user_id_fkey": "(user_id) REFERENCES users (id)",
        "transfers_to_user_id_fkey": "(to_user_id) REFERENCES users (id)",
    },
}
NAMED = {"users": "id", "models": "name, version"}


def upgrade() -> None:
    op.execute("""
    CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never removed: predictions and transfers name them', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END
    $$
    """)
    for table, columns in NAMED.items():
        op.execute(f"""
        CREATE TRIGGER {table}_are_named BEFORE DELETE OR TRUNCATE OR UPDATE OF {columns} ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal()
        """)
    for table, keys in KEYS.items():
        dropped = ", ".join(f"DROP CONSTRAINT {key}" for key in keys)
        op.execute(f"ALTER TABLE {table} {dropped}")


def downgrade() -> None:
    for table, keys in KEYS.items():
        added = ", ".join(f"ADD CONSTRAINT {key} FOREIGN KEY {what}" for key, what in keys.items())
        op.execute(f"ALTER TABLE {table} {added}")
    for table in NAMED:
        op.execute(f"DROP TRIGGER {table}_are_named ON {table}")
    op.execute("DROP FUNCTION refuse_removal()")
