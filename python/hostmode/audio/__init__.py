"""Where a controller's sound goes: a device, a file, or nowhere at all."""

from __future__ import annotations

from hostmode.audio.output import AudioOutput, AudioOutputWarning
from hostmode.audio.silent import SilentOutput
from hostmode.audio.sounddevice_output import SounddeviceOutput
from hostmode.audio.wav import WavOutput

__all__ = ["AudioOutput", "AudioOutputWarning", "SilentOutput", "SounddeviceOutput", "WavOutput"]
