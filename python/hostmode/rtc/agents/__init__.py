"""An avatar for agents of livekit-agents: voice in, a track of sound and one of pictures out (extra ``agents``)."""

from hostmode.rtc.agents.output import avatar_output
from hostmode.rtc.agents.video import AvatarVideo
from hostmode.rtc.agents.worker import AvatarWorker
from hostmode.rtc.sketch import Sketch

__all__ = ["AvatarVideo", "AvatarWorker", "Sketch", "avatar_output"]
