from dataclasses import dataclass
from uuid import uuid4

from augury.application.chats.ports.sign_ins import ChatSignIns
from augury.application.limits import Limits
from augury.application.people.tokens import digest, new_secret
from augury.domain.chat import SignInExpired


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishChatSignIn:
    """Begin the session that a chat has confirmed. Each request begins one session."""

    sign_ins: ChatSignIns
    limits: Limits

    async def __call__(self, *, code: str) -> str:
        """Returns the secret of the session. Raises `SignInExpired`, also before it is confirmed."""
        secret = new_secret()
        begun = await self.sign_ins.finish(
            digest(code), refresh=digest(secret), family=uuid4(), lifetime=self.limits.refresh_lifetime
        )
        if begun is None:
            raise SignInExpired
        return secret
