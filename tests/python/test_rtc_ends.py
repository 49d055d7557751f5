"""How viewers learn that an utterance is over, whichever packet of it is lost."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hostmode
from hostmode.rtc.end_markers import EndMarkers
from hostmode.rtc.packet import Frame, Packet, decode_packet
from hostmode.rtc.rounds import PacketRounds

rtc = pytest.importorskip("livekit.rtc")

from stub_room import StubRoom  # noqa: E402

from hostmode.rtc.livekit import RoomPublisher, publish  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

RATE = 16000
FRAME = RATE // 25

Sent = list[tuple[float, bytes]]


class Carriers(StubRoom):
    """Keeps what goes into a room as data packets, and what on a data track, each with its instant."""

    def __init__(self) -> None:
        self.made = []
        super().__init__()
        self.sent: dict[str, Sent] = {"packets": [], "track": []}
        self.reliable: list[bytes] = []

    async def publish_data(self, payload: bytes, *, reliable: bool, topic: str) -> None:
        self.sent["packets"].append((time.monotonic(), payload))
        if reliable:
            self.reliable.append(payload)

    async def publish_data_track(self, name: str) -> Any:
        return SimpleNamespace(try_push=self.push, unpublish=self.unpublish)

    def push(self, frame: Any) -> None:
        self.sent["track"].append((time.monotonic(), frame.payload))

    async def unpublish(self) -> None: ...


def say(speaker: RoomPublisher, frames: int, moving: int | None = None, clip: int = 1) -> None:
    speaker.audio(np.full(frames * FRAME, 1000, np.int16))
    keyframes = np.random.default_rng(clip).normal(size=(moving or frames, 120)).astype(np.float32)
    speaker.motion([hostmode.encode_message(keyframes)])


def sent_by(talk: Callable[[RoomPublisher], Awaitable[None]], after_s: float = 0.3) -> Carriers:
    """Return what a publisher sent who talked, and was closed so long after."""

    async def main() -> Carriers:
        room = Carriers()
        async with await publish(room, RATE) as speaker:
            await asyncio.sleep(0.02)
            await talk(speaker)
            await asyncio.sleep(after_s)
        return room

    return asyncio.run(main())


def ends(sent: Sent, lost: Collection[int] = ()) -> list[str]:
    """Return how the rounds ended for a viewer who did not get the packets of these numbers."""
    rounds, steps = PacketRounds("data"), []
    for number, (at, payload) in enumerate(sent):
        steps += rounds.push(payload, at) if number not in lost else rounds.advance(at)
    steps += rounds.advance(sent[-1][0] + 1.0)
    assert not rounds.is_open
    return [step.reason for step in steps if step.step == "end"]


async def complete(speaker: RoomPublisher) -> None:
    say(speaker, 10)
    speaker.end()
    await speaker.finished()


async def told_late(speaker: RoomPublisher) -> None:
    say(speaker, 10)
    await asyncio.sleep(0.7)
    speaker.end()
    await speaker.finished()


async def outlasting_its_motion(speaker: RoomPublisher) -> None:
    say(speaker, 12, moving=7)
    speaker.end()
    await speaker.finished()


async def followed_at_once(speaker: RoomPublisher) -> None:
    for clip in (1, 2):
        say(speaker, 10, clip=clip)
        speaker.end()
    await speaker.finished()


async def interrupted_by_the_same_again(speaker: RoomPublisher) -> None:
    say(speaker, 10)
    await asyncio.sleep(0.3)
    speaker.interrupt()
    say(speaker, 10)
    speaker.end()
    await speaker.finished()


def interrupted(next_after_s: float) -> Callable[[RoomPublisher], Awaitable[None]]:
    async def talk(speaker: RoomPublisher) -> None:
        say(speaker, 100)
        await asyncio.sleep(0.4)
        speaker.interrupt()
        if next_after_s:
            await asyncio.sleep(next_after_s)
        say(speaker, 10, clip=2)
        speaker.end()
        await speaker.finished()

    return talk


async def interrupted_while_paused(speaker: RoomPublisher) -> None:
    say(speaker, 100)
    await asyncio.sleep(0.3)
    speaker.pause()
    await asyncio.sleep(0.2)
    speaker.interrupt()
    await speaker.finished()


async def left_in_the_middle(speaker: RoomPublisher) -> None:
    say(speaker, 100)
    await asyncio.sleep(0.3)


@pytest.mark.parametrize("carrier", ["packets", "track"])
@pytest.mark.parametrize(
    ("talk", "wanted"),
    [
        (complete, ["end"]),
        (told_late, ["end"]),
        (outlasting_its_motion, ["end"]),
        (followed_at_once, ["end", "end"]),
        (interrupted(0.0), ["idle", "end"]),
        (interrupted(0.03), ["idle", "end"]),
        (interrupted(0.1), ["idle", "end"]),
        (interrupted_by_the_same_again, ["idle", "end"]),
        (interrupted_while_paused, ["idle"]),
    ],
)
def test_whichever_packet_is_lost_a_round_ends_as_its_sender_meant(
    talk: Any, wanted: list[str], carrier: str
) -> None:
    sent = sent_by(talk).sent[carrier]
    assert ends(sent) == wanted
    assert {number: found for number in range(len(sent)) if (found := ends(sent, {number})) != wanted} == {}


@pytest.mark.parametrize("carrier", ["packets", "track"])
@pytest.mark.parametrize("talk", [complete, interrupted(0.0), interrupted(0.1), interrupted_while_paused])
def test_two_lost_packets_in_a_row_leave_no_round_open(talk: Any, carrier: str) -> None:
    sent = sent_by(talk).sent[carrier]
    for number in range(len(sent) - 1):
        assert set(ends(sent, {number, number + 1})) <= {"end", "idle"}, number


def test_who_leaves_in_the_middle_says_so_in_a_packet_that_is_not_lost() -> None:
    room = sent_by(left_in_the_middle, after_s=0.0)
    (word,) = room.reliable
    assert decode_packet(word, "data").kind == "idle"
    for sent in room.sent.values():
        assert ends(sent) == ["idle"]


def test_who_said_nothing_or_was_told_to_be_idle_long_ago_leaves_without_a_word() -> None:
    async def nothing(_: RoomPublisher) -> None: ...

    assert sent_by(nothing).sent == {"packets": [], "track": []}
    assert not sent_by(complete, after_s=5.5).reliable


def test_a_network_that_is_gone_for_a_while_learns_the_end_when_it_is_back() -> None:
    sent = sent_by(complete, after_s=5.5).sent["packets"]
    last_s = max(at for at, payload in sent if decode_packet(payload, "data").frames)
    for gone_s in (0.1, 0.5, 1.0, 2.0):
        lost = {number for number, (at, _) in enumerate(sent) if last_s - 0.1 < at < last_s + gone_s}
        heard = [at for number, (at, _) in enumerate(sent) if at > last_s and number not in lost]
        assert heard[0] - last_s < 2.0 * gone_s + 0.1
        assert ends(sent, lost) == ["idle"]


def speech(seq: int, *, end: bool = False) -> Packet:
    return Packet("speech", (Frame(seq, b"m"),), start=seq == 0, end=end)


def told(markers: EndMarkers, begin: float, seconds: float) -> list[tuple[float, Packet]]:
    """Return what is due within so many seconds, with its instants."""
    found = []
    while markers.next_s is not None and markers.next_s <= begin + seconds:
        at = markers.next_s
        packet = markers.take(at)
        assert packet is not None
        found.append((round(at - begin, 6), packet))
    return found


def test_idle_is_told_ever_more_rarely_until_viewers_have_given_up() -> None:
    markers = EndMarkers()
    markers.speak(speech(0), 7.0)
    markers.complete()
    markers.stop()
    said = told(markers, 7.0, 60.0)
    end = Packet("speech", (Frame(0, b"m"),), start=True, end=True)
    assert said[:2] == [(0.02, end), (0.04, end)]
    assert [packet.kind for _, packet in said[2:]] == ["transition_to_idle"] + ["idle"] * 9
    gaps = np.diff([at for at, _ in said])
    assert (gaps[1:] >= gaps[:-1] - 1e-9).all()
    assert said[-1][0] > 5.0
    assert not markers.untold


def test_the_next_utterance_waits_for_the_end_of_an_interrupted_one_and_no_longer() -> None:
    markers = EndMarkers()
    markers.speak(speech(0), 3.0)
    markers.stop()
    assert markers.owed
    said = []
    while markers.owed:
        at = markers.next_s
        said.append(markers.take(at).kind)
    assert said == ["transition_to_idle", "idle", "idle"]
    assert at == pytest.approx(3.06)
    markers.speak(speech(0), at)
    assert markers.next_s is None


def test_a_complete_utterance_is_told_once_more_before_the_next_and_nothing_else() -> None:
    markers = EndMarkers()
    markers.speak(speech(4, end=True), 1.0)
    markers.complete()
    markers.complete()
    assert markers.owed
    assert markers.take(1.01) is None
    assert markers.take(1.02) == speech(4, end=True)
    assert not markers.owed
    assert markers.next_s is None


def test_nothing_is_told_of_an_utterance_that_had_no_packet() -> None:
    markers = EndMarkers()
    markers.complete()
    markers.stop()
    assert markers.next_s is None
    assert not markers.untold
