"""Recorded utterances: what they hold, read from files and checked."""

from hostmode.recording.recording import Recording, load_recording

__all__ = ["Recording", "load_recording"]
