"""What a controller tells an application."""

from hostmode.events.event import PlaybackError
from hostmode.events.frame_rate import FrameRateInfo

__all__ = ["FrameRateInfo", "PlaybackError"]
