"""What a controller tells an application beside events."""

from __future__ import annotations

from typing import Literal, TypeAlias

from hostmode.errors import HostModeError

ConversationState: TypeAlias = Literal["idle", "active", "playing", "paused"]
AnimationState: TypeAlias = Literal["idle", "mono"]


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
