"""Poses of a controller: one, many, ahead of time, and how often they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from controller_rig import Stage, motion, tone

import hostmode
from hostmode import ClosedError


def speaking(seed: int = 0) -> Stage:
    stage = Stage(config=hostmode.PlayerConfig(motion_wait=0.0, seed=seed))
    cid = stage.avatar.yield_audio_data(tone(2.0), end=True)
    stage.avatar.yield_frames_data([motion(2.0, rise=0.004, end=True)], cid)
    stage.play(0.5)
    return stage


def test_sample_into_is_sample_at_each_instant():
    stage = speaking()
    times = stage.time - np.array([0.1, 0.03, 0.0])
    poses = np.empty((3, hostmode.KEYFRAME_FLOATS), np.float32)

    stage.avatar.sample_into(times, poses)

    for time, pose in zip(times, poses, strict=True):
        np.testing.assert_array_equal(pose, stage.avatar.sample(time, np.empty(hostmode.KEYFRAME_FLOATS, np.float32)))
    assert poses[0, 9] < poses[1, 9] < poses[2, 9]


def test_sample_many_takes_controllers_and_players_alike():
    stages = [speaking(1), speaking(2)]
    player = hostmode.Player(16000)
    poses = np.empty((3, hostmode.KEYFRAME_FLOATS), np.float32)

    hostmode.sample_many([stages[0].avatar, player, stages[1].avatar], stages[0].time, poses)

    for stage, pose in zip(stages, (poses[0], poses[2]), strict=True):
        np.testing.assert_array_equal(pose, hostmode.pose.as_keyframes(stage.avatar.sample(stage.time)))
    stages[1].avatar.close()
    with pytest.raises(ClosedError):
        hostmode.sample_many([stages[1].avatar], 0.0, poses[:1])
    with pytest.raises(TypeError, match="players: given a str, wanted Players or Controllers"):
        hostmode.sample_many(["x"], 0.0, poses[:1])


def test_now_is_a_keyword_everywhere():
    stage, player = speaking(), hostmode.Player(16000)

    assert stage.avatar.sample(now=stage.time) == stage.avatar.sample(stage.time) == stage.avatar.sample()
    assert player.sample(now=1.0) == player.sample(1.0)
    out = np.empty(hostmode.KEYFRAME_FLOATS, np.float32)
    assert player.sample(now=1.0, out=out) is out
    assert stage.avatar.sample(out=out) is out


def drawn(draw, frames: int = 180, rate: float = 60.0) -> hostmode.FrameRateInfo:
    """Return what the controller says last about a loop that calls `draw` for each frame."""
    stage = Stage()
    infos: list[hostmode.FrameRateInfo] = []
    stage.avatar.on_frame_rate_info = infos.append
    for _ in range(frames):
        stage.play(1 / rate)
        draw(stage)
    return infos[-1]


def two_windows(stage: Stage) -> None:
    stage.avatar.sample(stage.time + 0.011)
    stage.time += 0.0004
    stage.avatar.sample(stage.time - 0.05)


@pytest.mark.parametrize(
    "draw",
    [
        lambda stage: stage.avatar.sample(),
        lambda stage: [stage.avatar.sample(stage.time + 0.01) for _ in range(2)],
        lambda stage: stage.avatar.sample(stage.time + 0.1),
        lambda stage: [stage.avatar.sample(stage.time + ahead) for ahead in (0.05, -0.05)],
        lambda stage: hostmode.sample_many([stage.avatar], stage.time, np.empty((1, 120), np.float32)),
    ],
    ids=["one view", "two eyes", "ahead", "one ahead and one behind", "sample_many"],
)
@pytest.mark.parametrize("rate", [24.0, 60.0, 240.0])
def test_frame_rate_is_that_of_the_frames_however_many_poses_each_takes(draw, rate: float):
    info = drawn(draw, round(3 * rate), rate)

    assert info.display_fps == pytest.approx(rate, rel=1e-3)
    assert info.longest_frame == pytest.approx(1 / rate, rel=1e-3)


def test_poses_of_one_frame_a_little_apart_are_one_frame():
    assert drawn(two_windows).display_fps == pytest.approx(60.0, rel=0.03)


@pytest.mark.parametrize("wrong", ["soon", float("nan"), [1.0], None])
def test_an_instant_that_is_refused_is_no_frame_and_harms_nothing(wrong):
    def draw(stage: Stage) -> None:
        if wrong is not None:
            with pytest.raises((TypeError, ValueError)):
                stage.avatar.sample(wrong)
        stage.avatar.sample()

    assert drawn(draw).display_fps == pytest.approx(60.0, rel=1e-3)
