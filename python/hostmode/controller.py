"""One avatar, live: a player, an audio output, callbacks."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, overload

from hostmode import _core
from hostmode.audio import AudioOutput, make_output
from hostmode.events import ControllerEvent
from hostmode.events.callbacks import EventSource
from hostmode.events.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode._core import PlayerConfig
    from hostmode.audio.output import Report
    from hostmode.pose import Pose

# How often events are looked for while something plays, and while nothing does.
_BUSY_INTERVAL_S = 0.01
_IDLE_INTERVAL_S = 0.25

# For all controllers of the process: a thousand of them need no more threads than one.
_ticker = Ticker("hostmode-clock")
_device_ticker = Ticker("hostmode-devices")

_outputs_in_use: weakref.WeakSet[AudioOutput] = weakref.WeakSet()
_controllers: weakref.WeakSet[Controller] = weakref.WeakSet()
_log = logging.getLogger("hostmode")


class Controller(EventSource):
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

    Callbacks are attributes, ``None`` or a callable. They run one after another on a thread of their own,
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
        _require_pcm_rate(sample_rate)
        self._output = make_output(output)
        if clock is not None and self._output.live:
            raise ValueError(
                f"{type(self._output).__name__} plays in real time and cannot follow a clock of its "
                'caller\'s; choose output="silent" or a WavOutput'
            )
        if self._output in _outputs_in_use:
            raise ValueError(f"this {type(self._output).__name__} serves another Controller; make one for each")
        super().__init__(threaded=clock is None)
        self._clock = _core.now if clock is None else clock
        # Held while what is due happens, callbacks of a caller's clock included.
        self._tick_lock = threading.RLock()

        config = _core.PlayerConfig() if config is None else config
        self._player = _core.Player(sample_rate, config, device_rate=self._output.prepare(sample_rate))
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
        if error is None:
            self.close()
            return
        try:
            self.close()
        except Exception:
            # What went wrong in the block comes first.
            _log.exception("close() failed as well")

    # ---- what is played

    def yield_audio_data(self, data: Buffer | npt.NDArray[np.int16], end: bool = False) -> str | None:
        """Take in audio of the current conversation, or open one with it.

        Parameters
        ----------
        data : buffer
            Mono 16-bit little-endian PCM at the controller's rate, of any length; an odd byte waits for the
            next chunk.
        end : bool
            The conversation's audio is complete. More audio opens another conversation, which cuts this one
            off (or waits for it with ``PlayerConfig(queue=True)``). ``yield_audio_data(b"", end=True)`` is
            the usual end marker.

        Returns
        -------
        str or None
            The conversation's id, the same for each of its chunks; ``None`` if nothing was opened.

        Raises
        ------
        BufferFullError
            More than ``max_audio`` would be buffered; nothing of this call was taken in.
        TypeError
            `data` holds floats, several channels or strided memory.
        """
        self._require_open()
        conversation_id = self._player.push_audio(data, end, now=self._clock())
        if self._closed:
            # Closed meanwhile by another thread: what was cut off must not begin anew.
            self._player.interrupt(now=self._clock())
        self._hurry()
        return conversation_id

    def yield_frames_data(self, frames: Sequence[Buffer] | Buffer | None, conversation_id: str | None) -> bool:
        """Take in motion messages of a conversation.

        Parameters
        ----------
        frames : sequence of buffers, buffer or None
            Encoded messages as they came from the server. ``[]`` or ``None`` means that no motion will come:
            the conversation goes on with audio only.
        conversation_id : str or None
            What `yield_audio_data` returned. Motion with the id of another conversation is discarded, so that
            late motion never moves the wrong utterance. ``None`` while nothing is open keeps the motion for
            the audio that follows.

        Returns
        -------
        bool
            Whether the final motion message of this conversation is in.

        Raises
        ------
        DecodeError
            A message is malformed. Nothing of this call was taken in; the conversation goes on.
        """
        self._require_open()
        try:
            return self._player.push_motion(frames, conversation_id, now=self._clock())
        finally:
            self._hurry()

    def set_audio_format(self, sample_rate: int | None = None, *, audio_format: str = "pcm") -> None:
        """Say what the audio that follows will be like, and interrupt what is playing.

        Parameters
        ----------
        sample_rate : int, optional
            Hz; unchanged where left out.
        audio_format : str
            ``"pcm"``: mono signed 16-bit little-endian.
        """
        self._require_open()
        if audio_format != "pcm":
            raise ValueError(
                f"audio_format is {audio_format!r}; this version plays 'pcm' only: decode to 16-bit mono PCM first"
            )
        rate = self._player.sample_rate if sample_rate is None else sample_rate
        _require_pcm_rate(rate)
        self._player.set_sample_rate(rate, now=self._clock())
        self._hurry()

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

    def interrupt(self) -> None:
        """End the conversation at once: a fade of 5 ms, then silence. Does nothing while idle.

        What the device has already taken, its latency, still sounds; ``stats()["heard"]`` says how far it has been
        heard, and once it is silent, where it stopped.
        """
        self._require_open()
        self._player.interrupt(now=self._clock())
        self._hurry()

    def clear(self) -> None:
        """Drop everything that was taken in and show idle motion: the same as `interrupt`."""
        self.interrupt()

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
        _ticker.remove(self._tick)
        _device_ticker.remove(self._supervise)
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

    # ---- what is seen and heard

    @overload
    def sample(self, now: float | None = None, out: None = None) -> Pose: ...
    @overload
    def sample(self, now: float | None, out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]: ...
    @overload
    def sample(self, now: float | None = None, *, out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]: ...
    def sample(
        self, now: float | None = None, out: npt.NDArray[np.float32] | None = None
    ) -> Pose | npt.NDArray[np.float32]:
        """Return the pose that belongs to the sound heard at an instant.

        Parameters
        ----------
        now : float, optional
            The instant, seconds on the controller's clock: when the frame will be seen. By default, now.
        out : array of float32, shape (120,), optional
            To be filled and returned; nothing is allocated then.

        Returns
        -------
        Pose or array
            A keyframe with named fields, or `out`.
        """
        self._require_open()
        present = self._clock()
        pose = self._player.sample(present if now is None else now, out)
        self._frame_rate.sampled(present)
        return pose

    def sample_into(self, times: npt.NDArray[np.float64], out: npt.NDArray[np.float32]) -> None:
        """Fill the poses of many instants, future ones included, as far as sound and motion are known.

        Parameters
        ----------
        times : ndarray of float64, shape (n,)
            Seconds on the controller's clock.
        out : ndarray of float32, shape (n, 120)
            To be filled.
        """
        self._require_open()
        self._player.sample_into(times, out)

    def _sampled_player(self) -> _core.Player:
        # For sample_many.
        self._require_open()
        self._frame_rate.sampled(self._clock())
        return self._player

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
            for event in self._player.poll_events():
                self._publish(ControllerEvent.of(event))
            busy = self._player.conversation_id is not None
            self._publish_frame_rate(now)
        return _BUSY_INTERVAL_S if busy else _IDLE_INTERVAL_S

    def _supervise(self) -> float:
        return self._output.supervise(_core.now())

    def _report(self, code: str, text: str) -> None:
        kind = "error" if code == "audio_output_lost" else code
        reason = code if kind == "error" else None
        self._publish(ControllerEvent(kind, self._clock(), reason=reason, message=text))


def _close_in_child() -> None:
    # The threads that drive them are the parent's; one with a clock of the caller's has none and goes on.
    for controller in list(_controllers):
        if controller._threaded:
            controller._close_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def _require_pcm_rate(rate: int) -> None:
    if rate not in _core.PCM_RATES:
        allowed = ", ".join(map(str, _core.PCM_RATES))
        raise ValueError(f"sample_rate is {rate!r}; it must be one of {allowed} Hz: resample to one of them")


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
