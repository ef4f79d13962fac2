"""The application's limits and their defaults. Each is a setting (`AUGURY_…`)."""

from dataclasses import dataclass
from datetime import timedelta

from augury.domain.feature import MOST_TEXT
from augury.domain.lane import SliceLimit, Small
from augury.domain.model import ModelNotFound, ModelRef, VersionMissing
from augury.domain.transfer import MOST_CREDITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    default_model: str = "tone"
    """The model of a request that names none."""
    max_rows: int = 10_000
    """Rows in one prediction."""
    max_text: int = MOST_TEXT
    """Characters of one text or category. A row with a longer one is invalid. In a CSV file, a value never
    has more than 131,072 characters."""
    max_answer_bytes: int = 20_000_000
    """The most bytes that a prediction's answer may have. Its size depends on rows × classes of the model. A
    prediction whose answer could be larger is refused, unless it has a single row."""
    max_classes: int = 1_000
    """Classes that an answer lists, the likeliest first, if its request does not set `top`. The answer also
    has the sum of the other probabilities."""
    max_errors: int = 1_000
    """Row errors that are kept of one prediction, and listed by a refusal. Further ones are only counted."""
    max_pending: int = 1_000
    """Unfinished predictions of one user. Another one is answered with 429."""
    small_rows: int = 200
    """Rows of a prediction that still counts as small work. Larger ones go to the bulk lane, of which each
    user gets a fair share."""
    small_bytes: int = 16_384
    """Bytes of input of a prediction that still counts as small work. If it is larger, guests who send their
    largest texts can fill the small lane."""
    fair_pending: int = 256
    """Unfinished predictions of one user. Further ones go to the bulk lane, whatever their size."""
    small_time: timedelta = timedelta(seconds=0.02)
    """How long the unfinished small work of one user may take a worker, by the measured speed of the model.
    Work that would take longer goes to the bulk lane, however few rows it has."""
    slice_rows: int = 2_000
    """Rows that a worker runs at once. Larger work is run slice by slice."""
    slice_bytes: int = 1_000_000
    """Bytes of input that a worker runs at once."""
    slice_time: timedelta = timedelta(seconds=0.1)
    """How long a slice may take on one processor, by the measured speed of the model. The slices of a slow
    model have fewer rows."""
    max_waiting: int = 100_000
    """Unfinished predictions of all users. Another one is answered with 429."""
    max_expires_in: timedelta = timedelta(days=7)
    """The longest `expires_in` of a prediction, and the default of one that has none."""
    max_explain_work: int = 10_000_000
    """The most work of the explanations in one prediction: rows × leaves of the model's trees (a tree of
    depth 8 has 256). 10 million take about 3 seconds. Other bulk work runs in between."""
    guest_credits: int = 5
    """Credits of a guest for one day. 0 turns guests off."""
    guest_rows: int = 100
    """Rows in one prediction of a guest."""
    guest_bytes: int = 65_536
    """Bytes of a guest's request body."""
    guest_pending: int = 10
    """Unfinished predictions of one guest. Another one is answered with 429."""
    guests_per_day: int = 10_000
    """Guests in one UTC day."""
    welcome_credits: int = 0
    """Credits granted to a person who registers by e-mail. The address is not verified, hence 0."""
    telegram_welcome_credits: int = 10
    """Credits granted once to each Telegram account, which has a telephone number behind it."""
    registrations_per_hour: int = 20
    """Registrations from one address."""
    sign_ins_per_minute: int = 10
    """Sign-ins from one address, and to one account."""
    redeems_per_minute: int = 10
    """Promo codes that one user, or one address, may try."""
    api_keys: int = 20
    """API keys of one user."""
    user_requests: int = 0
    """Requests of one user per minute, with all tokens and API keys. Further ones are answered with 429. 0:
    no limit."""
    key_requests: int = 0
    """Requests with one API key per minute. 0: no limit."""
    guest_requests: int = 0
    """Requests per minute without a credential from one address (IPv4 address or IPv6 /64), on routes that
    identify their caller. 0: no limit."""
    identity_cache: timedelta = timedelta(seconds=10)
    """How long a verified credential is trusted without another query. For this long, a process may not
    notice that another one has closed or blocked the account or deleted the API key, or that the key has
    expired. 0 queries every time."""
    refresh_lifetime: timedelta = timedelta(days=30)
    """How long a refresh token is valid."""
    refresh_grace: timedelta = timedelta(seconds=10)
    """How long a refresh token still works after it was replaced, so that a lost answer signs nobody out."""
    max_streams: int = 2_500
    """Event streams that one process keeps open at once. A further one is answered with 503. Each takes one
    of `max_connections`."""
    max_streams_per_user: int = 100
    """Event streams of one user at one process. A further one is answered with 429."""
    lease: timedelta = timedelta(seconds=30)
    """How long a worker may be silent before another one takes over its predictions. It renews its lease
    after each third of this time."""
    predict_timeout: timedelta = timedelta(minutes=5)
    """How long one run may take: the predictions that a worker has begun together. After that, the worker
    process ends, since a thread cannot be canceled."""
    max_batch_rows: int = 2_000
    """Rows in one run of small work; its first prediction may have more. So small work waits for at most one
    run."""
    max_batch_bytes: int = 1_000_000
    """Bytes of input in one run of small work; its first prediction may have more. While they are predicted,
    each takes up to 40 bytes of memory. A worker predicts one run and one slice at a time."""
    max_batches: int = 10
    """Unfinished batches of one user. Another one is answered with 429."""
    max_batch_file_rows: int = 20_000_000
    """Rows in the file of one batch."""
    keep_batches: timedelta = timedelta(days=7)
    """How long the rows and answers of a batch are kept after it has ended."""
    max_trainings: int = 20
    """Unfinished trainings from tables. Another one is answered with 429. The database keeps a table until
    its training has ended, so all tables take at most this many times `AUGURY_MAX_TABLE_BYTES`."""
    keep_trainings: timedelta = timedelta(days=7)
    """How long a training is kept after it has ended. Its table is deleted at its end; the model stays."""
    keep_audit: timedelta = timedelta(days=400)
    """How long an entry of the audit log is kept."""
    sweep_every: timedelta = timedelta(seconds=10)
    """The pause between two sweeps for predictions whose worker fell silent or whose message was lost. The
    ledger's check relies on it, so set it equally for all processes."""
    sweep_batch: int = 1_000
    """Predictions that one sweep repairs."""

    def __post_init__(self) -> None:
        if min(self.max_rows, self.max_text, self.max_classes) < 1:
            raise ValueError("max_rows, max_text and max_classes must be at least 1")
        if not _is_model(self.default_model):
            raise ValueError("default_model must be a model's name, such as tone or tone@1")
        if min(self.max_batch_rows, self.max_batch_bytes, self.sweep_batch) < 1:
            raise ValueError("max_batch_rows, max_batch_bytes and sweep_batch must be at least 1")
        if min(self.slice_rows, self.slice_bytes) < 1:
            raise ValueError("slice_rows and slice_bytes must be at least 1")
        if min(self.small_time, self.slice_time) < timedelta(milliseconds=1):
            raise ValueError("small_time and slice_time must be at least 0.001 seconds")
        if max(self.guest_credits, self.welcome_credits, self.telegram_welcome_credits) > MOST_CREDITS:
            raise ValueError(
                f"guest_credits, welcome_credits and telegram_welcome_credits must be at most {MOST_CREDITS}"
            )
        if min(self.user_requests, self.key_requests, self.guest_requests) < 0:
            raise ValueError("user_requests, key_requests and guest_requests must be at least 0")
        if self.lease < timedelta(seconds=1) or self.predict_timeout < timedelta(seconds=1):
            raise ValueError("lease and predict_timeout must be at least 1 second")
        if self.sweep_every < timedelta(milliseconds=1):
            raise ValueError("sweep_every must be at least 0.001 seconds")

    @property
    def longest_abandoned(self) -> timedelta:
        """The longest time from the end of a lease until another worker has taken over its predictions: one
        lease, for which a sweeper waits after its start, and two sweeps."""
        return self.lease + 2 * self.sweep_every

    @property
    def small(self) -> Small:
        """What counts as small work."""
        return Small(
            rows=self.small_rows,
            size=self.small_bytes,
            pending=self.fair_pending,
            seconds=self.small_time.total_seconds(),
        )

    @property
    def slice(self) -> SliceLimit:
        """The most work that is run at once."""
        return SliceLimit(
            rows=self.slice_rows, size=self.slice_bytes, seconds=self.slice_time.total_seconds()
        )


def _is_model(text: str) -> bool:
    """Whether a model may be called by this text: `name` or `name@version`."""
    try:
        ModelRef.parse(text)
    except VersionMissing:
        return True
    except ModelNotFound:
        return False
    return True
