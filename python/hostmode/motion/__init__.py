"""Motion made here, from the sound of speech: what a motion service does, without one."""

from hostmode.motion.local import LocalMotion, motion_for
from hostmode.motion.source import MotionSource

__all__ = ["LocalMotion", "MotionSource", "motion_for"]
