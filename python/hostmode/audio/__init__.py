"""Where a controller's sound goes: a device, a file, or nowhere at all."""

from __future__ import annotations

from hostmode.audio.output import AudioOutput, AudioOutputWarning
from hostmode.audio.silent import SilentOutput
from hostmode.audio.sounddevice_output import SounddeviceOutput
from hostmode.audio.wav import WavOutput

__all__ = ["AudioOutput", "AudioOutputWarning", "SilentOutput", "SounddeviceOutput", "WavOutput", "make_output"]


def make_output(output: AudioOutput | str | None) -> AudioOutput:
    """Return the output that a controller was asked to use."""
    if output is None:
        return SounddeviceOutput()
    if output == "silent":
        return SilentOutput()
    if isinstance(output, AudioOutput):
        return output
    raise ValueError(f"output is {output!r}; it must be an AudioOutput, 'silent', or None for the sound card")
