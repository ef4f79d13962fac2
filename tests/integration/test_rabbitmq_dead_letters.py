import asyncio
import json
from datetime import UTC, datetime, timedelta

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from augury.application.ports import Unavailable
from augury.application.predictions.ports.dead_letters import BYTES_SHOWN, QueueLengths
from augury.bootstrap.topology import BULK, DEAD, TASKS, TOPOLOGY
from augury.broker.wire import read_task, task_body
from augury.domain.identifiers import PredictionId, uuid7
from augury.outbound.rabbitmq.dead_letters import RabbitDeadLetters
from augury.outbound.rabbitmq.publisher import RabbitSettings
from augury.outbound.rabbitmq.upgrade import ASIDE, upgrade_dead_letters
from tests.polling import eventually
from tests.processes import environment, free_ports, run
from tests.rabbitmq_server import RabbitServer

MARGIN = timedelta(minutes=1)


def dead_letters_at(url: str) -> RabbitDeadLetters:
    return RabbitDeadLetters(RabbitSettings(url=url), TOPOLOGY)


async def put(channel: AbstractChannel, *bodies: bytes) -> None:
    for body in bodies:
        message = aio_pika.Message(body, headers={"traceparent": "kept"}, timestamp=datetime.now(UTC))
        await channel.default_exchange.publish(message, TASKS.name, mandatory=True)


async def take(channel: AbstractChannel) -> aio_pika.abc.AbstractIncomingMessage:
    queue = await channel.get_queue(TASKS.name)
    return await eventually(lambda: queue.get(fail=False), "a message")


async def refuse(url: str, *bodies: bytes) -> None:
    """Put these messages on the queue, and reject each."""
    await dead_letters_at(url).lengths()  # declares both queues
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await put(channel, *bodies)
        for _ in bodies:
            await (await take(channel)).reject(requeue=False)


async def test_a_dead_letter_returns_to_the_lane_in_which_it_died(rabbitmq_url: str) -> None:
    dead_letters = dead_letters_at(rabbitmq_url)
    await dead_letters.lengths()
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        bulk = await channel.get_queue(BULK.name)
        await channel.default_exchange.publish(aio_pika.Message(b"a ticket"), BULK.name, mandatory=True)
        await (await eventually(lambda: bulk.get(fail=False), "the ticket")).reject(requeue=False)
        await died(rabbitmq_url, 1)

        assert await dead_letters.replay(at_most=5) == 1

        again = await eventually(lambda: bulk.get(fail=False), "the ticket again")
        assert again.body == b"a ticket"
        await again.reject(requeue=False)
        await died(rabbitmq_url, 1)
        assert (await dead_letters.lengths()) == QueueLengths(ready=0, dead=1, tickets=0)


async def reject(message: aio_pika.abc.AbstractIncomingMessage) -> None:
    await message.reject(requeue=False)


async def died(url: str, count: int) -> None:
    dead_letters = dead_letters_at(url)

    async def are_there() -> bool:
        return (await dead_letters.lengths()).dead == count

    await eventually(are_there, f"{count} dead letters")


async def test_nothing_is_dead_where_nothing_happened(rabbitmq_url: str) -> None:
    dead_letters = dead_letters_at(rabbitmq_url)

    assert await dead_letters.lengths() == QueueLengths(ready=0, dead=0)
    assert await dead_letters.list(at_most=10) == []
    assert await dead_letters.replay(at_most=10) == 0


async def test_what_was_rejected_is_listed_with_its_reason_and_stays(rabbitmq_url: str) -> None:
    noise = b"\xff" * 1_000_000
    await refuse(rabbitmq_url, b"no json", noise)
    await died(rabbitmq_url, 2)
    dead_letters = dead_letters_at(rabbitmq_url)

    for _ in range(30):  # more often than a quorum queue delivers by default
        first, second = await dead_letters.list(at_most=10)

    assert (first.reason, first.deaths, first.body, first.size) == ("rejected", 1, b"no json", 7)
    assert (second.body, second.size) == (noise[:BYTES_SHOWN], len(noise))
    now = datetime.now(UTC)
    assert first.died_at is not None
    assert first.put_at is not None
    assert abs(now - first.died_at) < MARGIN
    assert abs(now - first.put_at) < MARGIN
    assert [each.body for each in await dead_letters.list(at_most=1)] == [b"no json"]
    assert await dead_letters.lengths() == QueueLengths(ready=0, dead=2)


