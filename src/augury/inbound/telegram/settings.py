import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from augury.domain.transfer import MOST_CREDITS

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True)
class Package:
    """Credits on sale, and their price in Telegram Stars."""

    credits: int
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """The bot's settings and their defaults."""

    token: str = field(default="", repr=False)
    """The bot's token from @BotFather. Without it there is no bot."""
    api_url: str = "https://api.telegram.org"
    """The Bot API server."""
    webhook_url: str = ""
    """The https URL to which Telegram delivers updates. Not set: the bot polls."""
    webhook_secret: str = field(default="", repr=False)
    """The secret that Telegram must send with each update. Not set: one derived from the token."""
    webhook_host: str = "127.0.0.1"
    """The address on which the bot listens for requests to `webhook_url`."""
    webhook_port: int = 8002
    """The port of `webhook_host`."""
    poll_timeout: timedelta = timedelta(seconds=25)
    """How long a poll waits for an update."""
    request_timeout: timedelta = timedelta(seconds=20)
    """How long Telegram may take to answer."""
    messages_per_minute: int = 30
    """Messages that one person may send. A person who sends more gets one notice, and further messages of
    that minute are ignored. 0: no limit."""
    max_file_bytes: int = 20_971_520
    """The largest CSV file. Telegram gives bots files of up to 20 MB."""
    max_result_bytes: int = 50_000_000
    """The largest file of results that is sent to a chat. Telegram accepts up to 50 MB from bots."""
    files_at_once: int = 2
    """CSV files that are read at the same time, and result files that are written at the same time. Others
    wait. The files being read are in the temporary folder."""
    packages: str = "100:50,500:225,2000:800"
    """What can be bought, as credits:stars."""
    support: str = ""
    """The contact for questions about payments, such as @somebody."""

    def __post_init__(self) -> None:
        if self.token and not _TOKEN.fullmatch(self.token):
            raise ValueError("token must be digits, a colon and letters, as @BotFather gives it")
        if urlsplit(self.api_url).scheme not in ("http", "https"):
            raise ValueError("api_url must begin with https:// or http://")
        if self.webhook_secret and not _SECRET.fullmatch(self.webhook_secret):
            raise ValueError("webhook_secret must have 1 to 256 characters out of A-Z, a-z, 0-9, _ and -")
        if self.webhook_url and not urlsplit(self.webhook_url).scheme == "https":
            raise ValueError("webhook_url must begin with https://")
        if self.request_timeout < timedelta(seconds=1):
            raise ValueError("request_timeout must be at least 1 second")
        if self.files_at_once < 1:
            raise ValueError("files_at_once must be at least 1")
        if self.webhook_port > 65535:
            raise ValueError("webhook_port must be at most 65535")
        if not all(0 < each.credits <= MOST_CREDITS and 0 < each.stars < 2**31 for each in self.on_sale):
            raise ValueError(f"packages must have 1 to {MOST_CREDITS} credits and 1 to {2**31 - 1} stars")

    @property
    def on_sale(self) -> tuple[Package, ...]:
        pairs = [part.split(":") for part in self.packages.split(",") if part.strip()]
        try:
            return tuple(Package(*map(int, pair)) for pair in pairs)
        except (ValueError, TypeError) as error:
            raise ValueError("packages must be credits:stars, such as 100:50,500:225") from error

    @property
    def webhook_path(self) -> str:
        return urlsplit(self.webhook_url).path or "/"

    @property
    def secret(self) -> str:
        """The value that the webhook expects in its secret header."""
        return self.webhook_secret or hmac.new(self.token.encode(), b"webhook", hashlib.sha256).hexdigest()
