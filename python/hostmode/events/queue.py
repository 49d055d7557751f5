"""Bounded queues of events: one for the callbacks of a controller, one for each asynchronous iterator."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostmode._core import Event

# What a consumer must not miss to know where playback stands.
_STATE_KINDS = frozenset({"conversation_state", "animation_state", "playback_stall", "conversation_end"})


class EventQueue:
    """A bounded queue that, when full, gives up the oldest event that is no change of state.

    Parameters
    ----------
    limit : int
        Events kept. Beyond it the oldest event goes that is no change of state; if all are, the oldest.
    """

    def __init__(self, limit: int = 1024) -> None:
        self._limit = limit
        self._events: deque[Event] = deque()
        # Reentrant, for signal handlers.
        self._lock = threading.RLock()
        self.dropped = 0

    def put(self, event: Event) -> bool:
        """Append an event and return whether the queue has grown by it."""
        with self._lock:
            self._events.append(event)
            full = len(self._events) > self._limit
            if full:
                oldest = next((e for e in self._events if e.kind not in _STATE_KINDS), self._events[0])
                self._events.remove(oldest)
                self.dropped += 1
            return not full

    def take(self) -> Event | None:
        """Return the oldest event, or ``None``."""
        with self._lock:
            return self._events.popleft() if self._events else None


class EventInbox:
    """The events on their way to one asynchronous iterator, fed from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue = EventQueue()
        self._changed = asyncio.Event()
        self._ended = False

    @property
    def dropped(self) -> int:
        """How many events were given up because nobody fetched them."""
        return self._queue.dropped

    @property
    def finished(self) -> bool:
        """Whether nobody can fetch events any more, or wants to."""
        return self._ended or self._loop.is_closed()

    def put(self, event: Event) -> None:
        """Append an event. Thread-safe."""
        self._queue.put(event)
        self._wake()

    def end(self) -> None:
        """Let nothing come after what is in the queue. Thread-safe."""
        self._ended = True
        self._wake()

    def clear(self) -> None:
        """Drop what is in the queue."""
        while self._queue.take() is not None:
            pass

    async def get(self) -> Event | None:
        """Wait for the next event; ``None`` after the end."""
        while True:
            self._changed.clear()
            # Read before the queue: what was put before the end is still delivered.
            ended = self._ended
            event = self._queue.take()
            if event is not None or ended:
                return event
            await self._changed.wait()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._changed.set)
        except RuntimeError:
            # The loop was closed: nobody is left to be woken.
            self._ended = True


class EventStream:
    """An asynchronous iterator over the events of a controller.

    It belongs to the event loop in which it was made. It ends, after what is left in it, when the controller
    is closed, and at once with `aclose` or when nobody refers to it any more.
    """

    def __init__(self, inbox: EventInbox) -> None:
        self._inbox = inbox
        # The controller knows the inbox only, so that an iteration that was broken off is given up.
        weakref.finalize(self, inbox.end).atexit = False

    @property
    def dropped(self) -> int:
        """How many events were given up because the iteration was too slow."""
        return self._inbox.dropped

    async def aclose(self) -> None:
        """End the iteration at once."""
        self._inbox.clear()
        self._inbox.end()

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        event = await self._inbox.get()
        if event is None:
            raise StopAsyncIteration
        return event
