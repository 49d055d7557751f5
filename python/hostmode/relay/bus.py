"""What several relay nodes say to one another over NATS: each message reaches each node once, in its sender's order.

A message goes out over core NATS, at once to every node that listens. A stream in the server's memory keeps it as
well, and its acknowledgement tells the sender that it is there: what is not acknowledged is sent again, and whoever
joins, or notices by the numbers that it missed something, reads the stream.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hostmode.errors import BufferFullError, HostModeError, MissingExtraError
from hostmode.relay.in_order import InOrder

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("hostmode")

_CONNECT_S: Final = 5.0
_RECONNECT_S: Final = 0.2
_PING_S: Final = 5.0
# So long an acknowledgement may take before the message is sent again.
_ACK_S: Final = 2.0
# What waits while the server cannot be reached: half an hour of speech at 16 kHz and its motion.
_MOST_UNSENT_BYTES: Final = 80 * 1024 * 1024
# Of one message: half of what a server takes by default is the longest motion message.
_LONGEST_BYTES: Final = 768 * 1024
# What the stream keeps for nodes that join.
_STREAM_BYTES: Final = 64 * 1024 * 1024
_STREAM_S: Final = 1800.0
_BATCH: Final = 50
_FETCH_S: Final = 5.0
# A message that is missing may be on its way: the stream is read again so often, ever later.
_READINGS: Final = 6
_PAUSE_S: Final = 0.1
_NUMBER: Final = struct.Struct(">8sQ")


class Bus:
    """One node's connection.

    Parameters
    ----------
    url : str
        ``nats://host:4222``, or several of one cluster with commas between. JetStream must be on.
    room : str
        Who is in the same room hears one another.
    receive : callable
        Called with ``(payload, live)`` for each message of another node. Not live is what was said before this node
        joined.
    """

    def __init__(self, url: str, room: str, receive: Callable[[bytes, bool], None]) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", room):
            raise ValueError(f"room is {room!r}; it must be 1 to 64 letters, digits, '-' and '_'")
        self._servers = url.split(",")
        self._subject = f"hostmode.v1.{room}"
        self._stream = f"hostmode-v1-{room}"
        self._receive = receive
        self._id = secrets.token_bytes(8)
        self._order = InOrder()
        self._joined = self._left = False
        self._nats: Any = None
        self._jetstream: Any = None
        self._inbox = ""
        self._subscriptions: list[Any] = []
        self._unsent: dict[int, bytes] = {}  # by number: not acknowledged yet
        self._unsent_bytes = 0
        self._number = 0  # of the next message
        self._next = 0  # the next message to send
        self._progress_s = 0.0  # when one was acknowledged last
        self._wake = asyncio.Event()
        self._reading = asyncio.Lock()
        self._read_to = 0  # of the stream
        self._asked = self._answered = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._filling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join.

        Raises
        ------
        HostModeError
            The server cannot be reached, or has no JetStream.
        MissingExtraError
            nats-py is not installed.
        """
        try:
            import nats
        except ModuleNotFoundError as error:
            raise MissingExtraError('a bus needs nats-py: pip install "hostmode[bus]"') from error
        try:
            self._nats = await asyncio.wait_for(
                nats.connect(
                    self._servers,
                    error_cb=self._on_error,
                    disconnected_cb=self._on_disconnected,
                    reconnected_cb=self._on_reconnected,
                    reconnect_time_wait=_RECONNECT_S,
                    max_reconnect_attempts=-1,
                    ping_interval=_PING_S,
                ),
                _CONNECT_S,
            )
        except (OSError, nats.errors.Error, asyncio.TimeoutError) as error:
            raise HostModeError(f"the bus at {self._where} cannot be reached: {error or 'no answer'}") from error
        if self._nats.max_payload < _LONGEST_BYTES:
            await self._nats.close()
            raise HostModeError(
                f"the bus at {self._where} takes messages of {self._nats.max_payload} bytes: "
                f"let max_payload of nats-server be {_LONGEST_BYTES} at least"
            )
        try:
            self._jetstream = self._nats.jetstream()
            self._inbox = self._nats.new_inbox()
            await self._make_stream()
            for subject, callback in ((f"{self._inbox}.*", self._on_acknowledged), (self._subject, self._on_message)):
                self._subscriptions.append(await self._nats.subscribe(subject, cb=callback))
            await self._nats.flush()
            await self.catch_up()
        except nats.errors.Error as error:
            await self._leave()
            raise HostModeError(
                f"the bus at {self._where} offers no stream ({error or type(error).__name__}): "
                "start nats-server with -js"
            ) from error
        self._joined = True
        self._work(self._send())
        self._work(self._send_again())
        if self._order.incomplete:
            self._fill_gaps()

    async def stop(self) -> None:
        """Say what has not been said yet, for at most a second, and leave."""
        deadline = asyncio.get_running_loop().time() + 1.0
        while self._unsent and self._nats.is_connected and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._leave()

    async def _leave(self) -> None:
        from nats.errors import Error as NatsError

        # Closing ends them too, unless the connection is lost, where it fails before.
        for subscription in self._subscriptions:
            with suppress(NatsError, OSError):
                await subscription.unsubscribe()
        with suppress(OSError):
            await self._nats.close()
        self._left = True

    def publish(self, payload: bytes) -> None:
        """Send a message to all other nodes, as soon as the server can be reached.

        Raises
        ------
        BufferFullError
            It has been out of reach for so long that too much waits.
        """
        if self._unsent_bytes + len(payload) > _MOST_UNSENT_BYTES:
            raise BufferFullError(
                f"more than {_MOST_UNSENT_BYTES} bytes wait for the bus at {self._where}, which cannot be reached"
            )
        self._unsent[self._number] = payload
        self._unsent_bytes += len(payload)
        self._number += 1
        self._wake.set()

    async def catch_up(self) -> None:
        """Return once everything has been received that the stream held at the time of the call."""
        self._asked += 1
        wanted = self._asked
        async with self._reading:
            if self._answered < wanted:
                begun = self._asked
                await self._read_stream()
                self._answered = begun

    # ---- sending

    async def _send(self) -> None:
        from nats.errors import Error as NatsError

        while True:
            self._wake.clear()
            while self._next < self._number and self._nats.is_connected:
                number = self._next
                self._next += 1
                payload = self._unsent.get(number)
                if payload is not None:
                    data = _NUMBER.pack(self._id, number) + payload
                    # What does not go out is not acknowledged, and is sent again.
                    with suppress(NatsError, OSError):
                        await self._nats.publish(self._subject, data, reply=f"{self._inbox}.{number}")
            await self._wake.wait()

    async def _on_acknowledged(self, message: Any) -> None:
        if message.headers is not None or b'"error"' in message.data:
            # Nobody keeps it: the server was started anew.
            with suppress(Exception):
                await self._make_stream()
            return
        if "seq" in json.loads(message.data):
            payload = self._unsent.pop(int(message.subject.rpartition(".")[2]), b"")
            self._unsent_bytes -= len(payload)
            self._progress_s = asyncio.get_running_loop().time()

    async def _send_again(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_ACK_S / 2)
            if not self._unsent:
                self._progress_s = loop.time()
            elif loop.time() - self._progress_s > _ACK_S:
                self._progress_s = loop.time()
                self._rewind()

    def _rewind(self) -> None:
        self._next = min(self._unsent, default=self._number)
        self._wake.set()

    async def _on_error(self, error: Exception) -> None:
        _log.debug("bus: %r", error)
        if self._left:
            # An attempt to connect that fails at the moment of its cancellation goes on to the next one, for ever.
            raise asyncio.CancelledError

    async def _on_disconnected(self) -> None:
        if not self._nats.is_closed:
            _log.warning("the bus at %s cannot be reached; what is said waits", self._where)

    async def _on_reconnected(self) -> None:
        if self._left:
            await self._nats.close()
            return
        self._rewind()
        self._fill_gaps()

    # ---- receiving

    async def _on_message(self, message: Any) -> None:
        self._take(message.data)
        if self._order.incomplete:
            self._fill_gaps()

    def _take(self, data: bytes, oldest: bool = False) -> None:
        if len(data) < _NUMBER.size:
            return
        sender, number = _NUMBER.unpack_from(data)
        if sender != self._id:
            for payload in self._order.take(sender, number, data[_NUMBER.size :], oldest):
                self._receive(payload, self._joined)

    def _fill_gaps(self) -> None:
        if self._joined and (self._filling is None or self._filling.done()):
            self._filling = self._work(self._fill())

    async def _fill(self) -> None:
        for reading in range(_READINGS):
            while True:
                # Not the messages' fault: try until there is a server.
                with suppress(Exception):
                    await self.catch_up()
                    break
                await asyncio.sleep(_RECONNECT_S)
            if not self._order.incomplete:
                return
            await asyncio.sleep(_PAUSE_S * 2**reading)
        lost, released = self._order.skip()
        _log.error("%d messages of the bus are lost: its stream does not hold them any more", lost)
        for payload in released:
            self._receive(payload, True)

    async def _make_stream(self) -> None:
        from nats.js.api import StorageType, StreamConfig
        from nats.js.errors import BadRequestError

        with suppress(BadRequestError):  # there is one with other bounds
            await self._jetstream.add_stream(
                StreamConfig(
                    name=self._stream,
                    subjects=[self._subject],
                    storage=StorageType.MEMORY,
                    max_bytes=_STREAM_BYTES,
                    max_age=_STREAM_S,
                )
            )

    async def _read_stream(self) -> None:
        from nats.errors import TimeoutError as NatsTimeoutError
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
        from nats.js.errors import NotFoundError

        try:
            if (await self._jetstream.stream_info(self._stream)).state.last_seq < self._read_to:
                self._read_to = 0  # it is another one
        except NotFoundError:
            self._read_to = 0
            await self._make_stream()
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._read_to + 1,
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            inactive_threshold=30.0,
        )
        consumer = await self._jetstream.add_consumer(self._stream, config)
        pending = consumer.num_pending or 0
        if not pending:
            return
        reader = await self._jetstream.pull_subscribe_bind(consumer=consumer.name, stream=self._stream)
        try:
            while pending:
                for message in await reader.fetch(_BATCH, timeout=_FETCH_S):
                    self._read_to, pending = message.metadata.sequence.stream, message.metadata.num_pending
                    self._take(message.data, oldest=True)
        except NatsTimeoutError:
            pass  # the rest has become too old meanwhile
        finally:
            with suppress(Exception):
                await reader.unsubscribe()

    def _work(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def _where(self) -> str:
        # Without what is before an @: it is a password.
        return ",".join(server.rpartition("@")[2] for server in self._servers)
