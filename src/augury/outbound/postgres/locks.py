"""The numbers of all advisory locks, in one place so that no two are equal.

Each lock belongs to a transaction, never to a session: behind a pooler, a session's lock would stay on a
connection that others get next.
"""

MIGRATING = 0x6175677572790001
"""One process migrates at a time."""
SWEEPING = 0x6175677572790002
"""One process sweeps at a time."""
DUTY = 0x6175677572790003
"""One process at a time is the bot."""
CHECKING = 0x6175677572790004
"""One process checks the books at a time."""
NAMING_MODEL = 0x6175677572790005
"""One process at a time gives a version its number."""
BEGINNING_CHECK = 0x6175677572790006
"""Only one process at a time starts a check of the books for an operator."""
ADDING_TRAINING = 0x6175677572790007
"""One process at a time adds a training, because their number is limited."""

# Adding a chat takes the lock of its id. Telegram's ids are below 2^52, so they never equal those above.
WAIT = "SELECT pg_advisory_xact_lock($1)"
TRY = "SELECT pg_try_advisory_xact_lock($1)"
"""Tries to take the lock without waiting. Returns whether this transaction has it now."""
