#!/usr/bin/env bash
# RabbitMQ 3.10.8, quorum queues: a queue that is deleted and declared again at once (within some 25 ms) keeps its
# consumers, and they get nothing any more. The broker neither cancels them, which it does otherwise ("consumer
# cancellation notification", https://www.rabbitmq.com/docs/consumer-cancel), nor closes their channels. It counts them
# as consumers of the new queue, and gives them its messages, but their channels do not send them on. So the messages are
# neither ready nor received: the queue looks healthy, has consumers, and stands still until the consumers leave. A
# program that deletes a queue to empty it or to change its arguments is that fast. A classic queue cancels in any case.
#
# Needs Debian 12's rabbitmq-server (3.10.8-1.1+deb12u1), whose node it starts in a temporary folder.
#
# Seen with aio-pika 10.2.1 (three messages to the new queue):
#   RabbitMQ 3.10.8
#   classic, at once: canceled True, consumers 0, ready 3, received 0
#   quorum, after a second: canceled True, consumers 0, ready 3, received 0
#   quorum, at once: canceled False, consumers 1, ready 0, received 0; after the consumer has left: ready 3
set -euo pipefail
work=$(mktemp -d)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet aio-pika==10.2.1 aiormq==7.2.4
read -r port distribution epmd < <(python3 - <<'PYTHON'
import socket

free = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(each.getsockname()[1] for each in free))
PYTHON
)
echo "[]." >"$work/plugins"
export HOME=$work ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd
export RABBITMQ_NODENAME=finding$port@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port
export RABBITMQ_DIST_PORT=$distribution RABBITMQ_MNESIA_BASE=$work/data RABBITMQ_LOG_BASE=$work/logs RABBITMQ_LOGS=-
export RABBITMQ_PID_FILE=$work/pid RABBITMQ_ENABLED_PLUGINS_FILE=$work/plugins RABBITMQ_CONF_ENV_FILE=$work/none
export RABBITMQ_ALLOW_INPUT=1 RABBITMQ_SERVER_START_ARGS=-noinput
listens() {
  for _ in $(seq 900); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  return 1
}
epmd -port "$epmd" >"$work/epmd.log" 2>&1 &
names=$!
listens "$epmd"  # otherwise the node starts one of its own, which stays
/usr/lib/rabbitmq/bin/rabbitmq-server </dev/null >"$work/log" 2>&1 &
node=$!
trap 'kill -KILL $node $names 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
listens "$port"
"$work/venv/bin/python" - "$port" <<'PYTHON' 2>"$work/errors" | tee "$work/seen"
import asyncio
import sys

import aio_pika

URL = f"amqp://guest:guest@127.0.0.1:{sys.argv[1]}/"


async def tried(kind, pause):
    operator = await aio_pika.connect(URL)
    control = await (await operator.channel()).get_underlay_channel()
    name, arguments = f"{kind}-{pause}", {"x-queue-type": kind}

    async def declare(passive=False):
        return await control.queue_declare(name, durable=True, passive=passive, arguments=arguments)

    await declare()
    consumer = await aio_pika.connect(URL)
    channel = await (await consumer.channel()).get_underlay_channel()
    received, canceled = [], asyncio.Event()
    channel.on_consumer_cancel_callbacks.add(lambda _: canceled.set())

    async def receive(message):
        received.append(message)

    await channel.basic_consume(name, receive)
    await asyncio.sleep(1)
    await control.queue_delete(name, nowait=True)  # so that the broker reads the next command at once
    await asyncio.sleep(pause)
    await declare()
    for _ in range(3):
        await control.basic_publish(b"work", routing_key=name, mandatory=True)
    await asyncio.sleep(2)
    found = await declare(passive=True)
    seen = f"canceled {canceled.is_set()}, consumers {found.consumer_count}, ready {found.message_count}"
    seen += f", received {len(received)}"
    await consumer.close()
    if not canceled.is_set():
        await asyncio.sleep(2)
        seen += f"; after the consumer has left: ready {(await declare(passive=True)).message_count}"
    version = operator.transport.connection.server_properties["version"]
    await operator.close()
    return version, seen


async def main():
    version, classic = await tried("classic", 0)
    print("RabbitMQ", version)
    print("classic, at once:", classic)
    print("quorum, after a second:", (await tried("quorum", 1))[1])
    print("quorum, at once:", (await tried("quorum", 0))[1])


asyncio.run(main())
PYTHON
diff "$work/seen" - <<'SEEN'
RabbitMQ 3.10.8
classic, at once: canceled True, consumers 0, ready 3, received 0
quorum, after a second: canceled True, consumers 0, ready 3, received 0
quorum, at once: canceled False, consumers 1, ready 0, received 0; after the consumer has left: ready 3
SEEN
