"""The numbers of the advisory locks: here all of them, so that no two are the same.

Each is taken for the length of a transaction, never of a session: behind a pooler, a session's lock stays
on a connection that others get next.
"""

MIGRATING = 0x6175677572790001
"""One process migrates at a time."""
SWEEPING = 0x6175677572790002
"""One process sweeps at a time."""
DUTY = 0x6175677572790003
"""One process at a time is the bot."""
CHECKING = 0x6175677572790004
"""One process checks the books at a time."""

# A chat is added under the lock of its own number, which Telegram keeps below 2^52: it is none of the above.
WAIT = "SELECT pg_advisory_xact_lock($1)"
TRY = "SELECT pg_try_advisory_xact_lock($1)"
"""Whether this transaction has the lock now; does not wait."""
