"""A version of a model has one state.

Its two former booleans are now computed from the state: processes of the previous release still read them
until they are restarted. Those processes can no longer change models.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE models ADD COLUMN state text")
    op.execute(
        """
        UPDATE models SET state =
            CASE WHEN retired THEN 'retired' WHEN active THEN 'active' ELSE 'ready' END
        """
    )
    op.execute("DROP INDEX models_active_key")
    op.execute(
        """
        ALTER TABLE models ALTER COLUMN state SET NOT NULL,
            ADD CONSTRAINT models_state_check CHECK (state IN ('ready', 'active', 'retired')),
            DROP CONSTRAINT models_active_check, DROP COLUMN active, DROP COLUMN retired
        """
    )
    op.execute(
        """
        ALTER TABLE models ADD COLUMN active boolean GENERATED ALWAYS AS (state = 'active') STORED,
            ADD COLUMN retired boolean GENERATED ALWAYS AS (state = 'retired') STORED
        """
    )
    op.execute("CREATE UNIQUE INDEX models_active_key ON models (name) WHERE state = 'active'")


def downgrade() -> None:
    op.execute("DROP INDEX models_active_key")
    op.execute("ALTER TABLE models DROP COLUMN active, DROP COLUMN retired")
    op.execute("ALTER TABLE models ADD COLUMN active boolean, ADD COLUMN retired boolean")
    op.execute("UPDATE models SET active = state = 'active', retired = state = 'retired'")
    op.execute(
        """
        ALTER TABLE models ALTER COLUMN active SET NOT NULL, ALTER COLUMN retired SET NOT NULL,
            DROP CONSTRAINT models_state_check, DROP COLUMN state,
            ADD CONSTRAINT models_active_check CHECK (NOT (active AND retired))
        """
    )
    op.execute("CREATE UNIQUE INDEX models_active_key ON models (name) WHERE active")
