"""The hosts in `AUGURY_RABBITMQ_URL`."""

import pytest

from augury.bootstrap.config import SettingError, read
from augury.broker.trouble import TROUBLE
from augury.outbound.rabbitmq.hosts import first_that_answers, urls_of
from augury.outbound.rabbitmq.publisher import RabbitSettings


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("amqp://u:p@a:5672/v", ["amqp://u:p@a:5672/v"]),
        ("amqp://a", ["amqp://a"]),
        ("amqp://u:p@a,b,c/v", ["amqp://u:p@a/v", "amqp://u:p@b/v", "amqp://u:p@c/v"]),
        ("amqp://a, b", ["amqp://a", "amqp://b"]),
        ("amqp://u:p@a,b,c:5673/v", ["amqp://u:p@a:5673/v", "amqp://u:p@b:5673/v", "amqp://u:p@c:5673/v"]),
        ("amqp://u:p@a:1,b,c:3/v", ["amqp://u:p@a:1/v", "amqp://u:p@b:3/v", "amqp://u:p@c:3/v"]),
        ("amqp://u:p,q@a,b/v?x=1,2", ["amqp://u:p,q@a/v?x=1,2", "amqp://u:p,q@b/v?x=1,2"]),
        ("amqps://[::1]:1,[fd00::2]", ["amqps://[::1]:1", "amqps://[fd00::2]"]),
        ("amqp://u:p@a/v,amqps://q@b:2/w", ["amqp://u:p@a/v", "amqps://q@b:2/w"]),
        ("amqp://a,b/v, amqp://c/v", ["amqp://a/v", "amqp://b/v", "amqp://c/v"]),
    ],
)
def test_a_url_names_one_host_or_several(text: str, urls: list[str]) -> None:
    assert list(urls_of(text)) == urls
    assert list(RabbitSettings(url=text).urls) == urls


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://a", "AUGURY_RABBITMQ_URL must begin with amqp:// or amqps://"),
        ("a,amqp://b", "AUGURY_RABBITMQ_URL must begin with amqp:// or amqps://"),
        ("amqp://a,,b", "AUGURY_RABBITMQ_URL must name a host between two commas"),
        ("amqp://a:x,b", "AUGURY_RABBITMQ_URL must name a host, or a host and a port number"),
        ("amqp://", "AUGURY_RABBITMQ_URL must name a host, or a host and a port number"),
        ("amqp:///v", "AUGURY_RABBITMQ_URL must name a host, or a host and a port number"),
        ("amqp://a b", "AUGURY_RABBITMQ_URL must name a host, or a host and a port number"),
        (f"amqp://{64 * 'a'}", "AUGURY_RABBITMQ_URL must name a host, or a host and a port number"),
        ("amqp://a:70000", "AUGURY_RABBITMQ_URL must name a host, or a host and a port number"),
    ],
)
def test_what_is_no_host_is_told_in_one_line(text: str, words: str) -> None:
    with pytest.raises(SettingError) as told:
        read(RabbitSettings, {"AUGURY_RABBITMQ_URL": text})
    assert str(told.value) == words


async def test_the_first_host_that_answers_is_taken_and_where_none_does_each_ones_trouble_is_told() -> None:
    a, b, c = "amqp://u:secret@a/v", "amqp://u:secret@b:1/v", "amqp://u:secret@[::1]:1/v"

    async def connect(url: str) -> str:
        if url == a:
            raise ConnectionRefusedError("it is\nclosed")
        if url == c:
            raise TimeoutError
        return "connected to b"

    assert await first_that_answers([a, b, c], connect, trouble=TROUBLE) == "connected to b"
    with pytest.raises(ConnectionError) as told:
        await first_that_answers([a, c], connect, trouble=TROUBLE)
    assert str(told.value) == "a: it is closed; [::1]:1: no answer in time"
