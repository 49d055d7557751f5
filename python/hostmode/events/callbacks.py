"""What a controller tells an application: through callbacks on one thread, and through asynchronous iterators."""

from __future__ import annotations

import asyncio
import difflib
import logging
import threading
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from hostmode.errors import ClosedError
from hostmode.events.event import AnimationState, ConversationState, PlaybackError
from hostmode.events.frame_rate import FrameRateInfo, FrameRateMeter
from hostmode.events.loop import Dispatcher
from hostmode.events.queue import EventInbox, EventQueue, EventStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostmode._core import Event

_log = logging.getLogger("hostmode")

_FRAME_RATE_INTERVAL_S = 1.0
# How long the end waits for a callback that is running.
_CALLBACK_PATIENCE_S = 2.0

# For all controllers of the process: a thousand of them need no more threads than one.
_dispatcher = Dispatcher("hostmode-callbacks")


def _leave(dispatcher: Dispatcher, joined: bool) -> None:
    if joined:
        dispatcher.leave()


class EventSource:
    """The callbacks and the iterators of one controller.

    Events are put in by any thread and reach the callbacks one after another: on the one thread that all
    controllers share, or, without a thread, at once in the thread that puts them in.

    Parameters
    ----------
    threaded : bool
        Whether callbacks run on the shared thread.
    """

    on_conversation_state: Callable[[ConversationState, str], object] | None
    """Called with ``(state, reason)`` when the transition to a state starts.

    The state is ``"idle"``, ``"active"``, ``"playing"`` or ``"paused"``; the reason ``"user_action"``,
    ``"playback_end"``, ``"fallback_mode"`` (played without motion), or what `Controller.report_failure` was told:
    ``"network_error"`` or ``"server_error"``.
    """
    on_animation_state: Callable[[AnimationState], object] | None
    """Called with ``(state)``, which is ``"mono"`` while motion of a conversation is shown, else ``"idle"``."""
    on_playback_stall: Callable[[bool], object] | None
    """Called with ``(stalled)`` when sound begins to wait for motion, or goes on; in ``strict_sync`` only."""
    on_error: Callable[[PlaybackError], object] | None
    """Called with ``(error)``, a `PlaybackError`, when something was amiss; playback goes on."""
    on_frame_rate_info: Callable[[FrameRateInfo], object] | None
    """Called with ``(info)``, a `FrameRateInfo`, once a second while poses are sampled."""
    on_event: Callable[[Event], object] | None
    """Called with ``(event)``, an `Event`, for every event, those of the other callbacks among them."""

    _CALLBACKS: ClassVar[tuple[str, ...]] = (
        "on_conversation_state",
        "on_animation_state",
        "on_playback_stall",
        "on_error",
        "on_frame_rate_info",
        "on_event",
    )

    def __init__(self, threaded: bool) -> None:
        for name in self._CALLBACKS:
            setattr(self, name, None)
        self._threaded = threaded
        self._closed = False
        self._closed_because = "is closed; make a new one"
        self._leave_dispatcher = weakref.finalize(self, _leave, _dispatcher, threaded)
        if threaded:
            _dispatcher.join()
        # Of the state that begins and ends with the controller, for moments. Reentrant, for signal handlers.
        self._lock = threading.RLock()
        # Held while a callback runs. Reentrant, so that a callback may close the controller.
        self._callback_lock = threading.RLock()
        self._pending = EventQueue()
        self._delivery_posted = False
        self._inboxes: list[EventInbox] = []
        self._frame_rate = FrameRateMeter()
        self._frame_rate_due_s = 0.0
        self._frame_rate_wanted_s: float | None = None
        # Events that callbacks have not seen yet, and who waits for that.
        self._delivered = threading.Condition()
        self._undelivered = 0

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name not in self._CALLBACKS and not hasattr(type(self), name):
            near = difflib.get_close_matches(name, self._CALLBACKS, 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise AttributeError(
                f"{type(self).__name__} has no callback or setting {name!r}{hint} "
                f"Callbacks are {', '.join(self._CALLBACKS)}"
            )
        if name in self._CALLBACKS and value is not None and not callable(value):
            raise TypeError(f"{name} is {value!r}; it must be callable, or None")
        super().__setattr__(name, value)

    def events(self) -> EventStream:
        """Return an asynchronous iterator over all events from now on; it ends when the controller is closed.

        Call it where an event loop runs::

            async for event in avatar.events():
                print(event.kind, event.state, event.reason)

        Each iterator has a queue of its own. When nobody reads it for long, the oldest events that are no
        changes of state are given up; ``dropped`` counts them.
        """
        inbox = EventInbox(asyncio.get_running_loop())
        with self._lock:
            self._require_open()
            self._inboxes = [one for one in self._inboxes if not one.finished] + [inbox]
        return EventStream(inbox)

    def _require_open(self) -> None:
        if self._closed:
            raise ClosedError(f"this {type(self).__name__} {self._closed_because}")

    def _close_in_child(self) -> None:
        """Be closed in a forked process, where no thread of the parent is alive and its locks may be held."""
        self._lock = threading.RLock()
        if not self._closed:
            self._closed = True
            self._closed_because = "was made before this process was forked; make one in the child"

    def _publish(self, event: Event) -> None:
        """Bring an event on its way. Thread-safe."""
        with self._lock:
            inboxes = self._inboxes
        for inbox in inboxes:
            inbox.put(event)
        with self._delivered:
            self._undelivered += self._pending.put(event)
        self._post_delivery()

    def _publish_frame_rate(self, now_s: float) -> None:
        """Bring the frame rate on its way if it is wanted and due."""
        if self.on_frame_rate_info is None or now_s < self._frame_rate_due_s:
            return
        self._frame_rate_due_s = now_s + _FRAME_RATE_INTERVAL_S
        self._frame_rate_wanted_s = now_s
        self._post_delivery()

    def _end_events(self) -> None:
        """Let no callback run any more and end the iterators; `_closed` has been set before."""
        # A callback that is running may finish; one that itself waits for this thread shall not hang it.
        if self._callback_lock.acquire(timeout=_CALLBACK_PATIENCE_S):
            self._callback_lock.release()
        else:
            _log.warning("a callback was still running %.0f s after close()", _CALLBACK_PATIENCE_S)
        with self._lock:
            inboxes, self._inboxes = self._inboxes, []
        for inbox in inboxes:
            inbox.end()
        with self._delivered:
            self._delivered.notify_all()
        self._leave_dispatcher()

    def _post_delivery(self) -> None:
        if not self._threaded:
            self._deliver()
            return
        with self._lock:
            if self._delivery_posted:
                return
            self._delivery_posted = True
        _dispatcher.post(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            self._delivery_posted = False
        with self._callback_lock:
            while not self._closed and (event := self._pending.take()) is not None:
                try:
                    self._call_back(event)
                finally:
                    with self._delivered:
                        self._undelivered -= 1
                        self._delivered.notify_all()
            wanted_s, self._frame_rate_wanted_s = self._frame_rate_wanted_s, None
            if wanted_s is not None:
                info = self._frame_rate.info(wanted_s)
                if info.frames > 0:
                    self._call("on_frame_rate_info", info)

    def _call_back(self, event: Event) -> None:
        if event.kind == "conversation_state":
            self._call("on_conversation_state", event.state, event.reason)
        elif event.kind == "animation_state":
            self._call("on_animation_state", event.state)
        elif event.kind == "playback_stall":
            self._call("on_playback_stall", bool(event.value))
        elif event.kind == "error":
            error = PlaybackError(event.reason or "error", event.message or "", event.conversation_id)
            self._call("on_error", error)
        self._call("on_event", event)

    def _call(self, name: str, *arguments: object) -> None:
        callback = getattr(self, name)
        if callback is None or self._closed:
            return
        try:
            callback(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException:
            # SystemExit too: it would end no more than the thread on which all callbacks run.
            _log.exception("the callback %s raised; playback goes on", name)
