"""Rounds out of RTC packets: which frames belong to one utterance, in which order, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from hostmode import _core
from hostmode.rtc.packet import inflate

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from hostmode.rtc.packet import Profile

__all__ = ["PacketRounds", "RoundAction"]

#: Seconds. Twice the period of the packets: a copy comes half a period after the first.
DEFAULT_PATIENCE_S: Final = 0.08

Step = Literal["open", "frame", "end"]


class RoundAction(NamedTuple):
    """One step of a round.

    Attributes
    ----------
    step : str
        ``"open"``, ``"frame"`` or ``"end"``. Rounds follow one another: each is opened and ended once.
    reason : str
        Of an end: ``"end"`` (the sender said that it is complete), ``"idle"`` (that no more of it comes),
        ``"replaced"`` by the next round without word of either, or ``"stalled"``: nothing new for 5 s.
    position : int
        Of a frame: in frames of 40 ms from the beginning of the round. It rises, and may leave holes, where
        frames were lost.
    message : bytes
        Of a frame: an encoded motion message.
    """

    step: Step
    reason: str
    position: int
    message: bytes


class PacketRounds:
    """Puts packets in order, whatever the network did to them.

    A copy is passed over, also of a round that is over. What others have overtaken is waited for; a hole is passed
    over once that took too long, or filled by what later packets repeat. A round needs neither its first nor its
    last packet. It reads no clock and is to be used by one thread at a time.

    Parameters
    ----------
    profile : str
        Of the packets, as `hostmode.rtc.packet.decode_packet` takes it.
    patience : float
        Seconds to wait for a frame that others have overtaken, and, once a packet says idle, for one that may
        still belong to the round.
    """

    def __init__(self, profile: Profile, *, patience: float = DEFAULT_PATIENCE_S) -> None:
        if not 0.0 <= patience <= 1.0:
            raise ValueError(f"patience is {patience}; it must be 0 to 1 seconds")
        self._rounds = _core.PacketRounds(profile, inflate, patience)

    def push(self, payload: Buffer, now: float) -> list[RoundAction]:
        """Take one packet at `now`, in seconds of any one clock, and return what follows.

        What is no packet is counted (``malformed``) and changes nothing.
        """
        return _named(self._rounds.push(payload, now))

    def advance(self, now: float) -> list[RoundAction]:
        """Return what follows from time alone; to be called while no packets come, a few times a second."""
        return _named(self._rounds.advance(now))

    def interrupt(self) -> None:
        """Forget the round that goes on, without an end for it.

        Until a packet that starts another one comes, or an idle one, no round begins.
        """
        self._rounds.interrupt()

    @property
    def is_open(self) -> bool:
        """Whether a round goes on."""
        return self._rounds.is_open

    @property
    def newest(self) -> int | None:
        """The position of the newest frame of the packet that was pushed last, whether or not it was a copy.

        In the round that is open, or was last; of a packet of another round it lies outside of it. ``None`` where
        the packet carried none.
        """
        return self._rounds.newest

    @property
    def counts(self) -> dict[str, int]:
        """How many by name; ``duplicates``, ``late``, ``lost`` and ``gated`` frames, ``malformed`` packets.

        Late are frames that come after a later one was returned, gated those after an interrupt.
        """
        return self._rounds.counts


def _named(actions: list[tuple[str, str, int, bytes]]) -> list[RoundAction]:
    return [RoundAction(cast("Step", step), reason, at, message) for step, reason, at, message in actions]
