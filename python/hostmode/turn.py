"""One turn of a talk: what comes late to a turn that is over goes nowhere."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.events.journal import Journal
    from hostmode.intake import Intake

TurnState: TypeAlias = Literal["active", "playing", "paused", "ended"]


class Turn:
    """One answer of an avatar, from its first sound to its end; `Controller.open_turn` makes it.

    ::

        turn = avatar.open_turn()
        async for chunk, messages in answer:
            turn.audio(chunk)
            turn.motion(messages)
        turn.end()
        await turn.finished()               # or, when the user speaks: heard_s = turn.interrupt()

    Opening a turn ends the one before it (with ``PlayerConfig(queue=True)`` it waits for it). A turn that was
    interrupted, replaced or played to its end takes nothing more: a chunk that was on its way is discarded, counted
    (``late_audio``) and told (event ``audio_discarded``), and opens nothing. The application ends a turn: for
    ``PlayerConfig.turn_timeout`` it may be silent in the middle.

    Any thread may call any method.
    """

    def __init__(self, avatar: Intake, journal: Journal, conversation_id: str) -> None:
        self._avatar = avatar
        self._journal = journal
        self._id = conversation_id
        # Reentrant, for signal handlers.
        self._lock = threading.RLock()
        self._reason: str | None = None
        self._heard_s = 0.0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self._id

    def audio(self, data: Buffer | npt.NDArray[np.int16]) -> bool:
        """Take in audio, as `Controller.yield_audio_data` does.

        Returns
        -------
        bool
            Whether it was taken; not where the turn is over.
        """
        return self._avatar.yield_audio_data(data, conversation_id=self._id) is not None

    def motion(self, messages: Sequence[Buffer] | Buffer | None) -> bool:
        """Take in motion messages, as `Controller.yield_frames_data` does.

        Returns
        -------
        bool
            Whether the turn's final motion message is in.
        """
        return self._avatar.yield_frames_data(messages, self._id)

    def end(self) -> None:
        """Say that the audio is complete; motion may still come. Does nothing where the turn is over."""
        self._avatar.yield_audio_data(b"", end=True, conversation_id=self._id)

    def interrupt(self) -> float:
        """End the turn at once, with a fade of 5 ms. Does nothing where the turn is over.

        Where turns wait for one another (``PlayerConfig(queue=True)``), none of them goes on.

        Returns
        -------
        float
            Seconds of the turn that will have been heard when it is silent; 0.0 where it had not begun.
        """
        if self.state == "ended":
            return self._heard_s
        plays = self._journal.plays(self._id)
        heard_s = self._avatar.interrupt()
        return heard_s if plays and heard_s is not None else self.heard

    @property
    def heard(self) -> float:
        """Seconds of the turn that have been heard; once it is over, that will have been heard in all."""
        heard_s = self._journal.heard(self._id)
        return self._heard_s if self._reason is not None else heard_s

    @property
    def state(self) -> TurnState:
        """``"active"`` (not heard yet), ``"playing"``, ``"paused"`` or ``"ended"``."""
        state = self._journal.state(self._id)
        return "ended" if self._reason is not None else state

    @property
    def reason(self) -> str | None:
        """Why it is over, or ``None`` while it is not.

        One of ``"playback_end"``, ``"interrupted"``, ``"replaced"``, ``"watchdog"``, ``"network_error"`` and
        ``"server_error"``.
        """
        self._journal.state(self._id)
        return self._reason

    async def finished(self) -> float:
        """Wait until the turn is over, however it ends, and return how many seconds of it were heard."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._reason is None:
                self._waiting.append((loop, future))
            else:
                future.set_result(None)
        await future
        return self._heard_s

    def _end(self, reason: str, heard_s: float) -> None:
        """Take the end in, when it is heard or happens; from any thread, once."""
        with self._lock:
            self._heard_s = heard_s
            self._reason = reason
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_finish, future)

    def __repr__(self) -> str:
        return f"<hostmode.Turn {self._id} {self._reason or 'open'}>"


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
