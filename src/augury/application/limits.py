"""What the application allows, each with its name in the settings (`AUGURY_…`) and its default."""

from dataclasses import dataclass
from datetime import timedelta

from augury.domain.balance import MOST_CREDITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    default_model: str = "tone"
    """The model of a request that names none."""
    max_rows: int = 10_000
    """Rows in one prediction."""
    max_pending: int = 1_000
    """Predictions of one user that are not final yet."""
    max_waiting: int = 100_000
    """Predictions of everyone that are not final yet."""
    max_expires_in: timedelta = timedelta(days=7)
    """The longest that a prediction may ask to wait for its start; without asking it waits as long."""
    guest_credits: int = 5
    """What a guest may spend in a day; 0 turns guests off."""
    guests_per_day: int = 10_000
    welcome_credits: int = 0
    """Granted to whoever registers by e-mail: nothing, since the address is not verified."""
    telegram_welcome_credits: int = 10
    """Granted once to each Telegram identity, behind which there is a telephone number."""
    registrations_per_hour: int = 20
    """From one address."""
    sign_ins_per_minute: int = 10
    """From one address, and to one account."""
    redeems_per_minute: int = 10
    """Promo codes that one user, or one address, may try."""
    api_keys: int = 20
    """Of one user."""
    identity_cache: timedelta = timedelta(seconds=10)
    """How long an account or an API key is believed to be live without asking again: what another process
    closed, blocked or deleted meanwhile, and a key that expires, is noticed that late. 0 asks every time."""
    refresh_lifetime: timedelta = timedelta(days=30)
    refresh_grace: timedelta = timedelta(seconds=10)
    """How long a refresh token that was replaced still works: a lost answer must not sign anyone out."""
    lease: timedelta = timedelta(seconds=30)
    """How long a worker may be silent before its predictions are given to another; renewed by thirds."""
    predict_timeout: timedelta = timedelta(minutes=5)
    """How long a batch may take; then its worker ends, since a thread cannot be stopped."""
    max_batch_rows: int = 20_000
    """Rows that one batch claims, beyond its first prediction."""
    max_batch_bytes: int = 50_000_000
    """Bytes of input that one batch claims, beyond its first prediction: a worker holds two batches at most,
    and decoded they are many times larger."""
    sweep_every: timedelta = timedelta(seconds=10)
    """How often predictions are looked for whose worker fell silent, or whose message was lost."""
    sweep_batch: int = 1_000
    """Predictions that one sweep repairs."""

    def __post_init__(self) -> None:
        if min(self.max_rows, self.max_batch_rows, self.max_batch_bytes, self.sweep_batch) < 1:
            raise ValueError("max_rows, max_batch_rows, max_batch_bytes and sweep_batch must be 1 at least")
        if max(self.guest_credits, self.welcome_credits, self.telegram_welcome_credits) > MOST_CREDITS:
            raise ValueError(
                f"guest_credits, welcome_credits and telegram_welcome_credits must be {MOST_CREDITS} at most"
            )
        if self.lease < timedelta(seconds=1) or self.predict_timeout < timedelta(seconds=1):
            raise ValueError("lease and predict_timeout must be a second at least")
        if self.sweep_every < timedelta(milliseconds=1):
            raise ValueError("sweep_every must be 0.001 seconds at least")

    @property
    def longest_abandoned(self) -> timedelta:
        """How long a lease may be over until a worker must have taken up what was under it: two sweeps."""
        return 2 * self.sweep_every
