"""One avatar, live: a player, an audio output, callbacks."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from hostmode import _core
from hostmode.audio import AudioOutput, make_output
from hostmode.clock import ControllerClock
from hostmode.events.journal import Journal
from hostmode.events.ticker import Ticker
from hostmode.intake import require_pcm_rate
from hostmode.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from hostmode._core import PlayerConfig
    from hostmode.audio.output import Report

# How often events are looked for while something plays, and while nothing does.
_BUSY_INTERVAL_S = 0.01
_IDLE_INTERVAL_S = 0.25

# For all controllers of the process: a thousand of them need no more threads than one.
_ticker = Ticker("hostmode-clock")
_device_ticker = Ticker("hostmode-devices")

_outputs_in_use: weakref.WeakSet[AudioOutput] = weakref.WeakSet()
_controllers: weakref.WeakSet[Controller] = weakref.WeakSet()
_log = logging.getLogger("hostmode")


class Controller(Showing):
    """Play conversations: audio and motion in, sound and poses in lip-sync with it out.

    ::

        with hostmode.Controller(sample_rate=16000) as avatar:
            avatar.on_conversation_state = lambda state, reason: print(state, reason)
            cid = avatar.yield_audio_data(pcm)                   # as often as audio comes
            avatar.yield_frames_data(messages, cid)              # as often as motion comes
            avatar.yield_audio_data(b"", end=True)               # the utterance is complete
            while drawing:
                draw(avatar.sample())                            # the pose of the sound heard now

    Any thread may call any method at any time, `close` included; nothing needs to be paced. After `close`
    every call raises `ClosedError`.

    A voice agent rather opens a turn for each answer: `open_turn`.

    Callbacks are attributes, ``None`` or a callable:

    =============================================  ==========================================================
    ``on_conversation_state(state, reason)``       a transition to ``"idle"``, ``"active"``, ``"playing"`` or
                                                   ``"paused"`` starts
    ``on_animation_state(state)``                  ``"mono"`` while the face shows a conversation's
                                                   motion (0.3 s without any are a hitch), else ``"idle"``
    ``on_playback_stall(stalled)``                 sound begins to wait for motion, or goes on (``strict_sync``)
    ``on_error(error)``                            a `PlaybackError`: something was amiss, playback goes on
    ``on_frame_rate_info(info)``                   a `FrameRateInfo`, once a second while poses are sampled
    ``on_event(event)``                            every `Event`, those of the others among them
    =============================================  ==========================================================

    They run one after another on a thread of their own,
    shared by all controllers: a callback that takes long delays the others, never the sound. What a callback
    raises is logged.

    Parameters
    ----------
    sample_rate : int
        Of the audio that will be given, Hz: one of 8000, 16000, 22050, 24000, 32000, 44100, 48000. It is
        converted as it is played where the device runs at another rate.
    config : PlayerConfig, optional
        Settings of playback, ``frame_starvation_mode`` among them.
    output : AudioOutput or "silent", optional
        Where the sound goes: by default the system's sound card (`SounddeviceOutput`, which has the settings
        of latency and device); ``"silent"`` for nowhere.
    clock : callable, optional
        Returns the time in seconds. With it the caller drives: nothing happens but in `advance` and in the
        calls themselves, callbacks run inside `advance`, and an hour takes as long as its arithmetic. Needs
        an output that is not live. By default time is real and drives itself.

    Raises
    ------
    ValueError
        The rate is none of these, or the output cannot follow the clock.

    Warns
    -----
    AudioOutputWarning
        There is no sound card: playback goes on unheard. The message says what to install.
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        *,
        config: PlayerConfig | None = None,
        output: AudioOutput | str | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        require_pcm_rate(sample_rate)
        self._output = make_output(output)
        if clock is not None and self._output.live:
            raise ValueError(
                f"{type(self._output).__name__} plays in real time and cannot follow a clock of its "
                'caller\'s; choose output="silent" or a WavOutput'
            )
        if self._output in _outputs_in_use:
            raise ValueError(f"this {type(self._output).__name__} serves another Controller; make one for each")
        super().__init__(threaded=clock is None)
        # Held while what is due happens, callbacks of a caller's clock included.
        self._tick_lock = threading.RLock()

        config = _core.PlayerConfig() if config is None else config
        self._player = _core.Player(sample_rate, config, device_rate=self._output.prepare(sample_rate))
        self._clock = ControllerClock(clock or _core.now, self._player, self._output, real_time=clock is None)
        self._journal = Journal(self._player, self._clock)
        self._output.start(self._player, self._clock(), _weak_report(self))
        _outputs_in_use.add(self._output)
        self._finalizer = weakref.finalize(self, _release, self._output, self._player, os.getpid())
        if self._threaded:
            _ticker.add(self._tick)
        if self._output.live:
            _device_ticker.add(self._supervise)
        _controllers.add(self)

    def __enter__(self) -> Controller:
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_after(error)

    async def __aenter__(self) -> Controller:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A device is given the time to play what it has: the loop must not stand still meanwhile.
        if self._output.live:
            await asyncio.to_thread(self._close_after, error)
        else:
            self._close_after(error)

    def _close_after(self, error: BaseException | None) -> None:
        try:
            self.close()
        except Exception:
            if error is None:
                raise
            # What went wrong in the block comes first.
            _log.exception("close() failed as well")

    # ---- how it is played

    def pause(self) -> None:
        """Hold sound and motion; audio and motion may still be given. Does nothing while idle or paused."""
        self._require_open()
        self._player.pause(now=self._clock())
        self._hurry()

    def resume(self) -> None:
        """Go on after `pause`, losing and repeating nothing. Does nothing while not paused."""
        self._require_open()
        self._player.resume(now=self._clock())
        self._hurry()

    def close(self) -> None:
        """End playback for good; what has been played already is heard to its end.

        No callback runs after this has returned, asynchronous iterators end, and every other call raises
        `ClosedError`. Closing twice does nothing.

        Raises
        ------
        AudioOutputError
            The output could not be completed, such as a file on a full disk; all is closed nevertheless.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._player.interrupt(now=self._clock())
            self._journal.close()
        _ticker.remove(self._tick)
        _device_ticker.remove(self._supervise)
        self._close_portrait()
        try:
            self._finalizer()
        finally:
            self._end_events()

    @property
    def volume(self) -> float:
        """Loudness from 0.0 (silent) to 1.0 (as given); anything else is a `ValueError`."""
        self._require_open()
        return self._player.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._require_open()
        self._player.volume = volume

    def set_volume(self, volume: float) -> None:
        """Set `volume`."""
        self.volume = volume

    def get_volume(self) -> float:
        """Return `volume`."""
        return self.volume

    # ---- what is heard

    def get_audio_time(self) -> float:
        """Return how many seconds of the current conversation have been heard; 0.0 while idle."""
        self._require_open()
        return self._player.audio_time(now=self._clock())

    def get_current_conversation_id(self) -> str | None:
        """Return the id of the current conversation; ``None`` while idle and after its end."""
        self._require_open()
        return self._player.conversation_id

    @property
    def state(self) -> str:
        """``"idle"``, ``"active"``, ``"playing"`` or ``"paused"``."""
        self._require_open()
        return self._player.state

    @property
    def sample_rate(self) -> int:
        """Of the audio that is given, Hz."""
        self._require_open()
        return self._player.sample_rate

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until everything that was taken in has been heard and the callbacks that say so have run.

        For a controller that runs in real time; not to be called from a callback.

        Parameters
        ----------
        timeout : float, optional
            The most to wait, seconds.

        Returns
        -------
        bool
            Whether it is idle now.
        """
        deadline = None if timeout is None else _core.now() + timeout
        while True:
            self._require_open()
            # Looked at before the events are fetched: what made it idle is then among them.
            idle = self._player.conversation_id is None
            self._tick()
            with self._delivered:
                if idle and self._undelivered == 0:
                    return True
                wait_s = _BUSY_INTERVAL_S if deadline is None else min(_BUSY_INTERVAL_S, deadline - _core.now())
                if wait_s <= 0.0:
                    return False
                self._delivered.wait(wait_s)

    async def idle(self) -> None:
        """Wait until everything that was taken in has been heard and the callbacks that say so have run."""
        while True:
            self._require_open()
            idle = self._player.conversation_id is None
            delivered = self._journal.empty
            with self._delivered:
                if idle and delivered and self._undelivered == 0:
                    return
            self._hurry()
            await asyncio.sleep(_BUSY_INTERVAL_S)

    def stats(self) -> dict[str, Any]:
        """Return counters and gauges of the player, the output and the callbacks; durations in seconds.

        Among them ``heard``, the position of the current or the last conversation at the ear.
        """
        self._require_open()
        self._player.advance(self._clock())
        stats = self._player.stats()
        named: dict[str, Any] = {name: getattr(stats, name) for name in dir(stats) if not name.startswith("_")}
        named["dropped_events"] += self._pending.dropped
        named.update(self._output.stats())
        return named

    def advance(self) -> None:
        """Let happen what is due by the clock that was given to the controller, and run callbacks.

        For a controller with a clock of the caller's; one that runs in real time needs no call and does
        nothing.
        """
        self._require_open()
        if not self._threaded:
            self._tick()

    # ---- threads

    def _hurry(self) -> None:
        if self._threaded:
            _ticker.hurry(self._tick)

    def _tick(self) -> float:
        with self._tick_lock:
            if self._closed:
                return _IDLE_INTERVAL_S
            now = self._clock()
            self._output.advance(self._player, now)
            self._journal.collect()
            while (event := self._journal.take()) is not None:
                self._publish(event)
            busy = self._player.conversation_id is not None
            self._publish_frame_rate(now)
        return _BUSY_INTERVAL_S if busy else _IDLE_INTERVAL_S

    def _supervise(self) -> float:
        return self._output.supervise(_core.now())

    def _report(self, code: str, text: str) -> None:
        kind = "error" if code == "audio_output_lost" else code
        reason = code if kind == "error" else None
        self._publish(_core.Event(kind, self._clock(), reason=reason, message=text))


def _close_in_child() -> None:
    # The threads that drive them are the parent's; one with a clock of the caller's has none and goes on.
    for controller in list(_controllers):
        if controller._threaded:
            controller._close_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def _weak_report(controller: Controller) -> Report:
    # The output must not keep a controller alive that nobody uses any more.
    reference = weakref.ref(controller)

    def report(code: str, text: str) -> None:
        alive = reference()
        if alive is not None:
            alive._report(code, text)

    return report


def _release(output: AudioOutput, player: _core.Player, owner: int) -> None:
    """End what a controller leaves behind that was closed, or that nobody closed."""
    # A forked child has the objects of its parent but not their threads, and must not end what the parent plays.
    if os.getpid() != owner:
        return
    if output.live:
        # Or the wait for the last sound would be one for the end of the utterance.
        player.interrupt(now=_core.now())
    output.close()
