"""A channel for events, which the broker does not confirm."""

import asyncio
import struct
from collections.abc import Callable, Sequence
from typing import Self

import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import ChannelFrame

from augury.broker.wire import CONTENT_TYPE

_TRANSIENT = 1  # a delivery mode of AMQP 0-9-1
_FRAME = struct.Struct(">BHI")  # type, channel, size
_HEADER, _BODY = 2, 3  # types of frames
_END = b"\xce"
_CONTENT = struct.Struct(">HxxQ")  # class, weight, size of the body


def properties() -> aiormq.spec.Basic.Properties:
    """The properties of an event, which need not survive a restart of the broker."""
    return aiormq.spec.Basic.Properties(content_type=CONTENT_TYPE, delivery_mode=_TRANSIENT)


class EventChannel:
    """Encodes everything except the bodies only once. aiormq's `basic_publish` takes ten times as many Python
    calls for an event, and a worker spends most of the time of a lone prediction on AMQP."""

    def __init__(self, opened: AbstractChannel, channel: aiormq.Channel, exchange: str, key: str) -> None:
        """Use `open` instead. `channel` is aiormq's channel below `opened`."""
        self._opened = opened
        self._channel = channel
        publish = aiormq.spec.Basic.Publish(exchange=exchange, routing_key=key)
        encoded = properties().marshal()
        self._head = ChannelFrame.marshall(channel.number, [publish]).payload
        self._head += _FRAME.pack(_HEADER, channel.number, _CONTENT.size + len(encoded))
        self._properties = encoded + _END

    @classmethod
    async def open(
        cls, connection: AbstractConnection, *, exchange: str, key: str, lost: Callable[[], None]
    ) -> Self:
        """Open a channel. Calls `lost` when it is no longer usable. Raises one of `TROUBLE`."""
        opened = await connection.channel(publisher_confirms=False)
        opened.close_callbacks.add(lambda *_: lost())
        channel = await opened.get_underlay_channel()
        assert isinstance(channel, aiormq.Channel)
        return cls(opened, channel, exchange, key)

    @property
    def is_open(self) -> bool:
        return not self._opened.is_closed

    async def send(self, events: Sequence[bytes], *, seconds: float) -> None:
        """Send these bodies with one write. Raises `TimeoutError` if the connection does not take them in
        time."""
        taken = asyncio.get_running_loop().create_future()
        payload = b"".join(map(self._frames, events))
        await self._channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=taken))
        async with asyncio.timeout(seconds):
            await taken

    def _frames(self, body: bytes) -> bytes:
        most = self._channel.max_content_size
        frames = [self._head, _CONTENT.pack(aiormq.spec.Basic.frame_id, len(body)), self._properties]
        for at in range(0, len(body), most):
            piece = body[at : at + most]
            frames += _FRAME.pack(_BODY, self._channel.number, len(piece)), piece, _END
        return b"".join(frames)
