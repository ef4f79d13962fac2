import hashlib
import hmac

from typing_extensions import override

from augury.application.people.ports.credentials import PasswordHasher


class MemoryPasswords(PasswordHasher):
    """Fast hashes without salt, for tests only: they protect no real password."""

    @override
    async def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode("utf-8", "surrogatepass")).hexdigest()

    @override
    async def verify(self, password: str, password_hash: str | None) -> bool:
        return hmac.compare_digest(await self.hash(password), password_hash or "")
