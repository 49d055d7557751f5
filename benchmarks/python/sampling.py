"""Sampling from Python: calls of a speaking avatar against an empty bound call and NumPy. Prints JSON: ns a call.

Usage: sampling.py DIRECTORY_OF_EMPTY_CALL
"""

from __future__ import annotations

import functools
import itertools
import json
import sys
from typing import TYPE_CHECKING

import numpy as np
from interleave import each, interleave

import hostmode

if TYPE_CHECKING:
    from collections.abc import Callable

CROWD = 64
SPEECH_S = 6.0


def speaking_player(seed: int) -> hostmode.Player:
    """Return a player in the middle of an utterance whose motion moves what real streams move."""
    rng = np.random.default_rng(seed)
    keyframes = np.zeros((round(SPEECH_S * 25), 120), np.float32)
    keyframes[:, [6, 7, 8, 9, *range(20, 70)]] = 0.1 * rng.standard_normal((len(keyframes), 54))
    player = hostmode.Player(16000)
    pcm = np.full(round(SPEECH_S * 16000), 1000, np.int16)
    conversation = player.push_audio(pcm, end=True, now=0.0)
    player.push_motion([hostmode.encode_message(keyframes, end=True)], conversation, now=0.0)
    player.render_audio(np.empty(len(pcm), np.float32), dac_time=0.0)
    for now in np.arange(0.0, 2.0, 1 / 60):
        player.advance(now)
    return player


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import empty_call

    players = [speaking_player(seed) for seed in range(CROWD)]
    player, empty = players[0], empty_call.Empty()
    pose = np.empty(120, np.float32)
    poses = np.empty((CROWD, 120), np.float32)
    before, after = (np.random.default_rng(i).standard_normal(120).astype(np.float32) for i in range(2))
    step = np.empty_like(pose)

    def at_each_instant(call: Callable[..., object], *arguments: object) -> Callable[[int], None]:
        present = map((2.0).__add__, itertools.count(0.0, 1e-9))

        def run(count: int) -> None:
            for now in itertools.islice(present, count):
                call(now, *arguments)

        return run

    def numpy_lerp() -> None:
        np.subtract(after, before, out=step)
        np.multiply(step, 0.25, out=step)
        np.add(before, step, out=pose)

    seconds = interleave(
        {
            "empty call": at_each_instant(empty.call, pose),
            "sample(now, out)": at_each_instant(player.sample, pose),
            "sample(now)": at_each_instant(player.sample),
            "sample_many, one of 64": at_each_instant(functools.partial(hostmode.sample_many, players), poses),
            "NumPy lerp": each(numpy_lerp),
        }
    )
    assert np.abs(pose).max() > 0.0
    assert np.all(np.abs(poses).max(axis=1) > 0.0)
    seconds["sample_many, one of 64"] /= CROWD
    print(json.dumps({name: 1e9 * s for name, s in seconds.items()}))


if __name__ == "__main__":
    main()
