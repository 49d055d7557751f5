"""Where in a sound track the rounds of the packets beside it belong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hostmode._core import KEYFRAME_RATE, Listening

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.rtc.round_motion import RoundMotion

_FRAME_S: Final = 1.0 / KEYFRAME_RATE
#: By how much sound comes later than the earliest packets, before any was compared: what a sender and a receiver hold
#: of it. Measured: 93 to 110 ms on a clean link of LiveKit; where packets are late by up to 60 ms, 157 ms.
USUAL_LEAD_S: Final = 0.1
# What is known of the sender's positions is believed where it says that sound comes so much later than its packet.
_LEAD_S: Final = (-0.05, 0.8)
# Positions after a silence are wrong by the 10 ms of a source's clock and by how late a busy machine served it
# (measured: up to 17 ms). Packets that are no more than this away tell more; those that are were held up.
_POSITION_NOISE_S: Final = 0.025
# Utterances that begin nearer to one another are one.
_SAME_ROUND_S: Final = 0.02
# By how much what is believed may be wrong, and by how much it changes within a round.
_REACH_AT_FIRST_S: Final = 0.4
_REACH_S: Final = 0.1
# A network moves sound in its pauses, where nothing is heard of that, by more.
_REACH_AFTER_SILENCE_S: Final = 0.2
# The network may have been gone meanwhile.
_LOST_AFTER_S: Final = 0.5
_LOOKED_EVERY_S: Final = 0.04
# The same beginning is told again while more of it comes.
_SAME_BEGINNING_S: Final = 0.05


class RoundPlace:
    """Keeps `RoundMotion.base_s` of the newest round where its sound is heard, or where that is to be expected.

    In this order: what is heard in the track, where packets say how loud their sound is; where the sender says that
    its keyframes are due, once one of its rounds was heard; and how much later than its packets sound usually comes.
    Seconds are those of the track. It reads no clock and is to be used by one thread.

    Parameters
    ----------
    sample_rate : int
        Of the track.
    listens : bool
        Whether the sound is compared.
    """

    def __init__(self, sample_rate: int, *, listens: bool) -> None:
        self._listening = Listening(sample_rate) if listens else None
        self._looked_s = 0.0
        self._found_s = self._begun_s = -math.inf
        self._lead_s: float | None = None  # of the latest round that was heard
        self._offset_s: float | None = None  # of the track's time to the sender's, since some was compared
        self._sent_s = -math.inf  # on the sender's track: the latest round's first frame
        self.confidence = 0.0
        self.correction_s = 0.0

    def restart(self) -> None:
        """Take note that another track goes on where the last one stopped."""
        self._lead_s, self._offset_s, self._sent_s = None, None, -math.inf
        if self._listening is not None:
            self._listening.restart()

    def open(self) -> None:
        """Take note that another round begins."""
        self.confidence = self.correction_s = 0.0
        if self._listening is not None:
            self._listening.restart()

    def hear(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the sound that follows."""
        if self._listening is not None:
            self._listening.hear(samples)

    def expect(self, motion: RoundMotion, position: int, message: Buffer) -> None:
        """Take a message of the round, which `motion` has."""
        if self._listening is not None:
            self._listening.expect(position, message)
        if motion.base_s is None or not motion.heard:
            motion.base_s = self._expected_s(motion)

    def tie(self, motion: RoundMotion, position: int, due_s: float) -> None:
        """Take note of when a position of the round is due, in seconds of the sender's track."""
        if motion.base_s is None:
            return
        sent_s = due_s - position * _FRAME_S
        # A packet of a round that is over, which others have overtaken.
        if sent_s < self._sent_s + (_SAME_ROUND_S if motion.sent_s is None else -_SAME_ROUND_S):
            return
        # Later where the sender had nothing to play in between.
        moved_s = 0.0 if motion.sent_s is None else sent_s - motion.sent_s
        motion.sent_s = self._sent_s = sent_s
        motion.base_s = motion.base_s + moved_s if motion.heard else self._expected_s(motion)

    def look(self, motion: RoundMotion, now_s: float) -> None:
        """Listen for the round, up to the end of the sound that came."""
        if self._listening is None or motion.base_s is None:
            return
        reach_s = _REACH_AFTER_SILENCE_S if self._lead_s is not None else _REACH_AT_FIRST_S
        beginning = self._listening.find_beginning(motion.base_s - reach_s, motion.base_s + reach_s)
        if beginning is not None and beginning[1] > self._begun_s + _SAME_BEGINNING_S:
            self._begun_s = beginning[1]
            self._believe(motion, beginning[0])
        if now_s - self._looked_s < _LOOKED_EVERY_S:
            return
        self._looked_s = now_s
        followed = self._lead_s is not None and now_s - self._found_s < _LOST_AFTER_S
        reach_s = _REACH_S if followed else _REACH_AT_FIRST_S
        place = self._listening.find(motion.base_s - reach_s, motion.base_s + reach_s)
        self.confidence = 0.0 if place is None else place[2]
        if place is not None:
            self._found_s = now_s
            self._believe(motion, place[0])

    def _believe(self, motion: RoundMotion, base_s: float) -> None:
        motion.base_s, motion.heard = base_s, True
        self._lead_s = base_s - motion.first_arrival_s
        self.correction_s = self._lead_s - _usual_lead_s(motion)
        if motion.sent_s is not None:
            self._offset_s = base_s - motion.sent_s

    def _expected_s(self, motion: RoundMotion) -> float:
        arrival_s = motion.first_arrival_s
        if self._lead_s is None:
            return arrival_s + _usual_lead_s(motion)
        if motion.sent_s is not None and self._offset_s is not None:
            told_s = motion.sent_s + self._offset_s
            # Otherwise the network has changed: what was learnt in it holds no more.
            possible = _LEAD_S[0] < told_s - arrival_s < _LEAD_S[1]
            if possible and abs(told_s - arrival_s - self._lead_s) > _POSITION_NOISE_S:
                return told_s
        return arrival_s + self._lead_s


def _usual_lead_s(motion: RoundMotion) -> float:
    return USUAL_LEAD_S + motion.jitter_s
