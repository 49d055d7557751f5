"""A publisher and a viewer as processes in a room, and how far the face is from the sound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from livekit_room import free_port, running_server, token

import hostmode
from hostmode.measure.clicks import JAW, click_audio, click_motion, find_clicks, find_pulses
from hostmode.measure.sync_meter import match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostmode.measure.timed_recording import TimedRecording
    from hostmode.measure.virtual_sound_card import VirtualSoundCard

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
PUBLISHER, SUBSCRIBER = EXAMPLES / "livekit_publisher.py", EXAMPLES / "livekit_subscriber.py"
# Seconds of a recording that are compared at a time, and by how much the face may be away.
WINDOW_S = 1.0
REACH_S = 0.2
VIEWERS_HZ = 48000


@dataclass
class Viewing:
    """What a viewer showed (``times``, ``poses``) and said, and what was heard of it."""

    process: subprocess.Popen[str]
    log: Path
    complaints: Path
    recording: TimedRecording
    recorder: ExitStack
    said: dict[str, Any] = field(default_factory=dict)

    def end(self) -> None:
        """Let the viewer write down what it has seen."""
        # First: without a player the card makes larger blocks, and the recording would bend in time.
        self.recorder.close()
        out, _ = self.process.communicate("", timeout=30)
        assert self.process.returncode == 0
        self.said = json.loads(out)
        with np.load(self.log) as log:
            self.times, self.poses = log["times"], log["poses"]
            count = sum(name.startswith("sound_") for name in log.files)
            self.given = [(log[f"sound_{number}"], log[f"keyframes_{number}"]) for number in range(count)]

    @property
    def card_stumbles(self) -> int:
        """How often the sound card was not served in time: a busy machine, and no errors that mean anything."""
        return self.complaints.read_text().count("underrun occurred")

    def events(self, kind: str) -> list[str | None]:
        """Return the reasons of all events of a kind."""
        return [reason for one, reason, *_ in self.said["events"] if one == kind]

    def clicks_heard_s(self) -> np.ndarray:
        """Return when each click was heard, on the clock of `hostmode.now`."""
        return self.recording.heard_at(find_clicks(self.recording.samples(), self.recording.rate))

    def click_errors_ms(self, from_s: float = 0.0) -> np.ndarray:
        """Return by how much later than its click each jaw pulse was seen, of the clicks heard from then on."""
        heard_s = self.clicks_heard_s()
        return 1000 * match(heard_s[heard_s >= from_s], find_pulses(self.times, self.poses[:, JAW]))

    def given_click_errors_ms(self) -> np.ndarray:
        """Return the same of what the player was given, whatever it and the sound card made of that."""
        errors = []
        for sound, keyframes in self.given:
            instants = np.arange(len(keyframes)) / hostmode.KEYFRAME_RATE
            pulses = find_pulses(instants, keyframes[:, JAW].astype(float))
            errors.append(1000 * match(find_clicks(sound, VIEWERS_HZ) / VIEWERS_HZ, pulses))
        return np.concatenate(errors) if errors else np.empty(0)

    def errors_ms(self, original: hostmode.Recording) -> np.ndarray:
        """Return by how much later than its sound the face was, a second of a recording at a time."""
        rate = original.sample_rate
        ratio = self.recording.rate // rate
        heard = self.recording.samples()
        heard = heard[: len(heard) // ratio * ratio].reshape(-1, ratio).mean(axis=1)
        audio = np.asarray(original.audio, np.float64)
        whole = _place(heard, audio)
        moving = np.asarray(original.keyframes, np.float64)
        instants = np.arange(len(moving)) / hostmode.KEYFRAME_RATE
        errors = []
        for begin_s in np.arange(1.0, original.duration - WINDOW_S, WINDOW_S / 2):
            first, count = round(begin_s * rate), round(WINDOW_S * rate)
            piece, reach = audio[first : first + count], round(REACH_S * rate)
            near = heard[whole + first - reach : whole + first + count + reach]
            if np.sqrt(np.mean(piece**2)) < 300 or len(near) < count + 2 * reach:
                continue
            at = whole + first - reach + _place(near, piece)
            sound_s = float(self.recording.heard_at(np.array([at * ratio + (ratio - 1) / 2]))[0]) - begin_s
            shown = (self.times > sound_s + begin_s) & (self.times < sound_s + begin_s + WINDOW_S)
            offsets = np.arange(-REACH_S, REACH_S, 0.001)
            times, poses = self.times[shown] - sound_s, self.poses[shown]
            misses = [
                sum(np.mean((poses[:, c] - np.interp(times - o, instants, moving[:, c])) ** 2) for c in _MOVING)
                for o in offsets
            ]
            errors.append(1000 * offsets[int(np.argmin(misses))])
        return np.array(errors)

    def fastest_share(self, original: hostmode.Recording) -> float:
        """Return how fast a moving value moved at most, as a share of what does not look like a jump.

        Allowed is 1.5 times the value's fastest step in the recording, or a transition's own speed.
        """
        moving = np.asarray(original.keyframes, np.float64)
        steps = np.abs(np.diff(moving, axis=0)).max(axis=0)
        used = np.flatnonzero(steps > 1e-6)
        transition = _EASE_SLOPE * np.abs(moving[:, used]).max(axis=0) / _TRANSITION_S
        allowed = np.maximum(1.5 * steps[used] * hostmode.KEYFRAME_RATE, transition)
        speed = np.abs(np.diff(self.poses[:, used].astype(float), axis=0))
        speed /= np.maximum(np.diff(self.times), 1 / 120)[:, None]
        return float((speed / allowed).max())


# Of `PlayerConfig`, and how much steeper than a line its transition is in the middle.
_TRANSITION_S = 0.32
_EASE_SLOPE = 1.5
# The jaw, and the strongest of the expression.
_MOVING = (JAW, *range(20, 30))


def _place(long: np.ndarray, piece: np.ndarray) -> int:
    """Return where in `long` the correlation with `piece` is largest."""
    size = 1 << (len(long) + len(piece)).bit_length()
    product = np.fft.irfft(np.fft.rfft(long, size) * np.conj(np.fft.rfft(piece, size)), size)
    return int(product[: len(long) - len(piece) + 1].argmax())


@contextmanager
def viewing(url: str, card: VirtualSoundCard, folder: Path) -> Iterator[Viewing]:
    """Let a process view the room, on a sound card that is recorded."""
    log, complaints = folder / "poses.npz", folder / "viewer.err"
    with ExitStack() as recorder:
        recording = recorder.enter_context(card.record(0.01))
        process = subprocess.Popen(
            [sys.executable, str(HERE / "livekit_viewer.py"), url, token("viewer"), str(log)],
            env=card.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=recorder.enter_context(complaints.open("w")),
            text=True,
        )
        with process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n", complaints.read_text()
                yield Viewing(process, log, complaints, recording, recorder)
            finally:
                process.kill()


@contextmanager
def speaking(url: str, file: Path, identity: str = "avatar") -> Iterator[subprocess.Popen[str]]:
    """Let the example speak a recording, as a process."""
    environment = {**os.environ, "LIVEKIT_URL": url, "LIVEKIT_TOKEN": token(identity)}
    command = [sys.executable, str(PUBLISHER), str(file)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


def speak(url: str, file: Path) -> str:
    """Speak a recording to its end, wait until it has been heard, and return what the publisher printed."""
    with speaking(url, file) as process:
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    time.sleep(2.5)
    return out


def outliving_its_server(file: Path, card: VirtualSoundCard, folder: Path) -> Viewing:
    """Return, ended, who views a recording whose server dies after 6 s, is back 1 s later, and carries another."""
    port = free_port()
    with ExitStack() as viewed:
        with running_server(port) as url:
            view = viewed.enter_context(viewing(url, card, folder))
            talking = viewed.enter_context(speaking(url, file))
            time.sleep(6.0)
        time.sleep(1.0)
        with running_server(port) as url:
            time.sleep(15.0)
            talking.kill()
            speak(url, file)
            view.end()
            viewed.close()
    return view


def click_recording(file: Path, seconds: float) -> Path:
    """Write clicks and pulses as a recording."""
    keyframes = np.concatenate([hostmode.decode_message(one).keyframes for one in click_motion(seconds)])
    hostmode.Recording.from_keyframes(click_audio(seconds, 16000), 16000, keyframes, req_id="clicks").save(file)
    return file


def speech_recording() -> Path | None:
    """Return the real recording, where the machine has it."""
    folder = os.environ.get("HOSTMODE_RECORDINGS")
    file = Path(folder or ".") / "speech-16k.json"
    return file if folder and file.exists() else None
