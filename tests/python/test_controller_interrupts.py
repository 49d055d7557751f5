"""Ten thousand interrupts: nothing of what was cut off is heard or seen afterwards."""

from __future__ import annotations

import random
import threading
import wave

import numpy as np
from callback_device import CallbackOutput
from controller_rig import RATE, Stage, motion

from hostmode import Controller, PlayerConfig
from hostmode.audio import WavOutput

INTERRUPTS = 10_000
FADE_S = 0.005
# How many conversations may be opened for which no interrupt has come yet.
AHEAD = 1000
# The level of the sound and of the jaw says which conversation they belong to.
FIRST_LEVEL = 1000


def level_of(number: int) -> int:
    return FIRST_LEVEL + 2 * number


def sound_of(number: int, samples: int) -> np.ndarray:
    """Return a sound that alternates between its level and the opposite."""
    return np.resize(np.array([level_of(number), -level_of(number)], np.int16), samples)


def held_samples(sound: np.ndarray) -> np.ndarray:
    """Return where the sound of a conversation is at its level.

    A fade passes through many levels and holds none; where one sound decays under the next, nothing alternates.
    """
    samples = sound.astype(np.int64)
    held = (samples[2:] == -samples[1:-1]) & (samples[1:-1] == -samples[:-2]) & (samples[2:] != 0)
    return 2 + np.flatnonzero(held)


def test_ten_thousand_interrupts_at_random_times_leave_neither_sound_nor_motion(tmp_path):
    chance = random.Random(3)
    path = tmp_path / "sound.wav"
    settings = {"motion_wait": 0.0, "prebuffer": 0.0, "max_prebuffer": 0.0, "layers": False}
    config = PlayerConfig(**settings, speech_transition=0.0, idle_transition=0.0)
    s = Stage(output=WavOutput(path), config=config)
    cuts = []
    number = 0
    while len(cuts) < INTERRUPTS:
        number += 1
        level = level_of(number)
        pcm = sound_of(number, RATE // 2)
        jaw = motion(0.5, level=level / 1e5, end=chance.random() < 0.5)
        cid = s.avatar.yield_audio_data(pcm, end=chance.random() < 0.5)
        s.avatar.yield_frames_data([jaw], cid)
        if chance.random() < 0.2:
            s.avatar.pause()
        # A few interrupts come before the first sample, most in the middle.
        s.time += chance.choice([0.0, 0.001, 0.006, 0.013, 0.03])
        s.avatar.advance()
        # While a cut sound fades, it is still heard, and its keyframe seen.
        fading = {np.float32(old / 1e5) for time, old in cuts[-10:] if s.time - time < FADE_S + 1e-4}
        assert s.jaw() in {np.float32(0.0), np.float32(level / 1e5), *fading}
        s.avatar.interrupt()
        cuts.append((s.time, level))
        assert s.avatar.get_current_conversation_id() is None
        assert s.avatar.yield_frames_data([jaw], cid) is False
        if chance.random() < 0.5:
            s.time += 0.02
            s.avatar.advance()
            # The fade is over: what is seen is idle, not the keyframe of what was cut off.
            assert s.jaw() == 0.0
    s.avatar.advance()
    s.avatar.close()
    assert s.ends() == ["interrupted"] * number
    with wave.open(str(path)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    at = held_samples(heard)
    levels = np.abs(heard[at].astype(int))
    assert np.all(np.diff(levels) >= 0)
    last_of = dict(zip(levels.tolist(), at.tolist(), strict=True))
    assert len(last_of) > INTERRUPTS / 4
    for time, level in cuts:
        assert last_of.get(level, 0) <= (time - 1000.0 + FADE_S) * RATE + 1


def test_ten_thousand_interrupts_from_random_threads_leave_no_sample_and_accept_no_motion():
    output = CallbackOutput(latency=0.01)
    config = PlayerConfig(motion_wait=0.0, prebuffer=0.0, max_prebuffer=0.0)
    avatar = Controller(48000, output=output, config=config)
    pushed = 0  # the last conversation that is in for certain
    begun = 0  # callbacks, counted as they begin
    floors: list[tuple[int, int]] = []  # from this callback on, no conversation up to that number
    blocks: list[np.ndarray] = []
    surprises: list[object] = []
    left = threading.Semaphore(INTERRUPTS)
    done = threading.Event()

    def feed() -> None:
        nonlocal pushed
        while not done.is_set():
            if pushed > len(floors) + AHEAD:
                threading.Event().wait(0.001)
                continue
            avatar.yield_audio_data(sound_of(pushed + 1, 2400), end=True)
            pushed += 1

    def play(chance: random.Random) -> None:
        nonlocal begun
        while not done.is_set():
            begun += 1
            blocks.append(output.device.call(chance.randrange(32, 1024))[:, 0])

    def interrupt(chance: random.Random) -> None:
        late = motion(0.2, end=True)
        while left.acquire(blocking=False):
            gone, cid = pushed, avatar.get_current_conversation_id()
            avatar.interrupt()
            # Appended to one list by all: the interpreter lock makes each pair one step.
            floors.append((begun + 1, gone))
            if cid is not None and avatar.yield_frames_data([late], cid):
                surprises.append(cid)
            if chance.random() < 0.1:
                threading.Event().wait(0.002)

    def watched(target, *arguments) -> threading.Thread:
        def run() -> None:
            try:
                target(*arguments)
            except Exception as error:
                surprises.append(error)

        return threading.Thread(target=run)

    interrupters = [watched(interrupt, random.Random(seed)) for seed in range(4)]
    others = [watched(feed), watched(play, random.Random(9))]
    for thread in (*others, *interrupters):
        thread.start()
    for thread in interrupters:
        thread.join(120)
    done.set()
    for thread in others:
        thread.join(10)
    avatar.interrupt()
    output.device.call(1024)
    assert not output.device.call(1024).any()
    avatar.close()

    assert surprises == []
    assert len(floors) == INTERRUPTS
    gone_by = np.zeros(len(blocks) + 2, np.int64)
    for callback, gone in floors:
        gone_by[callback] = max(gone_by[callback], gone)
    gone_by = np.maximum.accumulate(gone_by)
    sounds = [np.rint(block * 32768).astype(np.int64) for block in blocks]
    numbers = [np.unique((np.abs(sound[held_samples(sound)]) - FIRST_LEVEL) // 2) for sound in sounds]
    assert sum(map(len, numbers)) > 100
    # Callback i is the i-th of the list, counted from one.
    for index, of_block in enumerate(numbers, start=1):
        assert np.all(of_block > gone_by[index]), (index, of_block, gone_by[index])
