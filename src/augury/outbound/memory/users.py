from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from augury.application.people.ports.users import NewUser, Secret, Users
from augury.domain.audit import Act
from augury.domain.balance import Balance
from augury.domain.email_address import EmailTaken
from augury.domain.identifiers import UserId
from augury.domain.user import Role, User, UserNotFound
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.record import move
from augury.outbound.memory.records import UserRecord


@dataclass(frozen=True, slots=True)
class MemoryUsers(Users):
    memory: Memory

    @override
    async def add(self, new: NewUser, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            if any(record.user.email == new.user.email for record in state.users.values()):
                raise EmailTaken
            add_user(state, new, self.memory.now())
            note(state, self.memory.now(), act)

    @override
    async def add_guest(self, new: NewUser, *, most_per_day: int) -> User | None:
        today = self.memory.now().date()
        async with self.memory.change() as state:
            guests = [record for record in state.users.values() if record.user.role is Role.GUEST]
            for guest in guests:
                if guest.guest_key == new.guest_key:
                    return guest.user
            if sum(guest.user.created_at.date() == today for guest in guests) >= most_per_day:
                return None
            add_user(state, new, self.memory.now())
        return new.user

    @override
    async def guest(self, guest_key: bytes) -> User | None:
        for record in self.memory.state.users.values():
            if record.guest_key == guest_key:
                return record.user
        return None

    @override
    async def get(self, user_id: UserId) -> User:
        return _record(self.memory.state, user_id).user

    @override
    async def by_email(self, email: str) -> Secret | None:
        for record in self.memory.state.users.values():
            if record.user.email == email and record.password_hash is not None:
                return Secret(record.user, record.password_hash)
        return None

    @override
    async def secret(self, user_id: UserId) -> Secret:
        record = _record(self.memory.state, user_id)
        if record.password_hash is None:
            raise UserNotFound
        return Secret(record.user, record.password_hash)

    @override
    async def page(self, *, limit: int, before: UserId | None = None) -> Sequence[User]:
        users = [
            record.user
            for record in self.memory.state.users.values()
            if record.user.role is not Role.GUEST
            and record.user.closed_at is None
            and (before is None or record.user.id < before)
        ]
        return sorted(users, key=lambda user: user.id, reverse=True)[:limit]

    @override
    async def with_email(self, prefix: str, *, limit: int, after: str | None = None) -> Sequence[User]:
        found = {
            record.user.email: record.user
            for record in self.memory.state.users.values()
            if record.user.email is not None and record.user.email.startswith(prefix)
        }
        return [found[email] for email in sorted(found) if after is None or email > after][:limit]

    @override
    async def change_password(
        self, user_id: UserId, password_hash: str, *, end_api_keys: bool = False, act: Act | None = None
    ) -> None:
        async with self.memory.change() as state:
            note(state, self.memory.now(), act)
            record = _record(state, user_id)
            user = replace(record.user, access_version=record.user.access_version + 1)
            state.users[user_id] = replace(record, user=user, password_hash=password_hash)
            end_sessions(state, user_id)
            state.links = {
                name: link
                for name, link in state.links.items()
                if link.user_id != user_id or link.chat_id is not None
            }
            if end_api_keys:
                state.api_keys = {
                    digest: key for digest, key in state.api_keys.items() if key.user_id != user_id
                }

    @override
    async def change_role(self, user: User, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            note(state, self.memory.now(), act)
            record = _record(state, user.id)
            state.users[user.id] = replace(record, user=replace(record.user, role=user.role))

    @override
    async def change_access(self, user: User, *, act: Act | None = None) -> None:
        async with self.memory.change() as state:
            note(state, self.memory.now(), act)
            record = _record(state, user.id)
            state.users[user.id] = replace(record, user=replace(record.user, blocked_at=user.blocked_at))
            if user.blocked_at:
                end_sessions(state, user.id)


def add_user(state: State, new: NewUser, now: datetime) -> None:
    state.users[new.user.id] = UserRecord(
        user=new.user, password_hash=new.password_hash, guest_key=new.guest_key
    )
    state.balances[new.user.id] = Balance(new.user.id)
    if new.grant:
        move(state, [new.grant], now)


def end_sessions(state: State, user_id: UserId) -> None:
    for digest in [each for each, token in state.refresh_tokens.items() if token.user_id == user_id]:
        del state.refresh_tokens[digest]


def _record(state: State, user_id: UserId) -> UserRecord:
    record = state.users.get(user_id)
    if record is None or record.user.closed_at is not None:
        raise UserNotFound
    return record
