"""What the Host Mode contract says of the first protocol, E35: taken in like today's, and without an end."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from player_rig import Rig, tone

import hostmode

VECTOR = bytes.fromhex("08ec071a150a017212100a0e2a0c0000803e0000000000000000")

#: Of the keyframe, in the order of its fields.
WIDTHS = (3, 3, 3, 3, 6, 2, 100)


def block(number: int, value: bytes) -> bytes:
    length = bytes([len(value) & 127 | 128, len(value) >> 7 & 127 | 128, len(value) >> 14])
    return bytes([number << 3 | 2]) + length + value


def first_protocol(keyframes: np.ndarray, req_id: str = "r") -> bytes:
    animation = b""
    for keyframe in keyframes:
        parts = np.split(keyframe.astype("<f4"), np.cumsum(WIDTHS)[:-1])
        animation += block(1, b"".join(block(number, part.tobytes()) for number, part in enumerate(parts, 2)))
    return b"\x08\xec\x07" + block(3, block(1, req_id.encode()) + block(2, animation))


def speech(count: int) -> np.ndarray:
    return (np.sin(np.arange(count)[:, None] / 7 + np.arange(120)) / 3).astype(np.float32)


def test_e35_published_vector_opens_the_jaw() -> None:
    motion = hostmode.decode_message(VECTOR)

    assert (motion.kind, motion.type, motion.req_id, motion.end) == ("animation", 1004, "r", False)
    assert motion.keyframes.shape == (1, 120)
    assert motion.keyframes[0, 9] == 0.25
    assert np.count_nonzero(motion.keyframes) == 1
    assert motion.replaced_animations == 0


def test_e35_poses_are_those_of_the_same_keyframes_sent_today() -> None:
    keyframes = speech(50)
    poses = []
    for message in (first_protocol(keyframes), hostmode.encode_message(keyframes, req_id="r")):
        rig = Rig(layers=False, seed=1)
        rig.move([message], rig.speak(tone(2.0), end=True))
        rig.run(1.0)
        poses.append(rig.pose())
    np.testing.assert_array_equal(poses[0], poses[1])
    assert np.abs(poses[0] - keyframes[24:27]).max(axis=1).min() < 0.1


def test_e35_conversation_without_a_motion_end_is_ended_by_the_watchdog() -> None:
    rig = Rig(end_timeout=0.5)
    conversation = rig.speak(tone(1.0), end=True)

    assert rig.move([first_protocol(speech(25))], conversation) is False
    rig.run(3.0)

    assert rig.player.conversation_id is None
    assert len(rig.of_kind("conversation_end")) == 1


@pytest.mark.parametrize("payload", [block(6, b"\x0a"), block(2, b""), b"", struct.pack("<B", 0x10) + b"\x01"])
def test_e35_type_1004_with_another_field_is_skipped_and_counted(payload: bytes) -> None:
    rig = Rig()
    conversation = rig.speak(tone(0.5), end=True)

    rig.move([b"\x08\xec\x07" + payload, b"\x08\xe9\x07" + VECTOR[3:]], conversation)

    assert rig.player.stats().unknown_messages == 2
    assert rig.player.stats().keyframes == 0
    assert rig.of_kind("error") == []