async def test_one_is_replayed_or_dropped_by_its_id_and_the_others_stay(
    rabbitmq_url: str,
) -> None:
    dead_letters, task = dead_letters_at(rabbitmq_url), task_body([PredictionId(uuid7())], 1)
    await refuse(rabbitmq_url, b"one", b"two", task, b"four")
    await died(rabbitmq_url, 4)
    one, two, three, four = await dead_letters.list(at_most=9)
    assert [each.id for each in await dead_letters.list(at_most=2, skip=1)] == [two.id, three.id]
    assert (one.task, three.task) == (None, read_task(task))

    assert await dead_letters.replay(at_most=1, only=three.id) == 1
    assert await dead_letters.drop(at_most=1, only=two.id) == 1
    assert await dead_letters.drop(at_most=1, only=two.id) == 0
    assert {each.id for each in await dead_letters.list(at_most=9)} == {one.id, four.id}
    assert await dead_letters.drop(at_most=1) == 1
    [left] = await dead_letters.list(at_most=9)
    assert left.id in (one.id, four.id)
    assert await dead_letters.lengths() == QueueLengths(ready=1, dead=1)


async def test_replaying_puts_the_oldest_on_the_queue_again_as_new_messages(rabbitmq_url: str) -> None:
    await refuse(rabbitmq_url, b"one", b"two", b"three")
    await died(rabbitmq_url, 3)

    assert await dead_letters_at(rabbitmq_url).replay(at_most=2) == 2

    assert await dead_letters_at(rabbitmq_url).lengths() == QueueLengths(ready=2, dead=1)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        for body in (b"one", b"two"):
            message = await take(channel)
            assert (message.body, message.headers["traceparent"]) == (body, "kept")
            assert "x-death" not in message.headers
            assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            await message.ack()


async def test_what_dies_again_while_it_is_replayed_is_not_taken_twice(rabbitmq_url: str) -> None:
    bodies = [b"%d" % number for number in range(50)]
    await refuse(rabbitmq_url, *bodies)
    await died(rabbitmq_url, 50)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        queue = await channel.get_queue(TASKS.name)
        await queue.consume(reject)

        assert await dead_letters_at(rabbitmq_url).replay(at_most=1_000) == 50

        await died(rabbitmq_url, 50)


async def test_two_operators_at_once_replay_each_message_once(rabbitmq_url: str) -> None:
    await refuse(rabbitmq_url, *[b"%d" % number for number in range(40)])
    await died(rabbitmq_url, 40)

    answers = await asyncio.gather(*(dead_letters_at(rabbitmq_url).replay(at_most=1_000) for _ in range(2)))

    assert sum(answers) == 40
    assert await dead_letters_at(rabbitmq_url).lengths() == QueueLengths(ready=40, dead=0)


async def test_what_somebody_put_among_the_dead_is_shown_too(rabbitmq_url: str) -> None:
    await dead_letters_at(rabbitmq_url).lengths()
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        strange = aio_pika.Message(b"", headers={"x-death": "no list", "x-other": [1]})
        await channel.default_exchange.publish(strange, DEAD.name)

    [letter] = await dead_letters_at(rabbitmq_url).list(at_most=5)

    assert (letter.reason, letter.deaths, letter.died_at, letter.put_at) == ("unknown", 0, None, None)


async def test_a_broker_that_is_away_is_named_as_such() -> None:
    [port] = free_ports(1)
    dead_letters = dead_letters_at(f"amqp://guest:guest@127.0.0.1:{port}/")

    with pytest.raises(Unavailable, match="RabbitMQ"):
        await dead_letters.lengths()


