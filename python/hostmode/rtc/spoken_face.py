"""Speech in, as an agent gives it; blocks of sound and the face that belongs to them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, Player, PlayerConfig, encode_message
from hostmode.intake import require_pcm_rate
from hostmode.motion import LocalMotion

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from hostmode.motion import MotionSource


class Report(NamedTuple):
    """What is to be told of one utterance.

    Attributes
    ----------
    kind : str
        ``"started"``: its first sample is heard. ``"finished"``: nothing more of it will be.
    position : float
        Of a finish: the seconds of its sound that were heard.
    interrupted : bool
        Of a finish: whether `SpokenFace.interrupt` ended it.
    """

    kind: Literal["started", "finished"]
    position: float = 0.0
    interrupted: bool = False


class Step(NamedTuple):
    """A block of sound that is heard when it is taken.

    Attributes
    ----------
    sound : ndarray of int16, shape (n,)
    sounds : bool
        Whether any of it belongs to an utterance.
    reports : list of Report
        Of what happened up to its end.
    """

    sound: npt.NDArray[np.int16]
    sounds: bool
    reports: list[Report]


@dataclass
class _Utterance:
    motion: MotionSource
    samples: int = 0


class SpokenFace:
    """One avatar that says utterance after utterance, with motion made of their sound.

    It reads no clock: its time is `taken_s`, seconds of sound that were taken. Times that it is given may run ahead
    of that by less than the next block, and never go back.

    Parameters
    ----------
    sample_rate : int
        Of the sound, hertz; one of `hostmode.PCM_RATES`.
    ahead : float
        Seconds between the taking of a sample and its being heard.
    motion : callable
        Makes the `hostmode.motion.MotionSource` of an utterance from the rate.
    patience : float
        Seconds after which an utterance that gets no more sound counts as complete: the word that it is may be lost.

    Raises
    ------
    ValueError
        The rate is none of those.
    """

    def __init__(
        self,
        sample_rate: int,
        *,
        ahead: float = 0.0,
        motion: Callable[[int], MotionSource] = LocalMotion,
        patience: float = 5.0,
    ) -> None:
        require_pcm_rate(sample_rate)
        self.sample_rate = sample_rate
        self.ahead = ahead
        self._make_motion = motion
        self._player = Player(sample_rate, PlayerConfig(queue=True, latency=ahead, end_timeout=patience))
        self._utterances: dict[str, _Utterance] = {}
        self._open: str | None = None
        self._taken = 0

    @property
    def taken_s(self) -> float:
        """Seconds of sound that were taken."""
        return self._taken / self.sample_rate

    @property
    def speaking(self) -> bool:
        """Whether there is an utterance that has not been heard to its end."""
        return bool(self._utterances)

    def audio(self, samples: npt.NDArray[np.int16], now: float) -> None:
        """Add mono sound, shape (n,), to the utterance; the first opens it, and it waits for the one before."""
        if not len(samples):
            return
        taken_by = self._player.push_audio(samples, now=now, conversation_id=self._open)
        if taken_by is None:
            # Given up for want of sound: what comes after all is another one.
            taken_by = self._player.push_audio(samples, now=now)
        if taken_by is None:
            return
        self._open = taken_by
        utterance = self._utterances.setdefault(taken_by, _Utterance(self._make_motion(self.sample_rate)))
        utterance.samples += len(samples)
        self._move(taken_by, utterance.motion.push(samples), now)

    def end(self, now: float) -> None:
        """Take note that the utterance is complete, if there is one."""
        ended, self._open = self._open, None
        if ended is None or ended not in self._utterances:
            return
        self._move(ended, self._utterances[ended].motion.finish(), now, end=True)
        self._player.push_audio(b"", end=True, now=now, conversation_id=ended)

    def interrupt(self, now: float) -> list[Report]:
        """Forget every utterance, also what was taken of it and is not heard yet: the caller must throw that away."""
        reports = [Report("finished", self._heard_s(one, now), True) for one in self._utterances]
        self._utterances.clear()
        self._open = None
        self._player.interrupt(now=now)
        # The fade, too: it would be heard after the silence.
        self.take(round(0.02 * self.sample_rate), now)
        return reports

    def pause(self, now: float) -> None:
        """Stand still after what was taken; nothing is lost."""
        self._player.pause(now=now)

    def resume(self, now: float) -> None:
        """Go on where it stood still."""
        self._player.resume(now=now)

    def take(self, samples: int, now: float) -> npt.NDArray[np.int16]:
        """Return the next block of sound, silence included."""
        block = np.empty(samples, np.int16)
        self._player.render_audio(block, self.taken_s + self.ahead, current_time=now, entry_time=now)
        self._taken += samples
        return block

    def step(self, samples: int) -> Step:
        """Take the next block, to be heard at once."""
        before_s = self.heard_s(self.taken_s)
        block = self.take(samples, self.taken_s)
        reports = self.reports(self.taken_s)
        # An utterance that begins or ends within the block has its sound in it; one that ends with the block before,
        # and is reported only now, has not.
        sounds = self.heard_s(self.taken_s) > before_s or bool(reports and block.any())
        return Step(block, sounds, reports)

    def heard_s(self, now: float) -> float:
        """Return the seconds of the current utterance that are heard."""
        current = self._player.conversation_id
        return 0.0 if current is None else self._heard_s(current, now)

    def pose(self, now: float) -> npt.NDArray[np.float32]:
        """Return the pose, shape (120,), that belongs to what is heard at an instant, which may lie ahead."""
        return self._player.sample(now, np.empty(KEYFRAME_FLOATS, np.float32))

    def reports(self, now: float) -> list[Report]:
        """Return what is to be told since the last call."""
        self._player.advance(now)
        reports = []
        for event in self._player.poll_events():
            # What was interrupted has been reported.
            if event.conversation_id is None or event.conversation_id not in self._utterances:
                continue
            if event.kind == "playback_started":
                reports.append(Report("started"))
            elif event.kind == "conversation_end":
                del self._utterances[event.conversation_id]
                reports.append(Report("finished", event.value or 0.0))
        return reports

    def _heard_s(self, conversation_id: str, now: float) -> float:
        if conversation_id != self._player.conversation_id or conversation_id not in self._utterances:
            return 0.0
        # Motion may go on for longer than its sound.
        whole_s = self._utterances[conversation_id].samples / self.sample_rate
        return min(self._player.audio_time(now=now), whole_s)

    def _move(self, conversation_id: str, keyframes: npt.NDArray[np.float32], now: float, end: bool = False) -> None:
        if len(keyframes) or end:
            message = encode_message(keyframes, req_id=conversation_id, end=end)
            self._player.push_motion([message], conversation_id, now=now)
