"""What can be handed about is a value: it pickles, copies, compares and prints."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import wave
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hostmode
from hostmode import errors
from hostmode.events import FrameRateInfo
from hostmode.offline import render_offline

if TYPE_CHECKING:
    from pathlib import Path

RECORDING = hostmode.Recording.embedded()


def played() -> hostmode.Player:
    player = hostmode.Player(16000)
    cid = player.push_audio(RECORDING.audio[:16000], end=True, now=0.0)
    player.push_motion(RECORDING.messages[:1], cid, now=0.0)
    for block in range(20):
        player.render_audio(np.empty(160, np.int16), 0.01 * block)
    player.advance(0.2)
    return player


def error_message() -> bytes:
    text = b"\x12\x03bad"
    return b"\x08\x04\x2a" + bytes([len(text)]) + text


PLAYED = played()
VALUES: dict[str, Any] = {
    "PlayerConfig": hostmode.PlayerConfig(queue=True, seed=2**63, avatar_id="a", frame_starvation_mode="strict_sync"),
    "Motion": RECORDING.motions[0],
    "empty Motion": hostmode.decode_message(hostmode.encode_message(np.empty((0, 120)), req_id="r", end=True)),
    "Recording": RECORDING,
    "Event": PLAYED.poll_events()[0],
    "Stats": PLAYED.stats(),
    "Pose": PLAYED.sample(0.1),
    "Rendering": render_offline(RECORDING, 5.0),
    "FrameRateInfo": FrameRateInfo(60.0, 0.02, 120),
    "PlaybackError": hostmode.PlaybackError("server_error", "no more credit", "c"),
    "DecodeError": errors.DecodeError("why", 3),
    **{
        name: kind("what happened")
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.HostModeError) and kind is not errors.DecodeError
    },
}

OTHERS: dict[str, Any] = {
    "PlayerConfig": hostmode.PlayerConfig(queue=True),
    "Motion": RECORDING.motions[1],
    "Recording": hostmode.Recording(RECORDING.audio[1:], 16000, RECORDING.messages),
    "Event": hostmode.Event("conversation_state", -1.0),
    "Stats": hostmode.Player(16000).stats(),
    "Pose": PLAYED.sample(0.05),
    "Rendering": render_offline(RECORDING, 6.0),
    "PlaybackError": hostmode.PlaybackError("server_error", "no more credit", "d"),
    "DecodeError": errors.DecodeError("why", 4),
}

WAYS = {
    **{f"pickle {p}": (lambda one, p=p: pickle.loads(pickle.dumps(one, p))) for p in range(2, 6)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VALUES)
def test_value_goes_through_and_is_equal(name: str, way: str) -> None:
    value = VALUES[name]

    other = WAYS[way](value)

    assert type(other) is type(value)
    assert other == value
    assert (other != value) is False
    assert str(other) == str(value)
    if name != "Pose":
        assert hash(other) == hash(value)
        assert {value: 1}[other] == 1


@pytest.mark.parametrize("name", OTHERS)
def test_value_with_another_content_is_another(name: str) -> None:
    assert VALUES[name] != OTHERS[name]
    assert VALUES[name] != "something else"


@pytest.mark.parametrize("name", ["PlayerConfig", "Stats"])
def test_every_field_counts_and_is_carried(name: str) -> None:
    value = VALUES[name]
    names = [one for one in dir(value) if not one.startswith("_") and not callable(getattr(value, one))]

    assert value.__getstate__() == {one: getattr(value, one) for one in names}


def test_motion_carries_its_keyframes_and_every_envelope_field() -> None:
    error = hostmode.decode_message(
        hostmode.encode_message(np.ones((3, 120)), connection_id="c", req_id="r", avatar_id="a", end=True)
    )
    other = pickle.loads(pickle.dumps(error))

    np.testing.assert_array_equal(other.keyframes, error.keyframes)
    assert (other.kind, other.type, other.connection_id, other.req_id, other.avatar_id, other.end) == (
        "animation",
        5,
        "c",
        "r",
        "a",
        True,
    )


def test_repr_of_a_configuration_names_what_differs_and_can_be_evaluated() -> None:
    config = hostmode.PlayerConfig(queue=True, motion_wait=0.5)

    assert repr(config) == "PlayerConfig(queue=True, motion_wait=0.5)"
    assert eval(repr(config), {"PlayerConfig": hostmode.PlayerConfig}) == config
    assert repr(hostmode.Player(16000).stats()).startswith("Stats(prebuffer=")
    assert "keyframes=50" in repr(PLAYED.stats())


def test_replace_changes_the_given_settings_only() -> None:
    config = hostmode.PlayerConfig(queue=True, seed=7)

    changed = config.replace(motion_wait=0.0)

    assert changed == hostmode.PlayerConfig(queue=True, seed=7, motion_wait=0.0)
    assert config.motion_wait == 0.3
    if hasattr(copy, "replace"):
        assert copy.replace(config, motion_wait=0.0) == changed
    with pytest.raises(TypeError, match="no field 'motion_weight'"):
        config.replace(motion_weight=1)
    with pytest.raises(ValueError, match="motion_wait"):
        config.replace(motion_wait=-1.0)


def test_a_forged_configuration_is_refused() -> None:
    state = {**hostmode.PlayerConfig().__getstate__(), "motion_wait": -1.0}

    with pytest.raises(ValueError, match="motion_wait"):
        hostmode.PlayerConfig.__new__(hostmode.PlayerConfig).__setstate__(state)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("PlayerConfig", "motion_wait", "soon"),
        ("PlayerConfig", "queue", [1]),
        ("PlayerConfig", "seed", -1),
        ("PlayerConfig", "avatar_id", 7),
        ("Stats", "underruns", "many"),
        ("Event", "time", None),
    ],
)
def test_what_a_field_cannot_hold_is_refused_in_words_when_it_is_unpickled(name: str, field: str, value: Any) -> None:
    kind = type(VALUES[name])
    state = {**VALUES[name].__getstate__(), field: value}

    with pytest.raises(TypeError, match=rf"^{name}, unpickled: {field} is .*damaged"):
        kind.__new__(kind).__setstate__(state)


def test_a_forged_mode_is_refused_with_those_there_are() -> None:
    state = {**hostmode.PlayerConfig().__getstate__(), "frame_starvation_mode": "strict"}

    with pytest.raises(ValueError, match=r"given 'strict', wanted 'audio_independent' .* or 'strict_sync'"):
        hostmode.PlayerConfig.__new__(hostmode.PlayerConfig).__setstate__(state)


@pytest.mark.parametrize("state", [None, 3, [("queue", True)]])
def test_a_pickle_that_holds_no_fields_is_refused_in_words(state: Any) -> None:
    with pytest.raises(TypeError, match="wanted a dict"):
        hostmode.PlayerConfig.__new__(hostmode.PlayerConfig).__setstate__(state)


NUMBERS = {
    "motion_wait": (0, 60),
    "prebuffer": (0, 10),
    "stall_risk": (0.001, 0.5),
    "speech_transition": (0, 10),
    "idle_transition": (0, 10),
    "end_timeout": (0.1, 3600),
    "turn_timeout": (0.1, 86400),
    "early_motion_expiry": (0, 3600),
    "max_audio": (1, 36000),
    "max_motion": (1, 36000),
    "av_offset": (-2, 2),
    "latency": (0, 2),
}


@pytest.mark.parametrize(("name", "least", "most"), [(name, *limits) for name, limits in NUMBERS.items()])
def test_a_number_outside_its_range_is_refused_by_name_and_range(name: str, least: float, most: float) -> None:
    for allowed in (least, most):
        kept = hostmode.PlayerConfig(**{"max_prebuffer": 30, name: allowed})
        assert getattr(kept, name) == allowed
    for wrong in (least - 0.01, most + 0.01, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=rf"^{name}: given {wrong:g}, wanted {least} to {most}"):
            hostmode.PlayerConfig(**{"max_prebuffer": 30, name: wrong})
    assert f"Allowed: {least} to {most}." in (hostmode.PlayerConfig.__doc__ or "")


def test_most_prebuffer_is_at_least_the_prebuffer() -> None:
    assert hostmode.PlayerConfig(prebuffer=2.5, max_prebuffer=2.5).max_prebuffer == 2.5
    with pytest.raises(ValueError, match=r"^max_prebuffer: given 2, wanted 2.5 \(prebuffer\) to 30 seconds$"):
        hostmode.PlayerConfig(prebuffer=2.5)


def test_an_event_with_another_attribute_is_a_copy() -> None:
    event = hostmode.Event("error", 2.0, reason="server_error", message="no more credit")
    changed = event.replace(reason="network_error")

    assert changed == hostmode.Event("error", 2.0, reason="network_error", message="no more credit")
    assert event.reason == "server_error"
    with pytest.raises(TypeError, match="no field 'cause'"):
        event.replace(cause="x")


def test_pose_as_a_dict_is_ready_for_json_and_holds_every_number() -> None:
    pose = PLAYED.sample(0.1)

    told = json.loads(json.dumps(pose.to_dict()))

    assert list(told) == list(hostmode.KEYFRAME_DTYPE.names)
    np.testing.assert_array_equal(
        np.concatenate([told[name] for name in told]).astype(np.float32), hostmode.pose.as_keyframes(pose)
    )


@pytest.mark.parametrize("name", ["x.wav", "x.npz", "x.CSV"])
def test_rendering_is_saved_by_the_ending(tmp_path: Path, name: str) -> None:
    rendering = VALUES["Rendering"]
    rendering.save(tmp_path / name)

    if name == "x.wav":
        with wave.open(str(tmp_path / name)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16000)
            np.testing.assert_array_equal(np.frombuffer(sound.readframes(10**7), "<i2"), rendering.audio)
    elif name == "x.npz":
        with np.load(tmp_path / name) as stored:
            np.testing.assert_array_equal(stored["poses"], rendering.poses)
            np.testing.assert_array_equal(stored["times"], rendering.times)
    else:
        table = np.loadtxt(tmp_path / name, delimiter=",", skiprows=1, dtype=np.float32)
        np.testing.assert_array_equal(table[:, 1:], rendering.poses)


def test_rendering_with_another_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.wav, \.npz, \.csv"):
        VALUES["Rendering"].save(tmp_path / "x.mp4")
    assert not list(tmp_path.iterdir())


def render(recording: hostmode.Recording, config: hostmode.PlayerConfig) -> tuple[Any, ...]:
    return render_offline(recording, 25.0), config


def fail(_: int) -> None:
    raise hostmode.PlaybackError("server_error", "no more credit", "c")


def decode(data: bytes) -> None:
    hostmode.decode_message(data)


def test_a_worker_process_takes_values_and_gives_errors_back() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        config = hostmode.PlayerConfig(seed=7)
        rendering, echoed = pool.submit(render, RECORDING, config).result(60)
        assert rendering == render_offline(RECORDING, 25.0)
        assert echoed == config
        with pytest.raises(hostmode.PlaybackError, match="no more credit") as caught:
            pool.submit(fail, 0).result(60)
        assert (caught.value.code, caught.value.conversation_id) == ("server_error", "c")
        with pytest.raises(hostmode.DecodeError) as refused:
            pool.submit(decode, b"\x08").result(60)
        assert refused.value.offset == 1
