"""What a player tells, on its way to the application."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode._core import Event, Player
    from hostmode.turn import Turn


class Journal:
    """Fetch the events of `player`, and tell each turn of its end before anybody hears of it.

    Any thread may call any method; none of them calls the application.
    """

    def __init__(self, player: Player, clock: Callable[[], float]) -> None:
        self._player = player
        self._clock = clock
        # Reentrant, for signal handlers.
        self._lock = threading.RLock()
        self._events: deque[Event] = deque()
        self._turns: weakref.WeakValueDictionary[str, Turn] = weakref.WeakValueDictionary()
        self._failures: dict[str, str] = {}

    def follow(self, opened: Callable[[], Turn]) -> Turn:
        """Return the turn that `opened` opens, and tell it of its end, however soon another thread ends it."""
        with self._lock:
            turn = opened()
            self._turns[turn.id] = turn
        return turn

    def plays(self, conversation_id: str) -> bool:
        """Whether a conversation is the current one."""
        return self._player.conversation_id == conversation_id

    def heard(self, conversation_id: str) -> float:
        """Return how many seconds of a conversation have been heard that is not over; 0.0 where it waits."""
        heard_s = self._player.audio_time(now=self._clock()) if self.plays(conversation_id) else 0.0
        self.collect()
        return heard_s

    def state(self, conversation_id: str) -> Literal["active", "playing", "paused"]:
        """Return the state of a conversation that is not over."""
        state = self._player.state if self.plays(conversation_id) else "active"
        self.collect()
        return "active" if state == "idle" else state

    def interrupt(self, conversation_id: str, code: str) -> None:
        """Interrupt the player and give `code` as the reason for the end of its conversation."""
        with self._lock:
            self._failures = {conversation_id: code}
            self._player.interrupt(now=self._clock())
            self.collect()

    def collect(self) -> None:
        """Fetch what has happened."""
        with self._lock:
            for happened in self._player.poll_events():
                event = self._explained(happened)
                self._events.append(event)
                if event.kind == "conversation_end" and event.conversation_id is not None:
                    turn = self._turns.pop(event.conversation_id, None)
                    if turn is not None:
                        turn._end(event.reason or "", event.value or 0.0)

    def add(self, event: Event) -> None:
        """Put an event in that is not the player's."""
        with self._lock:
            self.collect()
            self._events.append(event)

    @property
    def empty(self) -> bool:
        """Whether everything that has happened was taken."""
        self.collect()
        return not self._events

    def take(self) -> Event | None:
        """Return the oldest event that was fetched and not taken, or ``None``."""
        with self._lock:
            return self._events.popleft() if self._events else None

    def close(self) -> None:
        """End the turns that are left."""
        self.collect()
        with self._lock:
            for turn in list(self._turns.values()):
                turn._end("interrupted", 0.0)
            self._turns.clear()

    def _explained(self, event: Event) -> Event:
        code = self._failures.get(event.conversation_id or "")
        ends = event.kind == "conversation_end" or (event.kind, event.state) == ("conversation_state", "idle")
        return event if code is None or not ends else event.replace(reason=code)
