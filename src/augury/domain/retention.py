"""How long records are kept that nobody deletes earlier. Periods that an operator chooses are settings."""

from datetime import timedelta

from augury.domain.figures import Step

IDEMPOTENCY_KEYS = timedelta(hours=24)
REPLIES = timedelta(days=9)
"""A bot's replies, and the notices of their predictions: longer than any prediction waits."""
IDEMPOTENCY_KEYS_OF_CHATS = REPLIES
"""A bot that was down may handle a chat's message again, so its key is kept as long as its reply."""
BATCH_REPLIES = timedelta(days=17)
"""A batch may take a week, and its results are sent for nine days after that."""
HANDLED_UPDATES = timedelta(days=2)
"""Longer than Telegram may deliver an update again."""
GUESTS = timedelta(days=2)
"""The data of guests: longer than they can read it."""
VERSION_COUNTS = timedelta(days=8)
"""A day longer than they are shown."""
RESUMABLE = timedelta(days=7)
"""How far back the event stream of all predictions of a user can be resumed."""
FREE_CHANGES = RESUMABLE + timedelta(days=1)
"""Changes of predictions without a price: a day longer than event streams can be resumed. The newest of all
is kept: it shows which ones were deleted here, and which ones are missing in books that were restored."""
FIGURES = {
    Step.MINUTE: timedelta(days=2),
    Step.HOUR: timedelta(days=40),
    Step.DAY: timedelta(days=800),
}
"""Much longer than they are shown."""
PROCESSES = timedelta(days=1)
"""After the last sign of life of a process."""
LEDGER_RUNS = timedelta(days=30)
"""Checks of the books."""
UNACCEPTED_BATCHES = timedelta(days=1)
"""Batches that were received, but not accepted."""
INCOMPLETE_FILES = timedelta(days=1)
"""Files that were not received completely, and tables without an unfinished training."""
UNNEEDED_MODEL_FILES = timedelta(hours=1)
"""Files that neither a version, a check nor an unfinished training needs, after they were completed. An
upload is added just after that, so an hour is long enough."""
