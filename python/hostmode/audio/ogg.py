"""The packets of an Ogg stream (RFC 3533), however the stream is cut into chunks."""

from __future__ import annotations

from typing import Final

_MAGIC: Final = b"OggS"
_HEADER_BYTES: Final = 27
_CONTINUED: Final = 1
_FIRST: Final = 2
_LAST: Final = 4
# 255 segments of 255 bytes: no page is longer; a packet of Opus is far shorter.
_LONGEST_PACKET: Final = 65_025


class OggReader:
    """Takes the bytes of one logical stream and gives out its packets.

    Attributes
    ----------
    ending : tuple of int, optional
        Once the last page came: its granule position, and how many packets it ended.
    """

    def __init__(self) -> None:
        self.ending: tuple[int, int] | None = None
        self._bytes = b""
        self._offset = 0
        self._packet = b""

    def push(self, data: bytes) -> list[bytes]:
        """Take in the next bytes and return the packets they complete.

        Raises
        ------
        ValueError
            They are no Ogg; the message says where.
        """
        self._bytes += data
        packets: list[bytes] = []
        while (size := self._page_size()) is not None:
            page, self._bytes = self._bytes[:size], self._bytes[size:]
            self._offset += size
            packets += self._packets_of(page)
        return packets

    def _page_size(self) -> int | None:
        have = self._bytes
        if not _MAGIC.startswith(have[:4]):
            raise ValueError(f"byte {self._offset}: no Ogg page begins here, but {have[:4]!r}")
        if len(have) < _HEADER_BYTES:
            return None
        if have[4] != 0:
            raise ValueError(f"byte {self._offset + 4}: version {have[4]} of Ogg; only 0 is known")
        header = _HEADER_BYTES + have[26]
        if len(have) < header:
            return None
        size = header + sum(have[_HEADER_BYTES:header])
        return size if len(have) >= size else None

    def _packets_of(self, page: bytes) -> list[bytes]:
        if not page[5] & _CONTINUED:
            self._packet = b""
        at = _HEADER_BYTES + page[26]
        packets = []
        for length in page[_HEADER_BYTES:at]:
            self._packet += page[at : at + length]
            at += length
            if len(self._packet) > _LONGEST_PACKET:
                raise ValueError(f"byte {self._offset}: a packet of more than {_LONGEST_PACKET} bytes")
            if length < 255:
                packets.append(self._packet)
                self._packet = b""
        if page[5] & _FIRST:
            self.ending = None
        if page[5] & _LAST:
            self.ending = int.from_bytes(page[6:14], "little", signed=True), len(packets)
        return packets
