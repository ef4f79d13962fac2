"""What is kept is kept longer than others need it."""

from augury.application.limits import Limits
from augury.application.models import chart_versions, compare_versions
from augury.application.operation import look_over
from augury.domain import retention


def test_changes_are_kept_longer_than_a_stream_can_be_resumed() -> None:
    assert retention.FREE_CHANGES > retention.RESUMABLE


def test_counts_of_versions_are_kept_longer_than_they_are_shown() -> None:
    minutes = retention.VERSION_COUNTS.total_seconds() / 60
    assert minutes > compare_versions.MOST_MINUTES
    assert all(period < retention.VERSION_COUNTS for period, _ in chart_versions.STEPS.values())


def test_figures_are_kept_longer_than_they_are_shown() -> None:
    assert {step for step, _ in look_over.STEPS.values()} == set(retention.FIGURES)
    assert all(points * step.length < retention.FIGURES[step] for step, points in look_over.STEPS.values())


def test_a_chats_replies_are_kept_longer_than_its_work_waits() -> None:
    waits = Limits().max_expires_in
    assert waits < retention.REPLIES
    assert waits + retention.REPLIES < retention.BATCH_REPLIES
