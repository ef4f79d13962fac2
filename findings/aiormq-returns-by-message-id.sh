#!/usr/bin/env bash
# aiormq 7.2.4 (and so aio-pika 10.2.1): of two messages with the same `message_id` that are published at the same time,
# the wrong one fails. RabbitMQ returns a message that no queue takes, and confirms both. AMQP's `basic.return` has no
# delivery tag, so aiormq looks for the publish with this `message_id`, and keeps only the newest for each id. So the
# publish that reached no queue is confirmed, and the one that did is reported as undeliverable: a caller who trusts that
# loses the first message and sends the second twice. AMQP does not ask for unique ids, and an application's own id (of
# an order, say) often goes to several queues.
#
# It also happens to callers who set no id: `basic_publish` then writes a random one into the caller's `properties`,
# where it stays. Whoever prepares them once sends all messages with the first one's id.
#
# Seen with Python 3.11, and with RabbitMQ 3.10.8 in place of the few lines below:
#   aiormq 7.2.4, aio-pika 10.2.1
#   two ids: to no queue returned, to a queue confirmed
#   one id: to no queue confirmed, to a queue returned
#   the same properties, without an id: to no queue confirmed, to a queue returned
#   the properties now have an id: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet aio-pika==10.2.1 aiormq==7.2.4
"$work/venv/bin/python" - <<'PYTHON' | tee "$work/seen"
import asyncio
from importlib.metadata import version

import aio_pika
from aiormq import spec
from aiormq.exceptions import DeliveryError, PublishError
from pamqp import exceptions, frame

ANSWERS = {
    "Connection.StartOk": lambda got: spec.Connection.Tune(2047, 131072, 0),
    "Connection.Open": lambda got: spec.Connection.OpenOk(),
    "Connection.Close": lambda got: spec.Connection.CloseOk(),
    "Channel.Open": lambda got: spec.Channel.OpenOk(),
    "Channel.Close": lambda got: spec.Channel.CloseOk(),
    "Confirm.Select": lambda got: spec.Confirm.SelectOk(),
}


async def broker(reader, writer):
    """As much of RabbitMQ as a publisher needs. It has one queue, and answers two messages together."""

    def send(channel, *frames):
        writer.write(b"".join(frame.marshal(each, channel) for each in frames))

    await reader.readexactly(8)
    send(0, spec.Connection.Start(server_properties={"capabilities": {"publisher_confirms": True}}))
    data, tag, publish, waiting = b"", 0, None, []
    while more := await reader.read(65536):
        data += more
        while True:
            try:
                size, channel, got = frame.unmarshal(data)
            except exceptions.UnmarshalingException:  # not all of it has arrived
                break
            data = data[size:]
            if got.name in ANSWERS:
                send(channel, ANSWERS[got.name](got))
            elif got.name == "Basic.Publish":
                publish = got
            elif got.name == "ContentHeader":
                tag += 1
                if publish.routing_key != "queue":
                    waiting += [spec.Basic.Return(312, "NO_ROUTE", "", publish.routing_key), got]
                waiting.append(spec.Basic.Ack(tag))
                if tag % 2 == 0:
                    send(channel, *waiting)
                    waiting.clear()
    writer.close()


async def outcome(publishing):
    try:
        await publishing
    except (DeliveryError, PublishError):
        return "returned"
    return "confirmed"


async def main():
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = await aio_pika.connect(f"amqp://u:p@127.0.0.1:{port}/")
    channel = await connection.channel(on_return_raises=True)
    below = await channel.get_underlay_channel()

    async def both(what, first, second):
        to_none, to_queue = await asyncio.gather(outcome(first), outcome(second))
        print(f"{what}: to no queue {to_none}, to a queue {to_queue}")

    def by_aio_pika(key, message_id):
        return channel.default_exchange.publish(aio_pika.Message(b"", message_id=message_id), key)

    def by_aiormq(key, properties):
        return below.basic_publish(b"", routing_key=key, properties=properties, mandatory=True)

    print(f"aiormq {version('aiormq')}, aio-pika {version('aio-pika')}")
    await both("two ids", by_aio_pika("none", "order-17"), by_aio_pika("queue", "order-18"))
    await both("one id", by_aio_pika("none", "order-17"), by_aio_pika("queue", "order-17"))
    prepared = spec.Basic.Properties(delivery_mode=2)
    await both("the same properties, without an id", by_aiormq("none", prepared), by_aiormq("queue", prepared))
    print("the properties now have an id:", prepared.message_id is not None)
    await connection.close()


asyncio.run(main())
PYTHON
diff "$work/seen" - <<'SEEN'
aiormq 7.2.4, aio-pika 10.2.1
two ids: to no queue returned, to a queue confirmed
one id: to no queue confirmed, to a queue returned
the same properties, without an id: to no queue confirmed, to a queue returned
the properties now have an id: True
SEEN
