"""E-mail addresses are stored composed (NFC), so that each is found however it was typed.

If an address is taken in its composed form, too, the other account keeps its address as it is: it is found by
its id only, and an operator decides which of the two stays.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE users SET email = normalize(email, NFC)
        WHERE email IS NOT NFC NORMALIZED AND id IN (
            SELECT DISTINCT ON (normalize(email, NFC)) id FROM users
            WHERE email IS NOT NFC NORMALIZED ORDER BY normalize(email, NFC), id
        ) AND NOT EXISTS (SELECT FROM users known WHERE known.email = normalize(users.email, NFC))
        """
    )


def downgrade() -> None:
    pass
