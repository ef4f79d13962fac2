"""The comparison for a worker's drain: FastStream alone, on a quorum queue of small messages.

`python -m tests.bench.bare_consumer URL MESSAGES` publishes them, consumes them, prints messages per second.
"""

import asyncio
import sys
import time
from uuid import uuid4

import msgspec
import uvloop
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

QUEUE = RabbitQueue("bench", queue_type=QueueType.QUORUM, durable=True)


async def main(url: str, messages: int) -> None:
    async with RabbitBroker(url, logger=None) as publisher:
        await publisher.declare_queue(QUEUE)
        body = msgspec.json.encode({"prediction_ids": [uuid4()], "attempt": 1})
        for start in range(0, messages, 500):
            await asyncio.gather(
                *(publisher.publish(body, QUEUE, persist=True) for _ in range(min(500, messages - start)))
            )
    seen, done = 0, asyncio.Event()
    broker = RabbitBroker(url, default_channel=Channel(prefetch_count=64), apply_types=False, logger=None)

    async def decode(message: RabbitMessage) -> object:
        return msgspec.json.decode(message.body)

    @broker.subscriber(QUEUE, decoder=decode)
    async def consume(_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == messages:
            done.set()

    began = time.perf_counter()
    await broker.start()
    await done.wait()
    print(messages / (time.perf_counter() - began))
    await broker.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
