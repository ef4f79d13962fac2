import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from augury.domain.identifiers import DeliveryId, UserId, WebhookId, uuid7
from augury.domain.webhook import (
    MOST_SIGNING,
    PATIENCE,
    SUBSCRIBABLE,
    DisabledWhy,
    EventType,
    InvalidWebhook,
    Webhook,
)
from augury.domain.webhook_address import require_callable, target_of
from augury.domain.webhook_signature import WebhookSecrets
from augury.domain.webhook_try import JITTER, MOST_RETRY_AFTER, MOST_TRIES, PAUSE, WAITS, TryError, TryResult

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FAILED = TryResult(status_code=500)
OK = TryResult(status_code=200)
HOOK = Webhook(
    id=WebhookId(uuid7()),
    user_id=UserId(uuid7()),
    url="https://example.com",
    events=SUBSCRIBABLE,
    balance_below=10,
    created_at=NOW,
)
SECRETS = WebhookSecrets("k" * 32)


def test_a_failed_delivery_is_tried_ten_times_over_three_days() -> None:
    waits = [FAILED.wait(tries, jitter=0) for tries in range(1, MOST_TRIES + 1)]

    assert waits == [*WAITS, None]
    assert [wait.total_seconds() for wait in WAITS] == [
        *(5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    ]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 500, 503])
def test_only_2xx_is_a_success(status: int) -> None:
    assert TryResult(status_code=status).wait(1, jitter=0) == WAITS[0]
    assert TryResult(status_code=204).wait(1, jitter=0) is None


def test_jitter_only_makes_a_wait_longer() -> None:
    assert FAILED.wait(2, jitter=0.5) == WAITS[1] * (1 + JITTER / 2)
    assert FAILED.wait(2, jitter=1) == WAITS[1] * (1 + JITTER)


def test_a_receiver_that_says_when_is_obeyed_within_bounds() -> None:
    def asked(seconds: float, status: int = 503) -> TryResult:
        return TryResult(status_code=status, retry_after=timedelta(seconds=seconds))

    assert asked(100).wait(1, jitter=0) == timedelta(seconds=100)
    assert asked(100).wait(3, jitter=0) == WAITS[2]
    assert asked(10**9).wait(1, jitter=0) == MOST_RETRY_AFTER
    assert asked(100).pause == timedelta(seconds=100)
    assert TryResult(status_code=200, retry_after=SECOND).pause is None


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_overloaded_receiver_gets_a_pause(status: int) -> None:
    assert TryResult(status_code=status).pause == PAUSE
    assert TryResult(status_code=status).wait(1, jitter=0) == PAUSE
    assert TryResult(error=TryError.TIMED_OUT).pause is None


def test_a_receiver_that_is_gone_is_not_tried_again() -> None:
    gone = TryResult(status_code=410)

    assert gone.wait(1, jitter=0) is None
    assert HOOK.after(gone, at=NOW).disabled_why is DisabledWhy.GONE


def test_a_webhook_is_disabled_after_five_days_of_failure() -> None:
    failing = HOOK.after(FAILED, at=NOW)
    assert failing.failing_since == NOW

    assert failing.after(FAILED, at=NOW + PATIENCE - SECOND).is_enabled
    assert failing.after(FAILED, at=NOW + PATIENCE).disabled_why is DisabledWhy.FAILING
    mended = failing.after(OK, at=NOW + PATIENCE - SECOND)
    assert mended.failing_since is None
    assert mended.after(FAILED, at=NOW + PATIENCE).is_enabled


def test_an_enabled_webhook_starts_anew() -> None:
    disabled = HOOK.after(FAILED, at=NOW).disable(DisabledWhy.FAILING, at=NOW)

    assert disabled.disable(DisabledWhy.BY_OWNER, at=NOW + SECOND) == disabled
    assert disabled.enable() == HOOK
    assert not disabled.wants(EventType.TEST)


def test_a_webhook_wants_what_it_asked_for_and_a_test() -> None:
    hook = replace(HOOK, events=()).wanting(["payment.received", EventType.BATCH_FINISHED])  # type: ignore[list-item]  # text equals its member

    assert hook.events == (EventType.BATCH_FINISHED, EventType.PAYMENT_RECEIVED)
    assert hook.wants(EventType.TEST)
    assert not hook.wants(EventType.PREDICTION_FINISHED)


def test_a_low_balance_needs_a_threshold_and_a_webhook_an_event() -> None:
    for wrong in (replace(HOOK, balance_below=None), replace(HOOK, events=())):
        with pytest.raises(InvalidWebhook):
            wrong.checked()
    assert HOOK.checked() == HOOK


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [(10, 9, True), (100, 0, True), (9, 8, False), (11, 10, False), (9, 10, False), (8, 12, False)],
)
def test_a_threshold_is_crossed_downwards(before: int, after: int, *, crossed: bool) -> None:
    assert HOOK.crossed(before, after) == crossed


def test_after_a_rotation_both_secrets_sign_for_a_while() -> None:
    overlap = timedelta(hours=24)
    rotated = HOOK.rotate(at=NOW, overlap=overlap)

    assert HOOK.generations(at=NOW, overlap=overlap) == (1,)
    assert rotated.generations(at=NOW + overlap - SECOND, overlap=overlap) == (2, 1)
    assert rotated.generations(at=NOW + overlap, overlap=overlap) == (2,)


