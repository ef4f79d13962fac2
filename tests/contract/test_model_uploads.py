"""Model files that are sent to the service: their pieces, and whose turn it is to check them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from augury.application.ports import Conflict
from augury.domain.answer_meaning import ReadAs
from augury.domain.identifiers import ModelFileId, uuid7
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_upload import CheckStage, ModelUpload, UploadTerms
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from tests.adapters import Adapters
from tests.hexagon import a_model

REFUSAL = Reason.of(
    ReasonCode.METADATA_UNFIT, [Reason.of(ReasonCode.NO_SUCH_FEATURE, name="возраст")], name="augury"
)

LEASE = timedelta(seconds=30)
SHA256 = "a" * 64


def an_upload(
    version: int = 1, *, name: str = "churn", sha256: str = SHA256, terms: UploadTerms | None = None
) -> ModelUpload:
    return ModelUpload(
        ref=ModelRef(name, version),
        file_id=ModelFileId(uuid7()),
        sha256=sha256,
        size=7,
        terms=terms or UploadTerms(),
        created_at=datetime.now(UTC),
    )


async def test_a_file_is_read_piece_by_piece_once_it_is_whole(empty: Adapters) -> None:
    file_id = ModelFileId(uuid7())
    await empty.model_files.begin(file_id)
    for number, content in ((1, b"wor"), (0, b"hello "), (1, b"world")):
        await empty.model_files.put(file_id, number, content)
    assert await empty.model_files.find(SHA256) is None

    await empty.model_files.whole(file_id, sha256=SHA256, size=11)

    assert await empty.model_files.find(SHA256) == file_id
    pieces = [await empty.model_files.piece(file_id, number) for number in range(3)]
    assert pieces == [b"hello ", b"world", b""]


async def test_a_deleted_file_has_no_pieces(empty: Adapters) -> None:
    file_id = ModelFileId(uuid7())
    await empty.model_files.begin(file_id)
    for number in range(150):  # more than one statement deletes
        await empty.model_files.put(file_id, number, b"piece")
    await empty.model_files.whole(file_id, sha256=SHA256, size=750)

    await empty.model_files.delete(file_id)

    assert await empty.model_files.find(SHA256) is None
    assert await empty.model_files.piece(file_id, 149) == b""


async def test_files_are_unneeded_without_a_model_or_a_check_and_when_they_stay_in_parts(
    empty: Adapters,
) -> None:
    served, checked, refused, parts = (ModelFileId(uuid7()) for _ in range(4))
    for file_id in (served, checked, refused, parts):
        await empty.model_files.begin(file_id)
    for file_id, sha256 in ((served, "b" * 64), (checked, "c" * 64), (refused, "d" * 64)):
        await empty.model_files.whole(file_id, sha256=sha256, size=7)
    await empty.models.add(replace(a_model("churn", 1), sha256="b" * 64))
    await empty.model_uploads.add(an_upload(2, sha256="c" * 64))
    assert await empty.model_files.unneeded(limit=10) == []

    await empty.pass_time(timedelta(hours=2))
    assert await empty.model_files.unneeded(limit=10) == [refused]

    await empty.pass_time(timedelta(days=1))
    assert set(await empty.model_files.unneeded(limit=10)) == {refused, parts}
    assert len(await empty.model_files.unneeded(limit=1)) == 1


async def test_a_file_that_took_hours_to_arrive_is_kept_until_its_upload_is_added(empty: Adapters) -> None:
    file_id = ModelFileId(uuid7())
    await empty.model_files.begin(file_id)
    await empty.pass_time(timedelta(hours=2))
    await empty.model_files.whole(file_id, sha256=SHA256, size=7)

    assert await empty.model_files.unneeded(limit=10) == []


async def test_an_upload_comes_back_as_it_was_added(empty: Adapters) -> None:
    terms = UploadTerms(row_price=3, text_price=0, activate=False, read_as=ReadAs.EXPONENT)
    upload = an_upload(terms=terms)

    await empty.model_uploads.add(upload)

    assert await empty.model_uploads.get(upload.ref) == upload
    assert await empty.model_uploads.checking("churn", SHA256) == upload
    assert await empty.model_uploads.checking("churn", "b" * 64) is None
    assert await empty.model_uploads.get(ModelRef("churn", 2)) is None
    assert await empty.model_uploads.get(ModelRef("a\x00b", 2)) is None


async def test_a_version_has_one_file_whoever_is_first(empty: Adapters) -> None:
    await empty.models.add(a_model("churn", 1))
    await empty.model_uploads.add(an_upload(2))
    assert await empty.models.last_version("churn") == 2

    for version in (1, 2):
        with pytest.raises(Conflict):
            await empty.model_uploads.add(an_upload(version, sha256="b" * 64))
    with pytest.raises(Conflict):
        await empty.models.add(replace(a_model("churn", 2), sha256="b" * 64))
    await empty.models.add(replace(a_model("churn", 2), sha256=SHA256))

    assert await empty.models.last_version("churn") == 2
    assert await empty.models.last_version("nobody") == 0


async def test_a_name_has_each_file_once(empty: Adapters) -> None:
    await empty.models.add(replace(a_model("churn", 1, active=False), sha256="b" * 64))
    await empty.model_uploads.add(an_upload(2))

    for version, sha256 in ((3, SHA256), (3, "b" * 64)):
        with pytest.raises(Conflict):
            await empty.model_uploads.add(an_upload(version, sha256=sha256))
    await empty.model_uploads.add(an_upload(name="tone-of-voice"))
    checked = await empty.model_uploads.take(lease=LEASE)
    assert checked is not None
    await empty.model_uploads.record(checked.refuse(REFUSAL))

    await empty.model_uploads.add(an_upload(3))  # a refused file may be sent again

    assert await empty.models.last_version("churn") == 3


async def test_each_upload_is_taken_by_one_worker_the_oldest_first(empty: Adapters) -> None:
    for version in (1, 2):
        await empty.model_uploads.add(an_upload(version, sha256=str(version) * 64))
        await empty.pass_time(timedelta(seconds=1))

    taken = await asyncio.gather(*(empty.model_uploads.take(lease=LEASE) for _ in range(3)))

    assert sorted(each.ref.version for each in taken if each) == [1, 2]
    assert taken.count(None) == 1
    assert all(each.attempts == 1 for each in taken if each)


async def test_an_upload_whose_worker_is_gone_is_taken_again_and_the_old_one_can_change_nothing(
    empty: Adapters,
) -> None:
    await empty.model_uploads.add(an_upload())
    gone = await empty.model_uploads.take(lease=LEASE)
    assert gone is not None
    assert await empty.model_uploads.keep(gone, CheckStage.OPENING, lease=LEASE)
    assert await empty.model_uploads.take(lease=LEASE) is None
    await empty.pass_time(2 * LEASE)

    taken = await empty.model_uploads.take(lease=LEASE)

    assert taken is not None
    assert (taken.attempts, taken.stage) == (2, CheckStage.WAITING)
    assert not await empty.model_uploads.keep(gone, CheckStage.COPYING, lease=LEASE)
    assert not await empty.model_uploads.record(gone.refuse(Reason.of(ReasonCode.EMPTY)))
    await empty.model_uploads.hand_back(gone, pause=timedelta(0))
    assert await empty.model_uploads.get(taken.ref) == taken


async def test_what_is_handed_back_waits_and_its_attempt_does_not_count(empty: Adapters) -> None:
    await empty.model_uploads.add(an_upload())
    taken = await empty.model_uploads.take(lease=LEASE)
    assert taken is not None

    await empty.model_uploads.hand_back(taken, pause=timedelta(seconds=10))

    assert await empty.model_uploads.take(lease=LEASE) is None
    await empty.pass_time(timedelta(seconds=11))
    again = await empty.model_uploads.take(lease=LEASE)
    assert again is not None
    assert again.attempts == 1


async def test_a_refusal_is_kept_for_a_while_and_what_is_ready_is_not_listed(empty: Adapters) -> None:
    for version in (1, 2):
        await empty.model_uploads.add(an_upload(version, sha256=str(version) * 64))
        taken = await empty.model_uploads.take(lease=LEASE)
        assert taken is not None
        done = taken.refuse(REFUSAL) if version == 1 else taken.accept(Reason.of(ReasonCode.UNKNOWN_LOSS))
        assert await empty.model_uploads.record(done)
        assert await empty.model_uploads.get(taken.ref) == done

    assert [(each.state, each.reason) for each in await empty.model_uploads.all()] == [
        (ModelState.REFUSED, REFUSAL)
    ]
    await empty.model_uploads.forget_refused(keep=timedelta(days=7))
    assert len(await empty.model_uploads.all()) == 1
    await empty.pass_time(timedelta(days=8))
    await empty.model_uploads.forget_refused(keep=timedelta(days=7))
    assert await empty.model_uploads.all() == []
    assert await empty.model_uploads.get(ModelRef("churn", 2)) is not None


async def test_several_uploads_are_read_at_once(empty: Adapters) -> None:
    one, other, third = an_upload(1), an_upload(2, sha256="b" * 64), an_upload(1, name="tone-of-voice")
    for each in (one, other, third):
        await empty.model_uploads.add(each)

    found = await empty.model_uploads.several([third.ref, ModelRef("churn", 3), one.ref])

    assert sorted(found, key=lambda each: each.ref.name) == [one, third]
    assert not await empty.model_uploads.several([])
