"""A Player on a virtual sound card: time moves only where a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import hostmode

if TYPE_CHECKING:
    import numpy.typing as npt

START = 1000.0
"""When the virtual sound card starts, in seconds."""

RAMP = 80
"""Samples of a fade, 5 ms, at 16 kHz."""

EXPRESSION = hostmode.KEYFRAME_DTYPE.fields["expression"][1] // 4 + 20
"""A channel of the keyframe that idle motion leaves alone."""


def tone(seconds: float, sample_rate: int = 16000, seed: int = 1) -> npt.NDArray[np.int16]:
    """Return PCM in which no sample is zero and no two stretches are alike."""
    samples = np.random.default_rng(seed).integers(1, 20000, round(seconds * sample_rate))
    return samples.astype(np.int16)


def keyframes(count: int, level: float = 0.0, rise: float = 0.0) -> npt.NDArray[np.float32]:
    """Return motion whose :meth:`Rig.level` starts at `level` and grows by `rise` with every keyframe."""
    values = np.zeros((count, hostmode.KEYFRAME_FLOATS), np.float32)
    values[:, EXPRESSION] = level + rise * np.arange(count)
    return values


def motion(count: int, level: float = 0.0, rise: float = 0.0, **envelope: Any) -> bytes:
    """Return one encoded motion message of :func:`keyframes`."""
    return hostmode.encode_message(keyframes(count, level, rise), **envelope)


class Rig:
    """Steps a player block by block and keeps what it played and reported.

    Parameters
    ----------
    sample_rate : int
        Hz.
    block : int, optional
        Samples of a device block; 10 ms unless told.
    **config
        Of PlayerConfig. Sound starts at once, layers are off and the seed is 0 unless told.
    """

    def __init__(self, sample_rate: int = 16000, block: int | None = None, **config: Any) -> None:
        settings = {"prebuffer": 0.0, "max_prebuffer": 0.0, "motion_wait": 0.0, "layers": False, "seed": 0, **config}
        self.player = hostmode.Player(sample_rate, hostmode.PlayerConfig(**settings))
        self.sample_rate = sample_rate
        self.block = block or sample_rate // 100
        self.frames = 0
        self.offset = 0.0
        self.blocks: list[npt.NDArray[np.int16]] = []
        self.events: list[hostmode.Event] = []

    @property
    def now(self) -> float:
        """Seconds: the instant at which the next sample is heard."""
        return START + self.offset + self.frames / self.sample_rate

    @property
    def sound(self) -> npt.NDArray[np.int16]:
        """Everything played so far."""
        return np.concatenate(self.blocks) if self.blocks else np.zeros(0, np.int16)

    def speak(self, pcm: Any, end: bool = False) -> str | None:
        return self.player.push_audio(pcm, end, now=self.now)

    def move(self, messages: Any, conversation_id: str | None) -> bool:
        return self.player.push_motion(messages, conversation_id, now=self.now)

    def pause(self) -> None:
        self.player.pause(now=self.now)

    def resume(self) -> None:
        self.player.resume(now=self.now)

    def interrupt(self) -> None:
        self.player.interrupt(now=self.now)

    def run(self, seconds: float) -> npt.NDArray[np.int16]:
        """Play for `seconds`, rounded up to whole blocks; return what was heard."""
        played = []
        until = self.frames + round(seconds * self.sample_rate)
        while self.frames < until:
            out = np.empty(self.block, np.int16)
            self.player.render_audio(out, self.now)
            self.frames += self.block
            self.player.advance(self.now)
            played.append(out)
        self.blocks += played
        self.poll()
        return np.concatenate(played)

    def poll(self) -> list[hostmode.Event]:
        """Return the events since the last poll."""
        new = self.player.poll_events()
        self.events += new
        return new

    def of_kind(self, kind: str) -> list[hostmode.Event]:
        """Return the events of one kind since the beginning."""
        self.poll()
        return [event for event in self.events if event.kind == kind]

    def states(self) -> list[str | None]:
        return [event.state for event in self.of_kind("conversation_state")]

    def ends(self) -> list[tuple[str | None, str | None]]:
        """Return the id and the cause of every end of a conversation."""
        return [(event.conversation_id, event.reason) for event in self.of_kind("conversation_end")]

    def pose(self) -> npt.NDArray[np.float32]:
        return np.asarray(self.player.sample(self.now, np.empty(hostmode.KEYFRAME_FLOATS, np.float32)))

    def level(self) -> float:
        """Return the channel that :func:`keyframes` sets, as shown now."""
        return float(self.pose()[EXPRESSION])

    def largest_step(self, seconds: float) -> float:
        """Return the largest change of the level within 10 ms while playing for `seconds`."""
        levels = [self.level()]
        for _ in range(round(seconds * 100)):
            self.run(0.01)
            levels.append(self.level())
        return float(np.max(np.abs(np.diff(levels))))

    def audio_time(self) -> float:
        return self.player.audio_time(now=self.now)


def speaking_rig(seconds: float = 2.0, **config: Any) -> tuple[Rig, str]:
    """Return a rig that has played 0.2 s of a complete utterance, and its id."""
    rig = Rig(**config)
    conversation = rig.speak(tone(seconds), end=True)
    assert conversation is not None
    rig.run(0.2)
    return rig, conversation
