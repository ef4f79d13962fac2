"""The dependency containers: one function per process. Each container is checked when it is made."""

import os

from dishka import (
    STRICT_VALIDATION,
    AsyncContainer,
    BaseScope,
    Provider,
    Scope,
    WithParents,
    make_async_container,
)

from augury.bootstrap import adapters
from augury.bootstrap.config import SettingError
from augury.bootstrap.postgres_adapters import postgres
from augury.bootstrap.use_cases import API, BATCHES, CHATS, DELIVERY, MODELS, REQUESTS, WORK, use_cases
from augury.outbound.system_clock import SystemClock


def api_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """The API: everything except running models."""
    return _container(
        settings, adapters.rabbit(), adapters.counters(), *_credentials(), use_cases(API), *overrides
    )


def worker_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """A worker: running models, settling predictions, and repairs."""
    return _container(
        settings, adapters.rabbit(), adapters.counters(), *_running_models(), use_cases(WORK), *overrides
    )


def up_container(*settings: object, broker: bool, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """API and worker in one process. Without a `broker`, the queue is also in the process.

    To add the bot, pass `telegram()` as an override.
    """
    queue = adapters.rabbit() if broker else adapters.in_process_queue()
    own = queue, adapters.counters(), *_credentials(), *_running_models(), adapters.sending()
    return _container(settings, *own, use_cases(API, WORK, MODELS, DELIVERY), *overrides)


def deliverer_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """The process that sends webhooks. It has neither a broker nor a web framework."""
    own = adapters.registry(), adapters.addresses(), adapters.sending()
    return _container(settings, *own, use_cases(DELIVERY), *overrides)


def bot_container(*settings: object, overrides: tuple[Provider, ...] = ()) -> AsyncContainer:
    """The Telegram bot: no model, no web framework."""
    own = adapters.rabbit(), adapters.counters(), telegram()
    return _container(settings, *own, use_cases(REQUESTS, BATCHES), *overrides)


def telegram(*, scope: BaseScope = Scope.APP) -> Provider:
    """The providers that the bot needs besides the use cases that it shares with the API."""
    from augury.inbound.telegram import lazy_types  # noqa: F401  # before aiogram
    from augury.inbound.telegram.batch_deliverer import BatchDeliverer
    from augury.inbound.telegram.bot import TelegramBot  # loads aiogram
    from augury.inbound.telegram.client import create_bot
    from augury.inbound.telegram.deliverer import Deliverer
    from augury.inbound.telegram.desk import Desk, flight_of, submit_of
    from augury.inbound.telegram.file_intake import FileIntake
    from augury.inbound.telegram.file_results import FileResults
    from augury.inbound.telegram.webhook_news import WebhookNews
    from augury.outbound.telegram_payments import TelegramPayments

    provider = use_cases(CHATS, scope=scope)
    provider.provide(create_bot)
    provider.provide(flight_of)
    provider.provide(submit_of)
    provider.provide_all(WithParents[TelegramPayments], TelegramBot, Deliverer, Desk, WebhookNews)
    provider.provide_all(BatchDeliverer, FileIntake, FileResults)
    return provider


def requested_faults() -> tuple[Provider, ...]:
    """The fault points that `AUGURY_FAULT` names. Raises `SettingError` if this build has none."""
    text = os.environ.get("AUGURY_FAULT")
    if not text:
        return ()
    try:
        from augury.bootstrap.faults import fault_points
    except ImportError as error:
        raise SettingError("AUGURY_FAULT: this build is for production and has no fault points") from error
    return fault_points(text)


def _credentials() -> tuple[Provider, ...]:
    return adapters.passwords(), adapters.access_tokens(), adapters.addresses()


def _running_models() -> tuple[Provider, ...]:
    return adapters.model_files(), adapters.model_inspector(), adapters.model_trainer(), adapters.predictor()


def _container(settings: tuple[object, ...], *providers: Provider) -> AsyncContainer:
    """A container of these providers, PostgreSQL, `SystemClock`, and each of the settings by its type."""
    own = Provider(scope=Scope.APP)
    own.provide(WithParents[SystemClock])
    for each in settings:
        own.from_context(provides=type(each))
    return make_async_container(
        own,
        postgres(),
        *providers,
        context={type(each): each for each in settings},
        validation_settings=STRICT_VALIDATION,
    )
