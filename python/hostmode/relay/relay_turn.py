"""One turn, as its publisher sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hostmode.relay.items import Audio, Frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hostmode.relay.turn_log import LoggedTurn

# An item fits into a frame of either protocol, and into a message of the bus (1 MB), with room to spare.
_CHUNK_BYTES: Final = 256 * 1024
_MOST_MESSAGE_BYTES: Final = 512 * 1024


class RelayTurn:
    """One turn that is published; `Relay.open_turn` makes it."""

    def __init__(
        self,
        logged: LoggedTurn,
        say: Callable[[LoggedTurn, Audio | Frames], None],
        end: Callable[[LoggedTurn], None],
        interrupt: Callable[[LoggedTurn, str], None],
    ) -> None:
        self._logged = logged
        self._say = say
        self._end = end
        self._interrupt = interrupt

    @property
    def id(self) -> str:
        """What tells it from other turns."""
        return self._logged.id

    @property
    def over(self) -> bool:
        """Whether it takes no more, as it was ended or interrupted, or another turn was opened."""
        return self._logged.over

    def audio(self, data: bytes, last: bool = False) -> None:
        """Publish a chunk of PCM, of any length. Does nothing where the turn is over."""
        if not self.over:
            for part in split_audio(Audio(bytes(data), last)):
                self._say(self._logged, part)

    def motion(self, messages: Iterable[bytes], last: bool = False) -> None:
        """Publish motion messages. Does nothing where the turn is over.

        Raises
        ------
        ValueError
            A message has more than 512 KiB; nothing of the call was published.
        """
        if not self.over:
            parts = list(_parts([bytes(message) for message in messages]))
            for number, part in enumerate(parts, start=1):
                self._say(self._logged, Frames(part, last and number == len(parts)))

    def end(self) -> None:
        """Say that all of it has been published."""
        if not self.over:
            self.audio(b"", last=True)
            self._end(self._logged)

    def interrupt(self, reason: str = "user") -> None:
        """End it at once, for all clients."""
        if not self._logged.interrupted:
            self._interrupt(self._logged, reason)


def split_audio(audio: Audio) -> Iterator[Audio]:
    """Yield it in parts that each fit into a frame."""
    final = max(0, len(audio.data) - 1) // _CHUNK_BYTES * _CHUNK_BYTES
    for start in range(0, final + 1, _CHUNK_BYTES):
        yield Audio(audio.data[start : start + _CHUNK_BYTES], audio.last and start == final)


def _parts(messages: list[bytes]) -> Iterator[tuple[bytes, ...]]:
    too_long = max(map(len, messages), default=0)
    if too_long > _MOST_MESSAGE_BYTES:
        raise ValueError(
            f"a motion message has {too_long} bytes; at most {_MOST_MESSAGE_BYTES} are carried: "
            "send fewer keyframes in one"
        )
    part: list[bytes] = []
    for message in messages:
        if part and sum(map(len, part)) + len(message) > _MOST_MESSAGE_BYTES:
            yield tuple(part)
            part = []
        part.append(message)
    yield tuple(part)
