"""Motion in the SEI of a video stream, from a frame of video to the face."""

from __future__ import annotations

import numpy as np
import pytest

import hostmode
from hostmode.audio import SilentOutput
from hostmode.rtc.agora import SeiReceiver
from hostmode.rtc.packet import Frame, Packet, encode_packet, insert_sei

PICTURE = b"\x00\x00\x00\x01\x65\x88\x84\x00\x00\x03\x00\x01"
JAW = 9


def payload(seq: int, *, start: bool = False, compress: bool = False) -> bytes:
    keyframe = np.zeros((1, 120), np.float32)
    keyframe[0, JAW] = 0.2
    frame = Frame(seq, hostmode.encode_message(keyframe, req_id="r"))
    return encode_packet(Packet("speech", (frame,), start=start), "sei", compress=compress)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def avatar(clock: Clock) -> hostmode.Controller:
    config = hostmode.PlayerConfig(seed=1, layers=False)
    return hostmode.Controller(output=SilentOutput(), clock=clock, config=config)


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("way", ["video", "sei"])
def test_packets_of_a_stream_move_the_face(way: str, compress: bool) -> None:
    clock = Clock()
    with avatar(clock) as controller:
        receiver = SeiReceiver(controller)
        taken, jaws = 0, []
        for seq in range(40):
            packet = payload(seq, start=seq == 0, compress=compress)
            taken += receiver.video(insert_sei(PICTURE, packet)) if way == "video" else receiver.sei(packet)
            clock.now += 0.04
            jaws.append(float(controller.sample().jaw_pose[0]))
        assert taken == 40
        assert max(jaws[:2]) < 0.1
        assert jaws[-1] == pytest.approx(0.2, abs=0.01)


def test_video_without_packets_and_malformed_packets_change_nothing() -> None:
    clock = Clock()
    with avatar(clock) as controller:
        receiver = SeiReceiver(controller)
        assert receiver.video(PICTURE) == 0
        assert receiver.video(insert_sei(PICTURE, b"\x02\x06")) == 0
        assert not receiver.sei(b"\x08\x05\x00\x00\x00zlib?")
        assert controller.stats()["malformed_packets"] == 2
        assert controller.state == "idle"


@pytest.mark.parametrize("late", [0.1, 0.3])
def test_packet_with_a_media_time_is_shown_with_its_sound(late: float) -> None:
    clock = Clock()
    with avatar(clock) as controller:
        receiver = SeiReceiver(controller)
        for seq in range(75):
            position = seq * 0.04 - late
            controller.advance_clock(10.0 + position)
            receiver.sei(payload(seq, start=seq == 0), media_time=10.0 + seq * 0.04)
            if seq > 40:
                assert controller.get_audio_time() == pytest.approx(position, abs=0.01)
            clock.now += 0.04
