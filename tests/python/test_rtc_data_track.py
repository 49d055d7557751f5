"""Motion on a data track of a real LiveKit server: its positions, who gets it, and where there can be none."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from livekit_room import free_port, joined, running_server
from lossy_network import lossy_network

import hostmode
from hostmode.rtc.packet import Packet, decode_packet

rtc = pytest.importorskip("livekit.rtc")

from hostmode.rtc.livekit import DATA_TRACK, TOPIC, publish, subscribe  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.outer

RATE = 24000
FRAME = 1920  # of a position, at 48 kHz


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as url:
        yield url


class Reader:
    """What a client of LiveKit's own gets of motion: of the data track with its positions, and of the topic."""

    def __init__(self, room: Any) -> None:
        self.told: list[tuple[int | None, Packet]] = []
        self.packets: list[Packet] = []
        self.tasks: list[asyncio.Task[None]] = []
        room.on("data_track_published", lambda track: self.tasks.append(asyncio.ensure_future(self._read(track))))
        room.on("data_received", self._packet)

    def _packet(self, packet: Any) -> None:
        if packet.topic == TOPIC:
            self.packets.append(decode_packet(packet.data, "data"))

    async def _read(self, track: Any) -> None:
        assert track.info.name == DATA_TRACK
        async for frame in track.subscribe():
            self.told.append((frame.user_timestamp, decode_packet(frame.payload, "data")))


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    for _ in range(round(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about in time")


def speech(seconds: float) -> tuple[np.ndarray, list[bytes]]:
    sound = (8000 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)).astype(np.int16)
    moving = hostmode.Recording.embedded().keyframes
    return sound, [hostmode.encode_message(np.resize(moving, (round(seconds * 25), 120)))]


def test_each_keyframe_says_where_on_the_track_it_is_due_also_after_silence_and_an_interrupt(server: str) -> None:
    async def main() -> tuple[Reader, list[float]]:
        clock, began = asyncio.get_running_loop().time, []
        async with joined(server, "viewer") as viewer, joined(server, "avatar") as avatar:
            reader = Reader(viewer)
            async with await publish(avatar, RATE, carrier="track") as speaker:
                await until(lambda: reader.tasks)
                await asyncio.sleep(0.5)  # until the viewer is subscribed
                for seconds, cut in ((1.0, False), (4.0, True), (1.0, False)):
                    sound, motion = speech(seconds)
                    speaker.audio(sound)
                    speaker.motion(motion)
                    speaker.end()
                    count = len(reader.told)
                    began.append(clock())
                    await asyncio.sleep(0.8)
                    if cut:
                        speaker.interrupt()
                    await speaker.finished()
                    await until(lambda count=count: len(reader.told) > count + 5)
                    await asyncio.sleep(0.7)
                assert speaker.stats["undelivered"] == 0
        return reader, began

    reader, began = asyncio.run(main())
    assert not reader.packets
    speech_packets = [(at, one) for at, one in reader.told if one.kind == "speech"]
    # One that is lost is not sent again: what matters is said more than once.
    assert {"idle"} <= {one.kind for at, one in reader.told if at is None} <= {"transition_to_idle", "idle"}
    # The first of an utterance goes out with the second, and LiveKit may give it up for that.
    seqs = [one.frames[0].seq for _, one in speech_packets]
    firsts = [0, *(index for index in range(1, len(seqs)) if seqs[index] < seqs[index - 1])]
    assert len(firsts) == 3
    assert max(seqs[first] for first in firsts) <= 2
    starts = np.array([at - one.frames[0].seq * FRAME for at, one in speech_packets])
    begins = starts[firsts]
    assert begins[0] == 0
    # As far from one another as they were said.
    for index in (1, 2):
        assert (begins[index] - begins[0]) / 48000 == pytest.approx(began[index] - began[0], abs=0.15)
    # On a machine that is busy the source may have run dry: what follows is later then, never sooner.
    assert (np.diff(starts) >= 0).all()
    assert len(set(starts)) < 10


async def heard_by_a_viewer(server: str, carrier: Any) -> tuple[Reader, dict[str, int]]:
    """Return what a viewer got of a second of speech, and what its speaker counted."""
    async with joined(server, "viewer") as viewer, joined(server, "avatar") as avatar:
        reader = Reader(viewer)
        async with await publish(avatar, RATE, carrier=carrier) as speaker:
            await asyncio.sleep(1.0)
            sound, motion = speech(1.0)
            speaker.audio(sound)
            speaker.motion(motion)
            speaker.end()
            await speaker.finished()
            await until(lambda: reader.packets and reader.packets[-1].kind == "idle")
            return reader, speaker.stats


@pytest.mark.parametrize("carrier", ["both", "packets"])
def test_clients_of_the_topic_get_each_keyframe_whatever_else_carries_it(server: str, carrier: Any) -> None:
    reader, _ = asyncio.run(heard_by_a_viewer(server, carrier))
    assert {one.frames[0].seq for one in reader.packets if one.frames} == set(range(25))
    assert bool(reader.told) == (carrier == "both")


@pytest.mark.parametrize("carrier", ["both", "track"])
def test_a_server_without_data_tracks_carries_motion_in_packets(carrier: Any) -> None:
    with running_server(data_tracks=False) as server:
        reader, stats = asyncio.run(heard_by_a_viewer(server, carrier))
    assert {one.frames[0].seq for one in reader.packets if one.frames} == set(range(25))
    assert stats == {"bare": 0, "undelivered": 0}
    assert not reader.told


def test_who_joins_in_the_middle_of_an_utterance_gets_the_rest_of_it_on_the_data_track(server: str) -> None:
    async def main() -> dict[str, int]:
        async with joined(server, "avatar") as avatar, await publish(avatar, RATE, carrier="track") as speaker:
            sound, motion = speech(20.0)
            speaker.audio(sound)
            speaker.motion(motion)
            await asyncio.sleep(1.5)
            async with (
                joined(server, "viewer") as viewer,
                hostmode.Controller(48000, output="silent") as face,
                await subscribe(viewer, face) as subscriber,
            ):
                await until(lambda: subscriber.stats["track_frames"] > 25)
                return subscriber.stats

    stats = asyncio.run(main())
    assert stats["packets"] == stats["gated"] == 0


def test_a_carrier_that_is_none_is_refused() -> None:
    async def main() -> None:
        await publish(rtc.Room(), RATE, carrier="pigeon")  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="carrier is 'pigeon'"):
        asyncio.run(main())


