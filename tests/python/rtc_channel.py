"""A publisher of clicks, a room in simulated time that delays and loses, and a controller that plays what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import hostmode
from hostmode.measure.clicks import JAW, click_audio, click_motion, find_clicks, find_pulses
from hostmode.rtc.incoming import IncomingSpeech
from hostmode.rtc.outgoing import OutgoingSpeech
from hostmode.rtc.packet import Packet, encode_packet

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE = 16000
BLOCK = RATE // 100


class Channel:
    """A room in simulated time: sound comes out of the track `delay` later than its packet is sent.

    `told`: packets say where on the sender's track they belong. `late_s`: so much later than usually packets come;
    `jitter_s`: by up to so much more. `moves`: at an instant of what is said, sound begins to come so much later.
    `gone`: from an instant on nothing comes for so long, until the room has reconnected.
    """

    def __init__(
        self,
        delay: float = 0.15,
        *,
        lost: Sequence[int] = (),
        loud: bool = True,
        told: bool = False,
        jitter_s: float = 0.0,
        listens: bool = True,
        avatar_id: str = "",
    ) -> None:
        self.now = 100.0
        config = hostmode.PlayerConfig(layers=False, avatar_id=avatar_id)
        self.avatar = hostmode.Controller(RATE, output="silent", clock=lambda: self.now, config=config)
        self.events: list[Any] = []
        self.avatar.on_event = self.events.append
        self.avatar.follow(self)
        self.heard_: dict[str, list[np.ndarray]] = {}
        self.incoming = IncomingSpeech(self.avatar, RATE, listens=listens)
        self.delay, self.lost, self.loud, self.told, self.late_s = delay, lost, loud, told, 0.0
        self.jitter_s, self.chance = jitter_s, np.random.default_rng(3)
        self.moves: tuple[float, float] | None = None
        self.gone: tuple[float, float] | None = None
        self.senders_zero_s = SENDERS_ZERO_S
        self.block = BLOCK
        self.shown: dict[str, list[tuple[float, float]]] = {}
        self.silence(0.5)

    def heard(self, data: Any, conversation_id: str, end: bool) -> None:
        self.heard_.setdefault(conversation_id, []).append(np.frombuffer(data, np.int16).copy())

    def moved(self, frames: Any, conversation_id: str | None) -> None: ...

    def silence(self, seconds: float) -> None:
        self.run(np.zeros(round(seconds * RATE), np.int16), [])

    def run(self, track: np.ndarray, packets: list[tuple[float, float | None, bytes]]) -> None:
        """Deliver a track, and packets at times from now, with what they tell of where they belong."""
        begun = self.now
        queue = sorted(packets, key=lambda one: one[0])
        for start in range(0, len(track) - self.block + 1, self.block):
            while queue and begun + queue[0][0] <= self.now + 1e-9:
                due_s, payload = queue.pop(0)[1:]
                self.incoming.packet(payload, self.now, due_s)
            self.incoming.sound(track[start : start + self.block], self.now)
            self.avatar.advance()
            cid = self.avatar.get_current_conversation_id()
            if cid is not None:
                jaw = float(self.avatar.sample(None, _POSE)[JAW])
                self.shown.setdefault(cid, []).append((self.avatar.get_audio_time(), jaw))
            self.now += self.block / RATE

    def say(self, *utterances: tuple[np.ndarray, list[bytes]], tail: float = 2.0) -> None:
        speech = OutgoingSpeech(RATE, 0.0)
        for audio, motion in utterances:
            speech.audio(audio)
            speech.motion(motion)
            speech.end()
        sound, packets = [np.zeros(round(self.delay * RATE), np.int16)], []
        at = 0.0
        while (frame := speech.take(at)) is not None:
            samples, packet = frame
            sound.append(samples)
            if packet is not None and len(packets) not in self.lost:
                if not self.loud:
                    packet = Packet(
                        packet.kind, tuple(_plain(one) for one in packet.frames), packet.start, packet.end
                    )
                due_s = self.now + at - self.senders_zero_s if self.told else None
                late_s = self.late_s + self.chance.uniform(0.0, self.jitter_s)
                packets.append((at + late_s, due_s, encode_packet(packet, "data")))
            elif packet is not None:
                packets.append((at, None, b"\xff"))
            at += 0.04
        packets += [(at + 0.04 * i, None, encode_packet(Packet("idle"), "data")) for i in range(3)]
        sound.append(np.zeros(round(tail * RATE), np.int16))
        track = np.concatenate(sound)
        if self.moves is not None:
            at, moved = round((self.moves[0] + self.delay) * RATE), round(self.moves[1] * RATE)
            more = np.zeros(max(moved, 0), np.int16)
            track = np.concatenate((track[: at + min(moved, 0)], more, track[at:]))
        if self.gone is None:
            self.run(track, packets)
        else:
            from_s, for_s = self.gone
            again_s = from_s + for_s
            self.run(track[: round(from_s * RATE)], [one for one in packets if one[0] < from_s])
            self.incoming.restart()
            rest = [(at - again_s, due_s, packet) for at, due_s, packet in packets if at >= again_s]
            self.run(track[round(again_s * RATE) :], rest)

    def reasons(self) -> list[str | None]:
        """Return why conversations ended."""
        return [event.reason for event in self.events if event.kind == "conversation_end"]

    def errors_ms(self) -> np.ndarray:
        """Return by how much later than its click each jaw pulse was shown, in all conversations."""
        errors = []
        for cid, pieces in self.heard_.items():
            clicks = find_clicks(np.concatenate(pieces), RATE) / RATE
            times, jaw = np.array(self.shown[cid]).T
            moving = np.diff(times, prepend=-1.0) > 0
            pulses = find_pulses(times[moving], jaw[moving])
            distance = pulses[None, :] - clicks[:, None]
            nearest = np.abs(distance).argmin(axis=1)
            errors += (1000 * distance[np.arange(len(clicks)), nearest]).tolist()
        return np.array(errors)


_POSE = np.empty(120, np.float32)
# When the sender's track began.
SENDERS_ZERO_S = 57.3


def _plain(frame: Any) -> Any:
    return type(frame)(frame.seq, hostmode.encode_message(hostmode.decode_message(frame.message).keyframes))


def clicks(seconds: float) -> tuple[np.ndarray, list[bytes]]:
    return click_audio(seconds, RATE), click_motion(seconds)