def test_a_second_rotation_ends_no_secret_early() -> None:
    overlap = timedelta(hours=24)
    soon = NOW + SECOND
    twice = HOOK.rotate(at=NOW, overlap=overlap).rotate(at=soon, overlap=overlap)

    assert twice.generations(at=soon + overlap - SECOND, overlap=overlap) == (3, 2, 1)
    assert twice.generations(at=soon + overlap, overlap=overlap) == (3,)
    later = twice.rotate(at=soon + overlap, overlap=overlap)
    assert later.generations(at=soon + overlap, overlap=overlap) == (4, 3), "the others had ended"


def test_a_rotation_by_an_earlier_release_keeps_the_secret_before() -> None:
    """It increases the number, and knows nothing of `oldest_signing`."""
    overlap = timedelta(hours=24)
    by_old = replace(HOOK, generation=2, rotated_at=NOW)

    assert by_old.generations(at=NOW, overlap=overlap) == (2, 1)
    assert by_old.rotate(at=NOW, overlap=overlap).generations(at=NOW, overlap=overlap) == (3, 2, 1)
    stale = replace(HOOK.rotate(at=NOW, overlap=overlap), generation=3)
    assert set(stale.generations(at=NOW, overlap=overlap)) >= {3, 2}


def test_only_so_many_secrets_sign() -> None:
    overlap = timedelta(hours=24)
    often = HOOK
    for _ in range(20):
        often = often.rotate(at=NOW, overlap=overlap)

    assert often.generations(at=NOW, overlap=overlap) == tuple(range(21, 21 - MOST_SIGNING, -1))


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    """Attempts run in parallel, so their answers come in any order."""
    long, short = (
        TryResult(status_code=429, retry_after=timedelta(hours=1)),
        TryResult(status_code=502),
    )

    for first, second in ((long, short), (short, long)):
        assert HOOK.after(first, at=NOW).after(second, at=NOW).paused_until == NOW + timedelta(hours=1)


def test_the_reference_receiver_verifies_each_secret_that_signs() -> None:
    delivery, now, body = DeliveryId(uuid7()), datetime.now(UTC), b'{"type": "webhook.test"}'
    headers = {
        "webhook-id": str(delivery),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": SECRETS.signatures(HOOK.id, (2, 1), delivery, now, body),
    }

    for generation in (1, 2):
        Verifier(SECRETS.secret(HOOK.id, generation)).verify(body.decode(), headers)
    for stranger in (SECRETS.secret(HOOK.id, 3), WebhookSecrets("o" * 32).secret(HOOK.id, 1)):
        with pytest.raises(WebhookVerificationError):
            Verifier(stranger).verify(body.decode(), headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRETS.secret(HOOK.id, 1)).verify(body.decode() + " ", headers)


def test_each_webhook_has_its_own_secret() -> None:
    secrets = {SECRETS.secret(each, 1) for each in (HOOK.id, WebhookId(uuid7()))}

    assert len(secrets) == 2
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert "k" * 32 not in repr(SECRETS)
    with pytest.raises(ValueError):
        WebhookSecrets("short")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user:password@example.com/",
        "https://user@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com\\@inside/",
        "https://example.com/\n",
        "https://[::1",
        "https://a..b/",
        "https://exam%70le.com/",
        "https://" + "a" * 64 + ".com/",
        "https://example.com/" + "x" * 2_000,
        "javascript:alert(1)",
    ],
)
def test_an_impossible_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidWebhook):
        target_of(url)


def test_a_url_names_what_is_called() -> None:
    assert target_of("https://Example.COM/x?y=1").host == "example.com"
    assert target_of("https://example.com:8443").port == 8443
    assert target_of("https://пример.рф/").host == "xn--e1afmkfd.xn--p1ai"
    assert target_of("https://[2606:2800:220:1::1]:444/").host == "2606:2800:220:1::1"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::10.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
    ],
)
def test_an_address_that_is_not_public_is_not_called(address: str) -> None:
    target = target_of("https://example.com/")
    with pytest.raises(InvalidWebhook):
        require_callable(target, [address], ())
    with pytest.raises(InvalidWebhook):
        require_callable(target, ["93.184.216.34", address], ())


def test_public_addresses_are_called_over_https_only() -> None:
    public = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]

    require_callable(target_of("https://example.com/"), public, ())
    for url, addresses in (("http://example.com/", public), ("https://example.com/", [])):
        with pytest.raises(InvalidWebhook):
            require_callable(target_of(url), addresses, ())


def test_an_allowed_network_is_called_also_without_tls() -> None:
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))

    require_callable(target_of("http://inside/"), ["10.1.2.3", "fd00::7"], allowed)
    for addresses in (["10.2.0.1"], ["10.1.0.1", "93.184.216.34"], ["::ffff:10.1.0.1"]):
        with pytest.raises(InvalidWebhook):
            require_callable(target_of("http://inside/"), addresses, allowed)
    require_callable(target_of("https://inside/"), ["10.1.0.1", "93.184.216.34"], allowed)