class Shown:
    """Counts the keyframes that a controller was given, by conversation."""

    def __init__(self) -> None:
        self.moved_: dict[str | None, int] = {}

    def heard(self, data: Any, conversation_id: str, end: bool) -> None: ...

    def moved(self, messages: Any, conversation_id: str | None) -> None:
        count = sum(len(hostmode.decode_message(one).keyframes) for one in messages)
        self.moved_[conversation_id] = self.moved_.get(conversation_id, 0) + count


def test_a_server_that_dies_and_comes_back_carries_the_rest_on_its_data_track() -> None:
    port = free_port()

    async def main() -> tuple[dict[str, int], dict[str, int], Shown, list[str | None]]:
        shown, ends = Shown(), []
        with ExitStack() as first, ExitStack() as second:
            url = first.enter_context(running_server(port))
            async with (
                joined(url, "viewer") as viewer,
                joined(url, "avatar") as avatar,
                hostmode.Controller(48000, output="silent") as face,
                await subscribe(viewer, face) as subscriber,
                await publish(avatar, RATE, carrier="track") as speaker,
            ):
                face.follow(shown)
                face.on_event = lambda event: ends.append(event.reason) if event.kind == "conversation_end" else None
                await asyncio.sleep(1.0)
                sound, motion = speech(40.0)
                speaker.audio(sound)
                speaker.motion(motion)
                speaker.end()
                await until(lambda: subscriber.stats["track_frames"] > 20)
                await asyncio.to_thread(first.close)
                await asyncio.sleep(1.0)
                before = subscriber.stats
                given = sum(shown.moved_.values())
                await asyncio.to_thread(second.enter_context, running_server(port))
                await until(lambda: subscriber.stats["track_frames"] > before["track_frames"] + 40, 30.0)
                await until(lambda: sum(shown.moved_.values()) > given + 20)
                return before, subscriber.stats, shown, ends

    before, after, _, ends = asyncio.run(main())
    assert after["gated"] == 0
    assert before["track_frames"] > 20
    # The conversation went on, or it ended with an event and the rest is another one.
    assert ends in ([], ["network_error"])


def test_losses_and_jitter_cost_few_keyframes_on_either_carrier() -> None:
    signal, udp = free_port(), free_port(datagram=True)
    way_in = free_port(), free_port(datagram=True)

    async def main(url: str, troubled: str) -> dict[str, dict[str, int]]:
        found = {}
        for carrier in ("packets", "track"):
            async with (
                joined(troubled, "viewer") as viewer,
                joined(url, "avatar") as avatar,
                hostmode.Controller(48000, output="silent") as face,
                await subscribe(viewer, face) as subscriber,
                await publish(avatar, RATE, carrier=carrier) as speaker,  # type: ignore[arg-type]
            ):
                await asyncio.sleep(1.5)
                sound, motion = speech(8.0)
                speaker.audio(sound)
                speaker.motion(motion)
                speaker.end()
                await speaker.finished()
                await asyncio.sleep(0.5)
                found[carrier] = subscriber.stats
        return found

    with (
        running_server(signal, udp_port=udp, use_ice_lite=True, tcp_port=0) as url,
        lossy_network(signal, udp, way_in, loss=0.02, jitter_s=0.06) as troubled,
    ):
        found = asyncio.run(main(url, troubled.url))
    print(found)
    assert found["track"]["packets"] == 0
    for stats in found.values():
        assert stats["packets"] + stats["track_frames"] > 0.4 * 200
        assert stats["lost"] < 0.2 * 200
