"""Motion made here, from the sound of speech: what a motion service does, without one."""

from hostmode.motion.local import LocalMotion, motion_for
from hostmode.motion.named import source_named
from hostmode.motion.source import MotionSource
from hostmode.motion.speech_file import load_speech, speech_recording

__all__ = ["LocalMotion", "MotionSource", "load_speech", "motion_for", "source_named", "speech_recording"]