async def test_nobody_waits_long_for_a_broker_that_says_nothing(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    settings = RabbitSettings(url=rabbitmq_url, publish_timeout=timedelta(milliseconds=200))
    dead_letters = RabbitDeadLetters(settings, TOPOLOGY)
    await dead_letters.lengths()
    rabbitmq.pause()
    try:
        with pytest.raises(Unavailable, match="RabbitMQ"):
            await asyncio.wait_for(dead_letters.lengths(), 20)
    finally:
        rabbitmq.resume()


async def test_the_operators_commands_list_and_replay(rabbitmq_url: str, database_url: str) -> None:
    await refuse(rabbitmq_url, b'{"no": "task"}\n\x1b[31m')
    await died(rabbitmq_url, 1)
    env = environment(rabbitmq_url=rabbitmq_url, database_url=database_url)

    listed = await asyncio.to_thread(run, "queue", "dead", env=env)
    as_json = await asyncio.to_thread(run, "queue", "dead", "--json", env=env)
    replayed = await asyncio.to_thread(run, "queue", "replay", env=env)
    without = await asyncio.to_thread(run, "queue", "dead", env=environment())

    assert listed.stderr == "1 dead letter, 0 messages ready\n"
    [line] = listed.stdout.splitlines()
    _, reason, size, begins_with = line.split("\t")
    assert (reason, size) == ("rejected", "20")
    assert "\x1b" not in begins_with, "what is listed does not move the operator's cursor"
    [letter] = json.loads(as_json.stdout)
    assert (letter["reason"], letter["bytes"], letter["begins_with"]) == (reason, int(size), begins_with)
    assert replayed.stdout == "1 message on the queue again\n"
    assert (without.returncode, without.stderr.count("\n")) == (1, 1)
    assert "AUGURY_RABBITMQ_URL" in without.stderr


async def made_by_an_earlier_version(url: str, *bodies: bytes) -> None:
    """Declare the classic queue of dead letters, with these messages in it."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.declare_queue(DEAD.name, durable=True, arguments={"x-queue-type": "classic"})
    await refuse(url, *bodies)
    await died(url, len(bodies))


def kinds(rabbitmq: RabbitServer, url: str) -> dict[str, str]:
    queues = rabbitmq.api("GET", f"queues/{url.rpartition('/')[2]}")
    return {queue["name"]: queue["type"] for queue in queues}


async def test_an_earlier_version_s_queue_is_listed_and_replayed(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    await made_by_an_earlier_version(rabbitmq_url, b"one", b"two")

    assert [each.body for each in await dead_letters_at(rabbitmq_url).list(at_most=5)] == [b"one", b"two"]
    assert await dead_letters_at(rabbitmq_url).replay(at_most=1) == 1
    assert await dead_letters_at(rabbitmq_url).lengths() == QueueLengths(ready=1, dead=1)
    assert kinds(rabbitmq, rabbitmq_url)[DEAD.name] == "classic"


async def test_an_earlier_version_s_queue_is_upgraded_with_all_that_is_in_it(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    bodies = [b"%d" % number for number in range(250)]
    await made_by_an_earlier_version(rabbitmq_url, *bodies)
    before = await dead_letters_at(rabbitmq_url).list(at_most=1_000)
    settings = RabbitSettings(url=rabbitmq_url)

    moved = await upgrade_dead_letters(settings, TOPOLOGY, quiet=0.5)
    again = await upgrade_dead_letters(settings, TOPOLOGY, quiet=0.5)

    assert (moved, again) == (250, None)
    assert kinds(rabbitmq, rabbitmq_url) == {TASKS.name: "quorum", BULK.name: "quorum", DEAD.name: "quorum"}
    after = await dead_letters_at(rabbitmq_url).list(at_most=1_000)
    assert [each.body for each in after] == bodies
    assert after == before
    await refuse(rabbitmq_url, b"one more")
    await died(rabbitmq_url, 251)


async def test_what_an_interrupted_upgrade_left_aside_comes_back(
    rabbitmq: RabbitServer, rabbitmq_url: str
) -> None:
    await made_by_an_earlier_version(rabbitmq_url, b"in the old queue")
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        await channel.declare_queue(DEAD.name + ASIDE, durable=True, arguments=DEAD.arguments)
        await channel.default_exchange.publish(aio_pika.Message(b"aside"), DEAD.name + ASIDE)

    assert await upgrade_dead_letters(RabbitSettings(url=rabbitmq_url), TOPOLOGY, quiet=0.5) == 2

    letters = await dead_letters_at(rabbitmq_url).list(at_most=5)
    assert {each.body for each in letters} == {b"aside", b"in the old queue"}
    assert kinds(rabbitmq, rabbitmq_url) == {TASKS.name: "quorum", BULK.name: "quorum", DEAD.name: "quorum"}


async def test_what_dies_or_is_looked_at_during_an_upgrade_is_not_lost(rabbitmq_url: str) -> None:
    await made_by_an_earlier_version(rabbitmq_url, *[b"%d" % number for number in range(20)])
    async with await aio_pika.connect(rabbitmq_url) as connection:
        looking = await connection.channel()
        taken = await (await looking.get_queue(DEAD.name)).get()
        assert taken is not None
        upgrading = asyncio.create_task(
            upgrade_dead_letters(RabbitSettings(url=rabbitmq_url), TOPOLOGY, quiet=2)
        )
        await refuse(rabbitmq_url, b"late")
        await looking.close()
        assert await upgrading == 21

    letters = await dead_letters_at(rabbitmq_url).list(at_most=100)
    assert {each.body for each in letters} == {b"late", *[b"%d" % number for number in range(20)]}


async def test_the_operator_s_command_upgrades(rabbitmq_url: str) -> None:
    await made_by_an_earlier_version(rabbitmq_url, b"one")
    env = environment(rabbitmq_url=rabbitmq_url)

    upgraded = await asyncio.to_thread(run, "queue", "upgrade", env=env)
    again = await asyncio.to_thread(run, "queue", "upgrade", env=env)

    assert upgraded.stdout == "ml_tasks.dead is now a quorum queue; 1 message moved\n"
    assert again.stdout == "ml_tasks.dead is already a quorum queue\n"


async def test_of_several_hosts_one_that_is_away_is_passed_over(rabbitmq_url: str) -> None:
    [nowhere] = free_ports(1)
    url = rabbitmq_url.replace("@", f"@127.0.0.1:{nowhere},")

    assert await dead_letters_at(url).lengths() == QueueLengths(ready=0, dead=0)
    assert await upgrade_dead_letters(RabbitSettings(url=url), TOPOLOGY) is None
