"""A publisher in a room of a real LiveKit server, heard and read by a client of LiveKit's own."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from livekit_room import joined, running_server

import hostmode
from hostmode.rtc.rounds import PacketRounds, RoundAction

rtc = pytest.importorskip("livekit.rtc")

from hostmode.rtc.livekit import AUDIO_TRACK, TOPIC, publish, subscribe  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.outer

RATE = 16000


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as url:
        yield url


class Listener:
    """What a client gets: the steps of rounds, and the sound of the track at 16 kHz."""

    def __init__(self, room: Any) -> None:
        self.rounds, self.steps, self.sound = PacketRounds("data"), [], []
        self.tasks: list[asyncio.Task[None]] = []
        self.track_names: list[str] = []
        room.on("data_received", self._packet)
        room.on("track_subscribed", self._track)
        self.steps: list[RoundAction]
        self.sound: list[np.ndarray]

    def _packet(self, packet: Any) -> None:
        if packet.topic == TOPIC:
            self.steps += self.rounds.push(packet.data, time.monotonic())

    def _track(self, track: Any, publication: Any, _: Any) -> None:
        self.track_names.append(publication.name)
        if track.kind != rtc.TrackKind.KIND_AUDIO:
            return
        self.tasks.append(
            asyncio.ensure_future(self._listen(rtc.AudioStream(track, sample_rate=RATE, num_channels=1)))
        )

    async def _listen(self, stream: Any) -> None:
        async for event in stream:
            self.sound.append(np.frombuffer(event.frame.data, np.int16).copy())

    def loud_s(self) -> float:
        """Return how long the sound was not silent, by blocks of 10 ms."""
        if not self.sound:
            return 0.0
        sound = np.concatenate(self.sound)
        blocks = sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(float)
        return 0.01 * float(np.sum(np.sqrt(np.mean(blocks**2, axis=1)) > 200))

    async def until(self, what: str, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds) if hasattr(asyncio, "timeout") else _unlimited():
            while not any(one.step == what for one in self.steps):
                await asyncio.sleep(0.02)


class _unlimited:  # noqa: N801
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def test_a_room_gets_the_sound_and_every_keyframe_of_an_utterance(server: str) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.int16)
    frames = np.random.default_rng(1).normal(size=(50, 120)).astype(np.float32)

    async def main() -> Listener:
        async with joined(server, "viewer") as viewer, joined(server, "avatar") as avatar:
            listener = Listener(viewer)
            async with await publish(avatar, RATE) as speaker:
                await asyncio.sleep(1.0)  # until the viewer is subscribed
                speaker.audio(tone)
                speaker.motion([hostmode.encode_message(frames)])
                speaker.end()
                await speaker.finished()
                await listener.until("end")
                await asyncio.sleep(0.3)
                assert speaker.stats == {"bare": 0, "undelivered": 0}
            for task in listener.tasks:
                task.cancel()
        return listener

    listener = asyncio.run(main())
    assert listener.track_names == [AUDIO_TRACK]
    got = {one.position: one.message for one in listener.steps if one.step == "frame"}
    assert sorted(got) == list(range(50))
    for position, message in got.items():
        np.testing.assert_array_equal(hostmode.decode_message(message).keyframes[0], frames[position])
    assert listener.loud_s() == pytest.approx(2.0, abs=0.1)


def test_an_interrupt_ends_the_sound_and_the_round_and_says_what_left(server: str) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)).astype(np.int16)
    frames = np.zeros((100, 120), np.float32)

    async def main() -> tuple[float, Listener]:
        async with joined(server, "viewer") as viewer, joined(server, "avatar") as avatar:
            listener = Listener(viewer)
            async with await publish(avatar, RATE) as speaker:
                await asyncio.sleep(1.0)
                speaker.audio(tone)
                speaker.motion([hostmode.encode_message(frames)])
                await listener.until("frame")
                await asyncio.sleep(1.0)
                heard_s = speaker.interrupt()
                await listener.until("end")
                await asyncio.sleep(0.5)
            for task in listener.tasks:
                task.cancel()
        return heard_s, listener

    heard_s, listener = asyncio.run(main())
    assert 0.8 < heard_s < 2.0
    assert listener.loud_s() == pytest.approx(heard_s, abs=0.15)
    assert [one.reason for one in listener.steps if one.step == "end"] == ["idle"]


def test_e39_motion_in_the_video_track_alone_is_told_as_an_error_and_the_sound_goes_on(server: str) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.int16)

    async def main() -> tuple[list[Any], list[Any]]:
        errors: list[Any] = []
        events: list[Any] = []
        async with (
            joined(server, "viewer") as viewer,
            joined(server, "egress") as egress,
            hostmode.Controller(48000, output="silent") as avatar,
            await subscribe(viewer, avatar),
        ):
            avatar.on_error, avatar.on_event = errors.append, events.append
            video = rtc.VideoSource(64, 64)
            track = rtc.LocalVideoTrack.create_video_track("egress-animation", video)
            await egress.local_participant.publish_track(track, rtc.TrackPublishOptions())
            flowing = asyncio.ensure_future(flow(video))
            source = rtc.AudioSource(RATE, 1)
            sound = rtc.LocalAudioTrack.create_audio_track(AUDIO_TRACK, source)
            await egress.local_participant.publish_track(sound, rtc.TrackPublishOptions())
            # Beyond the 5 s within which packets would have to come.
            for _ in range(3):
                await asyncio.sleep(1.0)
                for piece in np.split(tone, 200):
                    await source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))
                await source.wait_for_playout()
            await asyncio.sleep(1.0)
            flowing.cancel()
        return errors, events

    async def flow(video: Any) -> None:
        while True:
            video.capture_frame(rtc.VideoFrame(64, 64, rtc.VideoBufferType.RGBA, bytes(64 * 64 * 4)))
            await asyncio.sleep(0.04)

    errors, events = asyncio.run(main())
    assert [error.code for error in errors] == ["unsupported_motion"]
    assert "'egress' sends its motion in the VP8 track 'egress-animation' alone" in str(errors[0])
    ends = [event.reason for event in events if event.kind == "conversation_end"]
    assert len(ends) == 3


def test_a_room_or_controller_that_cannot_be_used_is_refused() -> None:
    async def main() -> None:
        avatar = hostmode.Controller(RATE, output="silent")
        with pytest.raises(ValueError, match="not connected"):
            await subscribe(rtc.Room(), avatar)
        avatar.close()
        with pytest.raises(hostmode.ClosedError):
            await subscribe(_Connected(), avatar)

    asyncio.run(main())


class _Connected(rtc.Room):
    def isconnected(self) -> bool:
        return True
