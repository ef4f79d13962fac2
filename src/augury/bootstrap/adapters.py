"""The adapters, in providers by technology.

A library that takes long to load, or is not in every image, is imported only when its provider is made.
"""

from collections.abc import Iterator

from dishka import Provider, Scope, WithParents

from augury.application.limits import Limits
from augury.application.models.ports.models import ModelStore
from augury.application.models.ports.uploads import ModelFiles
from augury.application.models.speeds import Speeds
from augury.application.operation.figures_tally import FiguresTally
from augury.application.webhooks.ports import Addresses
from augury.application.webhooks.settings import WebhookSettings
from augury.bootstrap.config import ProcessSettings
from augury.outbound.argon2_passwords import Argon2Passwords
from augury.outbound.memory.dead_letters import MemoryDeadLetters
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.model_store import FolderModelStore


def rabbit() -> Provider:
    from augury.bootstrap import broker  # loads FastStream

    return broker.rabbit()


def in_process_queue() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide_all(
        WithParents[MemoryPredictionQueue], WithParents[MemoryEvents], WithParents[MemoryDeadLetters]
    )
    return provider


def registry() -> Provider:
    """The registry of a process's metrics."""
    from prometheus_client import CollectorRegistry

    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: CollectorRegistry(auto_describe=True), provides=CollectorRegistry)
    return provider


def counters() -> Provider:
    """The counters of a process, and the registry that has them."""
    from prometheus_client import CollectorRegistry  # operators' commands count nothing

    from augury.outbound.prometheus_counters import PrometheusCounters

    def counted(registry: CollectorRegistry, figures: FiguresTally) -> WithParents[PrometheusCounters]:
        return PrometheusCounters(registry, figures)

    provider = registry()
    provider.provide(FiguresTally)
    provider.provide(counted)
    return provider


def passwords() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(WithParents[Argon2Passwords])
    return provider


def addresses() -> Provider:
    """Resolves the host names of webhooks."""
    from augury.outbound.dns_addresses import DnsAddresses

    def opened() -> Iterator[WithParents[DnsAddresses]]:
        made = DnsAddresses()
        yield made
        made.close()

    provider = Provider(scope=Scope.APP)
    provider.provide(opened)
    return provider


def sending() -> Provider:
    """Sends webhooks, and counts the attempts in a registry of the container."""
    from augury.inbound.deliverer.deliverer import WebhookDeliverer
    from augury.outbound.delivery_counters import PrometheusDeliveryCounters
    from augury.outbound.webhook_sender import HttpWebhookSender  # loads aiohttp

    def sender(addresses: Addresses, settings: WebhookSettings) -> WithParents[HttpWebhookSender]:
        return HttpWebhookSender(addresses, settings)

    provider = Provider(scope=Scope.APP)
    provider.provide(sender)
    provider.provide_all(WithParents[PrometheusDeliveryCounters], WebhookDeliverer)
    return provider


def access_tokens() -> Provider:
    from augury.outbound.jwt_tokens import JwtAccessTokens  # only the API needs tokens

    provider = Provider(scope=Scope.APP)
    provider.provide(WithParents[JwtAccessTokens])
    return provider


def model_files() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(_model_store)
    return provider


def _model_store(settings: ProcessSettings, sent: ModelFiles) -> WithParents[FolderModelStore]:
    return FolderModelStore(settings.model_files, sent)


def predictor() -> Provider:
    from augury.outbound.catboost.predictor import CatBoostPredictor, CatBoostSettings  # loads CatBoost

    def opened(
        store: ModelStore, settings: CatBoostSettings, limits: Limits, speeds: Speeds
    ) -> Iterator[WithParents[CatBoostPredictor]]:
        made = CatBoostPredictor(
            store, settings, limits.slice, speeds, max_text=limits.max_text, max_classes=limits.max_classes
        )
        yield made
        made.close()

    provider = Provider(scope=Scope.APP)
    provider.provide(opened)
    return provider


def model_inspector() -> Provider:
    from augury.outbound.catboost.inspector import CatBoostInspector, InspectorSettings

    def limited(settings: InspectorSettings) -> WithParents[CatBoostInspector]:
        return CatBoostInspector(settings)

    provider = Provider(scope=Scope.APP)
    provider.provide(limited)
    return provider


def model_trainer() -> Provider:
    from augury.outbound.process_trainer import ProcessTrainer, TrainerSettings

    def limited(settings: TrainerSettings) -> WithParents[ProcessTrainer]:
        return ProcessTrainer(settings, "augury.bootstrap.training_child")

    provider = Provider(scope=Scope.APP)
    provider.provide(limited)
    return provider
