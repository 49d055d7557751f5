"""The way of an application's audio into a player that runs at the rate of the device."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from hostmode import _core
from hostmode.audio.resampler import Resampler
from hostmode.errors import BufferFullError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode._core import Player, PlayerConfig

_SAMPLE_BYTES = 2
# Resampled between two looks at whether the conversation was interrupted; some 0.3 ms of work.
_PIECE_S = 0.5
# What the resampler holds back is let go when so little is left to play and so long nothing has come: sound
# is about to run dry, and the step in the filter falls into the gap.
_NEARLY_DRY_S = 0.05
_QUIET_S = 0.1


class AudioIntake:
    """Bring audio at `source_rate` into `player`, whole conversations in order, whatever the rates.

    Any thread may call any method. `interrupt` waits for no resampling.

    Parameters
    ----------
    player : Player
        Where the audio goes.
    config : PlayerConfig
        That of the player.
    source_rate : int
        Sample rate of the application's audio, Hz.
    clock : callable
        Returns the time in seconds on the player's clock.

    Raises
    ------
    AudioOutputError
        The rates differ and soxr is not installed.
    """

    def __init__(self, player: Player, config: PlayerConfig, source_rate: int, clock: Callable[[], float]) -> None:
        self._player = player
        self._config = config
        self.source_rate = source_rate
        self._clock = clock
        # Held for the whole of a chunk: chunks go in one after another.
        self._order = threading.Lock()
        # Held for one call of the player: what an interrupt cut off must not go in after it.
        self._gate = threading.Lock()
        self._closed = False
        self._interrupts = 0
        self._dangling = b""
        self._dangling_dropped = 0
        self._conversation_id: str | None = None  # of the audio in the resampler
        self._pushed_at = 0.0
        self._resampler = None if source_rate == player.sample_rate else Resampler(source_rate, player.sample_rate)

    def push(self, data: Buffer | npt.NDArray[np.int16], end: bool) -> str | None:
        """Take a chunk in and return the id of its conversation, or ``None`` if nothing was opened."""
        if self._resampler is None:
            with self._gate:
                return None if self._closed else self._player.push_audio(data, end, now=self._clock())
        pcm = _pcm_bytes(data)
        with self._order:
            return self._push_resampled(self._resampler, pcm, end)

    def interrupt(self) -> None:
        """End the conversation, and any `push` that is under way, at once."""
        with self._gate:
            self._interrupts += 1
            self._conversation_id = None
            self._player.interrupt(now=self._clock())

    def close(self) -> None:
        """Interrupt, and take nothing in any more: a `push` that comes too late does nothing."""
        with self._gate:
            self._closed = True
        self.interrupt()

    def flush_if_dry(self) -> None:
        """Let go of what the resampler holds back if the sound is about to run dry without it."""
        resampler = self._resampler
        if resampler is None or not resampler.holds_samples or self._clock() - self._pushed_at < _QUIET_S:
            return
        # A push that is under way will bring more.
        if self._player.stats().buffered_audio < _NEARLY_DRY_S and self._order.acquire(blocking=False):
            try:
                interrupts = self._interrupts
                if self._is_open():
                    self._hand_over(resampler.flush(), False, interrupts)
            finally:
                self._order.release()

    def conversation_ended(self, conversation_id: str | None) -> None:
        """Forget what belongs to a conversation that has ended."""
        with self._gate:
            if conversation_id == self._conversation_id:
                self._conversation_id = None

    @property
    def dangling_bytes_dropped(self) -> int:
        """How many conversations ended in the middle of a sample."""
        return self._dangling_dropped

    def _push_resampled(self, resampler: Resampler, pcm: memoryview, end: bool) -> str | None:
        with self._gate:
            if self._closed:
                return None
            interrupts = self._interrupts
            is_open = self._is_open()
            if not is_open and not pcm:
                # Nothing to open a conversation with: what that means, the player decides.
                return self._player.push_audio(b"", end, now=self._clock())
        duration = len(pcm) / _SAMPLE_BYTES / self.source_rate
        self._require_room(duration, is_open)
        if not is_open:
            resampler.flush()
            self._dangling = b""
            with self._gate:
                if interrupts != self._interrupts:
                    return None
                self._conversation_id = self._player.open_conversation(now=self._clock())
        conversation_id = self._conversation_id
        samples = self._whole_samples(pcm)
        piece = round(_PIECE_S * self.source_rate)
        for start in range(0, len(samples), piece):
            ready = resampler.convert(samples[start : start + piece])
            if not self._hand_over(ready, False, interrupts):
                return conversation_id
        if end:
            self._dangling_dropped += len(self._dangling)
            if self._hand_over(resampler.flush(), True, interrupts):
                with self._gate:
                    self._conversation_id = None
        return conversation_id

    def _is_open(self) -> bool:
        # With a queue the conversation that is heard may be another than the one that is being filled.
        current = self._player.conversation_id
        return self._conversation_id is not None and (
            current == self._conversation_id or (self._config.queue and current is not None)
        )

    def _hand_over(self, samples: npt.NDArray[np.int16], end: bool, interrupts: int) -> bool:
        with self._gate:
            if interrupts != self._interrupts:
                return False
            self._pushed_at = self._clock()
            self._player.push_audio(samples, end, now=self._pushed_at)
            return True

    def _require_room(self, duration: float, is_open: bool) -> None:
        # In pieces the player would accept a part and refuse the rest; a chunk goes in whole or not at all.
        keeps = is_open or self._config.queue
        buffered = self._player.stats().buffered_audio if keeps else 0.0
        if buffered + duration > self._config.max_audio:
            raise BufferFullError(
                f"{duration:.1f} s of audio on top of {buffered:.1f} s buffered exceed max_audio "
                f"({self._config.max_audio:.1f} s); push it later, or raise PlayerConfig.max_audio"
            )

    def _whole_samples(self, pcm: memoryview) -> npt.NDArray[np.int16]:
        joined: bytes | memoryview = pcm
        if self._dangling:
            joined = self._dangling + bytes(pcm)
        whole = len(joined) // _SAMPLE_BYTES * _SAMPLE_BYTES
        self._dangling = bytes(joined[whole:])
        return np.frombuffer(joined[:whole], dtype="<i2")


def require_pcm_rate(rate: int) -> None:
    """Raise ValueError unless audio may be given at `rate`."""
    if rate not in _core.PCM_RATES:
        allowed = ", ".join(map(str, _core.PCM_RATES))
        raise ValueError(f"sample_rate is {rate!r}; it must be one of {allowed} Hz: resample to one of them")


def _pcm_bytes(data: Buffer | npt.NDArray[np.int16]) -> memoryview:
    view = memoryview(data)  # type: ignore[arg-type]  # an ndarray is a buffer; typeshed says so from 3.12 on
    if view.format.lstrip("@=<") not in ("B", "b", "c", "h"):
        raise TypeError(
            f"audio holds items of format {view.format!r}; it must be bytes or 16-bit integers: "
            "convert floats with (samples * 32767).astype(numpy.int16)"
        )
    if not view.c_contiguous or sum(length > 1 for length in view.shape or ()) > 1:
        raise TypeError(
            f"audio is {'of several channels' if view.c_contiguous else 'strided'}; it must be one "
            "contiguous channel: copy it with numpy.ascontiguousarray(samples[:, 0])"
        )
    return view.cast("B")
