"""A server SDK's session and a controller in one process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from hostmode._core import decode_message
from hostmode.errors import DecodeError

if TYPE_CHECKING:
    from hostmode.controller import Controller

# Requests that are remembered, and messages that may come before the request they belong to is known.
_REQUESTS: Final = 64
_EARLY: Final = 64


class Session(Protocol):
    """What the published SDKs' ``AvatarSession`` offers (``avatarkit``, ``spatius``, ``spatialreal``)."""

    @property
    def config(self) -> Any: ...

    async def send_audio(self, audio: bytes, end: bool = False) -> str: ...

    async def interrupt(self) -> str: ...


def attach(session: Session, controller: Controller) -> Bridge:
    """Let a server SDK's session drive a controller of the same process::

        bridge = hostmode.relay.attach(session, avatar)
        await bridge.send_audio(chunk, end=False)   # to the service, and played
        await bridge.interrupt()                    # here and there

    Call it where the session's event loop runs. The session's ``transport_frames`` is taken. An interrupt of the
    controller interrupts the session as well; motion of a request that was interrupted is discarded. Without
    `Bridge.send_audio`, motion goes to the conversation that is current.

    Parameters
    ----------
    session : AvatarSession
        Of one of the published server SDKs.
    controller : Controller
        Takes PCM at the session's sample rate.
    """
    return Bridge(session, controller)


class Bridge:
    """What `attach` returns."""

    def __init__(self, session: Session, controller: Controller) -> None:
        self._session = session
        self._controller = controller
        # The conversation of each request; None: it was interrupted.
        self._conversations: OrderedDict[str, str | None] = OrderedDict()
        self._early: list[tuple[str, bytes]] = []
        self._sending = 0
        self._ended_here: set[str] = set()
        self.error: DecodeError | None = None
        """The first motion message of the service that could not be read."""
        session.config.transport_frames = self._on_frames
        self._watching = asyncio.ensure_future(self._watch())

    async def send_audio(self, audio: bytes, end: bool = False) -> str | None:
        """Send a chunk of PCM to the service and play it; return the id of its conversation."""
        self._sending += 1
        try:
            req_id = await self._session.send_audio(audio, end=end)
        finally:
            self._sending -= 1
        if req_id in self._conversations and self._conversations[req_id] is None:
            return None
        conversation_id = self._controller.yield_audio_data(audio, end)
        self._remember(req_id, conversation_id)
        early, self._early = self._early, []
        for known, data in early:
            self._pass_on(known, data)
        return conversation_id

    async def interrupt(self) -> None:
        """Interrupt what is played and what is made."""
        self._ended_here = {one for one in self._conversations.values() if one is not None}
        self._forget_requests()
        self._controller.interrupt()
        # Nothing to interrupt is no error of whoever wants silence.
        with suppress(ValueError):
            await self._session.interrupt()

    def detach(self) -> None:
        """Leave both alone from now on."""
        self._watching.cancel()
        self._session.config.transport_frames = None

    def _on_frames(self, data: bytes, _is_last: bool) -> None:
        try:
            motion = decode_message(data)
        except DecodeError as error:
            self.error = self.error or error
            self._controller.yield_frames_data([data], self._controller.get_current_conversation_id())
            return
        if motion is not None:
            self._pass_on(motion.req_id, data)

    def _pass_on(self, req_id: str, data: bytes) -> None:
        if req_id in self._conversations:
            conversation_id = self._conversations[req_id]
            if conversation_id is not None:
                self._controller.yield_frames_data([data], conversation_id)
        elif self._sending or self._conversations:
            if len(self._early) < _EARLY:
                self._early.append((req_id, data))
        else:
            self._controller.yield_frames_data([data], self._controller.get_current_conversation_id())

    def _remember(self, req_id: str, conversation_id: str | None) -> None:
        self._conversations[req_id] = conversation_id
        while len(self._conversations) > _REQUESTS:
            self._conversations.popitem(last=False)

    def _forget_requests(self) -> None:
        for req_id in self._conversations:
            self._conversations[req_id] = None
        self._early.clear()

    async def _watch(self) -> None:
        async for event in self._controller.events():
            interrupted = event.kind == "conversation_end" and event.reason == "interrupted"
            if interrupted and event.conversation_id not in self._ended_here:
                self._forget_requests()
                with suppress(ValueError):
                    await self._session.interrupt()
