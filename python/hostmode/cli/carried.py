"""A recording that reaches a controller of the same process over a relay, as it would from another machine."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HostModeError
from hostmode.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.controller import Controller

_BEGIN_S: Final = 20.0
_POLL_S: Final = 0.005


class Carried:
    """What a relay carried to a controller; `over_relay` fills it.

    Attributes
    ----------
    url : str
        Of the relay.
    """

    def __init__(self, sent: Recording) -> None:
        self.url = ""
        self._sent = sent
        self._audio: list[bytes] = []
        self._messages: list[bytes] = []

    def heard(self, data: Buffer | npt.NDArray[np.int16], _conversation_id: str, _end: bool) -> None:
        """Take note of sound that came."""
        self._audio.append(bytes(data))

    def moved(self, frames: Any, _conversation_id: str | None) -> None:
        """Take note of messages that came."""
        self._messages += [bytes(frame) for frame in frames or ()]

    @property
    def recording(self) -> Recording:
        """What has come."""
        return Recording(np.frombuffer(b"".join(self._audio), "<i2"), self._sent.sample_rate, self._messages)

    @property
    def whole(self) -> bool:
        """Whether it is, byte for byte, what was sent."""
        return b"".join(self._audio) == self._sent.audio.tobytes() and self._messages == list(self._sent.messages)


@contextmanager
def over_relay(carried: Carried, recording: Recording, avatar: Controller) -> Iterator[None]:
    """Publish `recording` on a relay on loopback whose client drives `avatar`; the block begins with its turn.

    Raises
    ------
    HostModeError
        It did not begin.
    MissingExtraError
        aiohttp is not installed.
    """
    begun: Future[Any] = Future()
    avatar.follow(carried)
    with ThreadPoolExecutor(1, "hostmode-demo-relay") as pool:
        carrying = pool.submit(asyncio.run, _carry(carried, recording, avatar, begun))
        wait([carrying, begun], return_when=FIRST_COMPLETED)
        if begun.done():
            end = begun.result()
            try:
                yield
            finally:
                end()
        carrying.result()
    avatar.unfollow(carried)


async def _carry(carried: Carried, recording: Recording, avatar: Controller, begun: Future[Any]) -> None:
    from hostmode.relay import RelaySettings, connect, serve
    from hostmode.relay.publish import publish_recording

    over = asyncio.Event()
    async with serve(RelaySettings(sample_rate=recording.sample_rate)) as relay, connect(relay.url, avatar):
        carried.url = relay.url
        publishing = asyncio.ensure_future(publish_recording(relay, recording))
        try:
            await asyncio.wait_for(_conversation(avatar), _BEGIN_S)
        except asyncio.TimeoutError as error:
            raise HostModeError(f"{relay.url} brought nothing within {_BEGIN_S:g} s") from error
        begun.set_result(functools.partial(asyncio.get_running_loop().call_soon_threadsafe, over.set))
        await over.wait()
        if publishing.done():
            publishing.result()
        publishing.cancel()


async def _conversation(avatar: Controller) -> None:
    while avatar.get_current_conversation_id() is None:
        await asyncio.sleep(_POLL_S)
