from dataclasses import dataclass
from datetime import timedelta

from typing_extensions import override

from augury.application.ports import Upkeep
from augury.outbound.memory.memory import Memory

KEYS_LIVE = timedelta(hours=24)
"""How long an idempotency key is remembered."""
KEYS_OF_CHATS_LIVE = timedelta(days=9)
"""A chat's message may be handled again whenever its bot comes back: its key lives as long as its reply."""


@dataclass(frozen=True, slots=True)
class MemoryUpkeep(Upkeep):
    memory: Memory

    @override
    async def purge(self) -> int:
        now = self.memory.now()
        async with self.memory.change() as state:
            keys = [
                (user_id, key)
                for (user_id, key), each in state.idempotency_keys.items()
                if each.created_at + (KEYS_OF_CHATS_LIVE if key.startswith("telegram:") else KEYS_LIVE) <= now
            ]
            tokens = [digest for digest, each in state.refresh_tokens.items() if each.expires_at <= now]
            api_keys = [
                digest
                for digest, each in state.api_keys.items()
                if each.expires_at and each.expires_at <= now
            ]
            windows = [key for key, each in state.windows.items() if each.ends_at <= now]
            for key in keys:
                del state.idempotency_keys[key]
            for digest in tokens:
                del state.refresh_tokens[digest]
            for digest in api_keys:
                del state.api_keys[digest]
            for name in windows:
                del state.windows[name]
        return len(keys) + len(tokens) + len(api_keys) + len(windows)
