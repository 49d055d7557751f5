"""A sound track and the packets beside it, into the conversations of a controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, KEYFRAME_RATE, decode_message, encode_message
from hostmode.errors import DecodeError
from hostmode.rtc.round_motion import RoundMotion
from hostmode.rtc.round_place import RoundPlace
from hostmode.rtc.rounds import PacketRounds

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.intake import Intake
    from hostmode.rtc.rounds import RoundAction
    from hostmode.turn import Turn

_FRAME_S: Final = 1.0 / KEYFRAME_RATE
# Keyframes go in so long after their sound, which the player and its device hold back for longer: by then it is known
# where in the track that is.
_BEHIND_S: Final = 0.04
# A conversation ends when its round is over and its sound has been silent for so long.
_SILENT_FOR_S: Final = 0.2
# Of a sample: -50 dB of full scale.
_AUDIBLE: Final = 100.0
# Sound without packets opens a conversation once it was audible for so long, and that is not cut off.
_AUDIBLE_FOR_S: Final = 0.03
_BEFORE_S: Final = 0.1
_KEPT_S: Final = 3.0


class IncomingSpeech:
    """Takes sound and packets of one publisher as they come, and opens a turn of `avatar` for each utterance.

    Where a packet says how loud its sound is, as those of `hostmode.rtc.livekit.publish` do, motion is put where that
    is heard in the track; elsewhere where packets and sound usually are to one another. It reads no clock and is to
    be used by one thread.

    Parameters
    ----------
    avatar : Controller
        Its rate is that of the sound.
    listens : bool
        Whether the sound is compared with what packets say of it.
    """

    def __init__(self, avatar: Intake, sample_rate: int, *, listens: bool = True) -> None:
        self._avatar = avatar
        self._rate = sample_rate
        self._rounds = PacketRounds("data")
        self._counts_before: dict[str, int] = {}  # those of rounds before a failure
        self._place = RoundPlace(sample_rate, listens=listens)
        self._kept: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._kept_from = 0  # the number of the sample at [0]
        self._received = 0
        self._given = 0  # the number of the next sample of the turn
        self._turn: Turn | None = None
        self._begin_s = 0.0  # where in the track the turn begins
        self._last: Turn | None = None  # the one before, of which some may be to be heard still
        self._wanted_s: float | None = None  # from where on a turn is wanted
        self._cut_off = False  # by the application: the rest of it is passed over
        self._motion = RoundMotion()
        self._next: RoundMotion | None = None  # opened before the turn of the other was over
        self._audible_s = 0.0
        self._silent_s = 0.0
        self._malformed = 0

    # ---- what comes

    def packet(self, payload: Buffer, now: float, due_s: float | None = None) -> None:
        """Take a packet of topic `spatialreal-animation`; one that is none is counted and changes nothing.

        `due_s` is when its newest keyframe is due, in seconds of the sender's track, where that is told.
        """
        for action in self._rounds.push(payload, now):
            self._act(action)
        position = self._rounds.newest
        if position is None:
            return
        self._newest.arrive(position, self._now_s)
        if due_s is not None:
            self._place.tie(self._newest, position, due_s)

    def sound(self, samples: npt.NDArray[np.int16], now: float) -> None:
        """Take the sound that follows, mono; any length."""
        for action in self._rounds.advance(now):
            self._act(action)
        self._place.hear(samples)
        self._kept = np.concatenate((self._kept, samples))
        self._received += len(samples)
        self._note_loudness(samples)
        self._place.look(self._newest, self._now_s)
        self._go_on()
        spare = len(self._kept) - round(_KEPT_S * self._rate)
        if spare > 0:
            self._kept = self._kept[spare:]
            self._kept_from += spare

    def restart(self) -> None:
        """Take note that another track goes on where the last one stopped: the room has reconnected."""
        self._motion.forget_arrivals()
        self._place.restart()

    def fail(self, message: str) -> None:
        """End the conversation that goes on, if there is one, since nothing of it will come for now.

        Should its publisher come back, the rest is another one.
        """
        self._counts_before = self._all_counts()
        self._rounds = PacketRounds("data")
        turn, self._turn, self._next = self._turn, None, None
        self._motion = RoundMotion()
        if turn is not None and turn.state != "ended":
            self._avatar.report_failure("network_error", message)

    @property
    def counts(self) -> dict[str, int]:
        """As `PacketRounds.counts`."""
        counts = self._all_counts()
        return {**counts, "malformed": counts["malformed"] + self._malformed}

    @property
    def confidence(self) -> float:
        """How alike the sound that was heard last is to what packets say of it, 0 to 1; 0 where nothing was told."""
        return self._place.confidence

    @property
    def correction_s(self) -> float:
        """By how much later the face is since sound was heard than it would be by what is usual, seconds."""
        return self._place.correction_s

    def _all_counts(self) -> dict[str, int]:
        return {name: count + self._counts_before.get(name, 0) for name, count in self._rounds.counts.items()}

    # ---- rounds

    @property
    def _now_s(self) -> float:
        """The end of the sound that came: the track's time."""
        return self._received / self._rate

    def _act(self, action: RoundAction) -> None:
        if action.step == "open":
            self._place.open()
            opened = RoundMotion()
            # Sound whose packets come late has its turn already.
            if self._turn is None or self._motion.base_s is None:
                self._motion = opened
            else:
                self._next = opened
        elif action.step == "frame":
            self._take(action)
        else:
            self._newest.over = True

    @property
    def _newest(self) -> RoundMotion:
        return self._motion if self._next is None else self._next

    def _take(self, action: RoundAction) -> None:
        try:
            message = decode_message(action.message)
        except DecodeError:
            self._malformed += 1
            return
        if message.kind == "server_error":
            self._avatar.report_failure("server_error", f"{message.error_code}: {message.error_message}")
            return
        if len(message.keyframes) == 0:
            return
        motion = self._newest
        motion.take(action.position, message.keyframes[0], self._now_s)
        motion.avatar_id = message.avatar_id
        self._place.expect(motion, action.position, action.message)

    # ---- turns

    def _note_loudness(self, samples: npt.NDArray[np.int16]) -> None:
        if len(samples) == 0:
            return
        seconds = len(samples) / self._rate
        audible = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) > _AUDIBLE
        self._audible_s = self._audible_s + seconds if audible else 0.0
        self._silent_s = 0.0 if audible else self._silent_s + seconds

    def _go_on(self) -> None:
        if self._turn is None and not self._open():
            return
        assert self._turn is not None
        self._give_sound()
        self._give_motion()
        if self._turn.state == "ended" and self._turn.reason != "playback_end":
            self._pass_over()
        elif self._is_over():
            self._end()

    def _open(self) -> bool:
        base_s = self._motion.base_s
        if self._wanted_s is None:
            # Sound that goes on after its turn was cut off belongs to it still.
            audible = self._audible_s >= _AUDIBLE_FOR_S and not self._cut_off
            if self._silent_s >= _SILENT_FOR_S:
                self._cut_off = False
            if base_s is None and not audible:
                return False
            since_s = self._now_s - (_BEFORE_S if self._audible_s > 0.0 else 0.0)
            self._wanted_s = base_s if self._cut_off and base_s is not None else since_s
        if self._last is not None and self._last.state != "ended":
            return False
        begin = max(self._given, self._kept_from, round(self._wanted_s * self._rate))
        if base_s is not None:
            # In whole keyframes from the first one: none has to be made of two.
            at_s = np.ceil((begin / self._rate - base_s) / _FRAME_S - 1e-6) * _FRAME_S + base_s
            begin = max(begin, round(at_s * self._rate))
            self._motion.place(at_s)
        self._turn = self._avatar.open_turn()
        self._given, self._begin_s = begin, begin / self._rate
        self._wanted_s, self._last, self._cut_off = None, None, False
        return True

    def _give_sound(self) -> None:
        assert self._turn is not None
        until = self._received
        if self._next is not None and self._next.base_s is not None:
            until = min(until, round(self._next.base_s * self._rate))
        if until <= self._given:
            return
        self._turn.audio(self._kept[self._given - self._kept_from : until - self._kept_from])
        self._given = until

    def _give_motion(self) -> None:
        assert self._turn is not None
        if self._motion.base_s is None:
            return
        if not self._motion.placed:
            self._motion.place(self._begin_s)
        frames = self._motion.frames_until(self._given / self._rate - _BEHIND_S)
        if len(frames):
            self._turn.motion([encode_message(frames, req_id=self._turn.id, avatar_id=self._motion.avatar_id)])

    def _is_over(self) -> bool:
        if self._next is not None and self._next.base_s is not None:
            return self._given >= round(self._next.base_s * self._rate)
        motion = self._motion
        shown = motion.base_s is None or (motion.over and self._now_s >= motion.end_s)
        return shown and self._silent_s >= _SILENT_FOR_S

    def _end(self) -> None:
        turn, self._turn = self._turn, None
        assert turn is not None
        if turn.reason is None:
            turn.motion([encode_message(np.empty((0, KEYFRAME_FLOATS), np.float32), req_id=turn.id, end=True)])
            turn.end()
        self._last = turn
        self._motion, self._next = self._next or RoundMotion(), None
        if self._motion.base_s is not None:
            self._wanted_s = self._given / self._rate

    def _pass_over(self) -> None:
        self._turn, self._cut_off = None, True
        if self._next is not None:
            self._motion, self._next = self._next, None
            return
        self._motion = RoundMotion()
        self._rounds.interrupt()
