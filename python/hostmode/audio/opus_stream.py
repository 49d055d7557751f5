"""A conversation's sound as Opus: an Ogg stream in chunks of any size, or bare packets, one a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode.audio.opus import OggOpusDecoder, OpusDecoder
from hostmode.errors import AudioFormatError

if TYPE_CHECKING:
    import numpy.typing as npt

#: What Opus is decoded at, hertz.
OPUS_RATE: Final = 48000
_OGG: Final = b"OggS"
_ADVICE: Final = "give Ogg Opus or bare packets of Opus, or set_audio_format(audio_format='pcm') and mono 16-bit PCM"
_CONTAINERS: Final = ((b"RIFF", "a WAV file"), (b"RF64", "a WAV file"), (b"fLaC", "FLAC"), (b"ID3", "MP3"))
_MORE_CONTAINERS: Final = (
    (b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (b"caff", "a CAF file"),
    (b"FORM", "an AIFF file"),
)
_TEXT_BYTES: Final = 16


class OpusStream:
    """Decodes one conversation's sound to mono samples at 48 kHz; which of the two it is, its first bytes say."""

    def __init__(self) -> None:
        self._head = b""
        self._decoder: OggOpusDecoder | OpusDecoder | None = None
        self._broken = ""

    def push(self, data: bytes) -> npt.NDArray[np.int16]:
        """Take in the next bytes and return the samples they complete, shape (n,).

        Raises
        ------
        AudioFormatError
            They are no Opus. After a bare packet that is none the next may be one; an Ogg stream is at its end.
        """
        if self._broken:
            raise AudioFormatError(self._broken)
        if self._decoder is None:
            data, self._head = self._head + data, b""
            if len(data) < len(_OGG) and _OGG.startswith(data):
                # No packet of Opus is a beginning of this mark: its frames would last too long.
                self._head = data
                return np.empty(0, np.int16)
            self._decoder = _decoder_for(data)
        if not data:
            return np.empty(0, np.int16)
        try:
            return self._decoder.push(data)
        except ValueError as error:
            text = f"audio: {error}; nothing of this call was kept: {_ADVICE}"
            if isinstance(self._decoder, OggOpusDecoder):
                self._broken = text
            raise AudioFormatError(text) from error

    def finish(self) -> npt.NDArray[np.int16]:
        """Return what is held back."""
        return np.empty(0, np.int16) if self._decoder is None else self._decoder.finish()


def _decoder_for(data: bytes) -> OggOpusDecoder | OpusDecoder:
    if data.startswith(_OGG):
        return OggOpusDecoder(OPUS_RATE)
    found = _other_format(data)
    if found:
        raise AudioFormatError(f"audio: given {found}, wanted Opus; nothing of this call was kept: {_ADVICE}")
    return OpusDecoder(OPUS_RATE)


def _other_format(data: bytes) -> str:
    for mark, name in (*_CONTAINERS, *_MORE_CONTAINERS):
        if data.startswith(mark):
            return name
    if data[4:8] == b"ftyp":
        return "MP4"
    # As a packet of Opus these would last more than 120 ms, which none does.
    if len(data) > 1 and data[0] == 0xFF and data[1] >= 0xE0:
        return "AAC (ADTS)" if data[1] & 0x06 == 0 else "MP3"
    if len(data) >= _TEXT_BYTES and data.isascii() and data.decode("ascii").replace("\n", "").isprintable():
        return "text, such as base64, JSON or HTML"
    return ""
