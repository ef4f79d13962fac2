from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from augury.application.operation.ports import Filters
from augury.domain.audit import Act, Action, Author
from augury.domain.identifiers import ModelFileId, UserId, uuid7
from augury.domain.model import ModelRef
from augury.domain.model_upload import ModelUpload, UploadTerms
from augury.domain.promo_code import PromoCode, PromoCodeNotFound, PromoCodeTaken
from augury.domain.user import Role, User, UserNotFound
from tests.adapters import Adapters, an_api_key
from tests.hexagon import a_model

ROOT = Author(system_user="root", request_id="run-1")


def an_act(author: Author = ROOT, *, action: Action = Action.BLOCK, user_id: UserId | None = None) -> Act:
    return Act(
        author=author,
        action=action,
        subject=f"user:{user_id}",
        user_id=user_id,
        before={"blocked_at": None, "share": 0.5},
        after={"blocked_at": "2026-01-01", "credits": 7, "really": True},
    )


async def acts(adapters: Adapters) -> list[Act]:
    return [each.act for each in (await adapters.audit_log.page(limit=100)).items]


async def test_an_entry_is_read_as_it_was_added(adapters: Adapters) -> None:
    admin, user_id = UserId(uuid7()), UserId(uuid7())
    added = [an_act(user_id=user_id), an_act(Author(user_id=admin, request_id="r"), action=Action.UNBLOCK)]
    for each in added:
        await adapters.audit_log.add(each)

    newest, oldest = (await adapters.audit_log.page(limit=10)).items

    assert [oldest.act, newest.act] == added
    assert oldest.id < newest.id
    assert abs(newest.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert (oldest.act.author.actor, newest.act.author.actor) == ("root", str(admin))


async def test_the_log_is_filtered_and_comes_in_pages(adapters: Adapters) -> None:
    admin = Author(user_id=UserId(uuid7()), request_id="r")
    ada, bob = await adapters.user(), await adapters.user()
    for author in (ROOT, admin):
        for user_id in (ada, bob):
            for action in (Action.BLOCK, Action.UNBLOCK):
                await adapters.audit_log.add(an_act(author, action=action, user_id=user_id))

    async def found(**wanted: Any) -> list[Act]:
        page = await adapters.audit_log.page(limit=100, filters=replace(Filters(), **wanted))
        assert page.more is None
        return [each.act for each in page.items]

    everything = await found()
    assert len(everything) == 8
    assert await found(actor="root") == [each for each in everything if each.author == ROOT]
    assert await found(user_id=ada) == [each for each in everything if each.user_id == ada]
    assert await found(subject=f"user:{bob}") == [each for each in everything if each.user_id == bob]
    assert await found(action="user.block", actor="root", user_id=ada) == [an_act(user_id=ada)]
    assert await found(actor="nobody", action="user.block") == []
    assert await found(subject="\x00") == []

    first = await adapters.audit_log.page(limit=5)
    rest = await adapters.audit_log.page(limit=5, before=first.more)
    assert [each.act for each in (*first.items, *rest.items)] == everything
    assert rest.more is None


async def test_old_entries_are_purged(adapters: Adapters) -> None:
    await adapters.audit_log.add(an_act())
    await adapters.pass_time(timedelta(days=3))
    await adapters.audit_log.add(an_act(action=Action.UNBLOCK))

    assert await adapters.audit_log.purge(keep=timedelta(days=4)) == 0
    assert await adapters.audit_log.purge(keep=timedelta(days=2)) == 1
    assert [each.action for each in await acts(adapters)] == [Action.UNBLOCK]


async def test_an_act_in_the_books_is_recorded_with_them_or_not_at_all(adapters: Adapters) -> None:
    async with adapters.books() as books:
        await books.note(an_act())
        await books.note(None)
    with suppress(ZeroDivisionError):
        async with adapters.books() as books:
            await books.note(an_act(action=Action.UNBLOCK))
            raise ZeroDivisionError

    assert await acts(adapters) == [an_act()]


async def block(adapters: Adapters, user_id: UserId) -> None:
    user = User(id=user_id, role=Role.ADMIN, email=None, created_at=datetime.now(UTC))
    await adapters.users.change_access(user, act=an_act())


async def change_role(adapters: Adapters, user_id: UserId) -> None:
    user = User(id=user_id, role=Role.ADMIN, email=None, created_at=datetime.now(UTC))
    await adapters.users.change_role(user, act=an_act())


async def change_password(adapters: Adapters, user_id: UserId) -> None:
    await adapters.users.change_password(user_id, "hash", act=an_act())


@pytest.mark.parametrize("change", [block, change_role, change_password])
async def test_a_change_of_a_user_is_recorded_if_it_happens(
    adapters: Adapters, change: Callable[[Adapters, UserId], Awaitable[None]]
) -> None:
    with pytest.raises(UserNotFound):
        await change(adapters, UserId(uuid7()))
    assert await acts(adapters) == []

    await change(adapters, await adapters.user())

    assert await acts(adapters) == [an_act()]


async def test_a_change_of_anything_else_is_recorded_if_it_happens(adapters: Adapters) -> None:
    user_id, now, file_id = await adapters.user(), datetime.now(UTC), ModelFileId(uuid7())
    code = PromoCode(code="SPRING", credits=1, most=1, created_at=now)
    key = an_api_key(user_id)
    await adapters.api_keys.add(key, b"digest", most=1)
    upload = ModelUpload(
        ref=ModelRef("churn", 1), file_id=file_id, sha256="0", size=1, terms=UploadTerms(), created_at=now
    )
    model = a_model("other")
    act = an_act()

    await adapters.promo_codes.add(code, act=act)
    with pytest.raises(PromoCodeTaken):
        await adapters.promo_codes.add(code, act=act)
    await adapters.promo_codes.change(code, act=act)
    with pytest.raises(PromoCodeNotFound):
        await adapters.promo_codes.change(replace(code, code="OTHER"), act=act)
    assert await adapters.api_keys.remove(user_id, key.id, act=act)
    assert not await adapters.api_keys.remove(user_id, key.id, act=act)
    await adapters.model_uploads.add(upload, act=act)
    await adapters.models.add(model, act=act)
    changed = await adapters.models.change(
        model.ref,
        lambda found: replace(found, row_price=9),
        act=lambda before, after: replace(act, before={"p": before.row_price}, after={"p": after.row_price}),
    )
    await adapters.bulk_lane.set_weight(user_id, 2, act=act)

    assert changed.row_price == 9
    recorded = await acts(adapters)
    assert len(recorded) == 7
    assert replace(act, before={"p": 1}, after={"p": 9}) in recorded
