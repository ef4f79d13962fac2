"""The container's adapters for RabbitMQ."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, WithParents

from augury.bootstrap.topology import TOPOLOGY
from augury.outbound.rabbitmq.dead_letters import RabbitDeadLetters
from augury.outbound.rabbitmq.events import RabbitEvents
from augury.outbound.rabbitmq.prediction_queue import RabbitPredictionQueue
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings


def rabbit() -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.provide(_publisher)
    provider.provide_all(WithParents[RabbitPredictionQueue], WithParents[RabbitEvents])
    provider.provide(_dead_letters)
    return provider


def _dead_letters(settings: RabbitSettings) -> WithParents[RabbitDeadLetters]:
    return RabbitDeadLetters(settings, TOPOLOGY)


async def _publisher(settings: RabbitSettings) -> AsyncIterator[RabbitPublisher]:
    publisher = RabbitPublisher(settings, TOPOLOGY)
    await publisher.start()
    yield publisher
    await publisher.stop()
