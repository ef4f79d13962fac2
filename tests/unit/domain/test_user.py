from datetime import UTC, datetime

import pytest

from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import NotAllowed, OwnRole, Role, User, UserNotFound

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_user(role: Role = Role.MEMBER) -> User:
    return User(id=UserId(uuid7()), role=role, email="ann@example.org", created_at=NOW)


def test_only_an_administrator_is_let_through_where_one_is_needed() -> None:
    a_user(Role.ADMIN).require_admin()

    for user in (a_user(), a_user(Role.GUEST), a_user(Role.ADMIN).close(at=NOW)):
        with pytest.raises(NotAllowed):
            user.require_admin()


def test_a_role_is_changed_by_somebody_else_or_by_the_operator_and_never_a_guest_s() -> None:
    user, guest = a_user(), a_user(Role.GUEST)

    assert user.with_role(Role.ADMIN, by=UserId(uuid7())).role is Role.ADMIN
    assert user.with_role(Role.ADMIN, by=None).role is Role.ADMIN
    with pytest.raises(OwnRole):
        user.with_role(Role.ADMIN, by=user.id)
    with pytest.raises(UserNotFound):
        guest.with_role(Role.ADMIN, by=None)


def test_a_closed_account_has_nothing_personal_left() -> None:
    closed = a_user().close(at=NOW)

    assert closed.email is None
    assert closed.closed_at == NOW
