"""What a controller tells an application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from hostmode.errors import HostModeError

if TYPE_CHECKING:
    from hostmode import _core

ConversationState: TypeAlias = Literal["idle", "active", "playing", "paused"]
AnimationState: TypeAlias = Literal["idle", "mono"]


@dataclass(frozen=True)
class ControllerEvent:
    """Something that was heard or happened.

    Attributes
    ----------
    kind : str
        ``"conversation_state"``, ``"animation_state"``, ``"playback_started"``, ``"playback_stall"``,
        ``"underrun"``, ``"underrun_end"``, ``"conversation_end"``, ``"motion_discarded"``,
        ``"audio_discarded"``, ``"error"``, ``"audio_output_restored"``.
    time : float
        When it was heard, or happened, on the controller's clock, seconds.
    conversation_id : str or None
        The conversation concerned.
    state : str or None
        The new state, of the conversation (``"idle"``, ``"active"``, ``"playing"``, ``"paused"``) or of the
        animation (``"idle"``, ``"mono"``).
    reason : str or None
        Why: a stable code.
    message : str or None
        Text for people.
    value : float or None
        ``playback_started``: seconds from opening to the first sound. ``playback_stall``: 1.0 when sound
        begins to wait for motion, 0.0 when it goes on. ``underrun_end``: seconds of silence. ``conversation_end``:
        seconds of its audio that are heard. ``motion_discarded``: how many messages. ``audio_discarded``: seconds.
    """

    kind: str
    time: float
    conversation_id: str | None = None
    state: str | None = None
    reason: str | None = None
    message: str | None = None
    value: float | None = None

    @classmethod
    def of(cls, event: _core.Event) -> ControllerEvent:
        """Take over an event of the native core."""
        return cls(
            event.kind,
            event.time,
            event.conversation_id,
            event.state,
            event.reason,
            event.message,
            event.value,
        )


class PlaybackError(HostModeError):
    """What `Controller.on_error` is given: playback goes on, but something was amiss.

    Attributes
    ----------
    code : str
        ``"invalid_animation_data"``, ``"server_error"``, ``"network_error"``, ``"avatar_mismatch"``,
        ``"unsupported_motion"`` or ``"audio_output_lost"``.
    message : str
        What happened, for people.
    conversation_id : str or None
        The conversation concerned.
    """

    def __init__(self, code: str, message: str, conversation_id: str | None = None) -> None:
        # All of them are the arguments, so that it pickles; the text is the message.
        super().__init__(code, message, conversation_id)
        self.code = code
        self.message = message
        self.conversation_id = conversation_id

    def __str__(self) -> str:
        return self.message
