"""The UDP packet of Live Link Face, version 6."""

from __future__ import annotations

import struct
import uuid
from typing import TYPE_CHECKING, Final

from hostmode.engines import LIVE_LINK_NAMES, live_link_values

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    import numpy.typing as npt

    from hostmode.sending.destination import Destination

_VERSION: Final = 6
# Namespace of device ids: the same subject is the same device to Unreal, whenever it is sent.
_DEVICES: Final = uuid.UUID("8a6f2c1e-6c1b-4f0e-9a55-6f0c3f1d2b77")


class LiveLinkPackets:
    """Encode pictures of one subject.

    Parameters
    ----------
    destination : Destination
        Whose `subject` and `frame_rate` the packets carry.
    """

    def __init__(self, destination: Destination) -> None:
        device = str(uuid.uuid5(_DEVICES, destination.subject)).upper().encode("ascii")
        subject = destination.subject.encode()
        self._head = struct.pack(
            f"!Bi{len(device)}si{len(subject)}s", _VERSION, len(device), device, len(subject), subject
        )
        rate: Fraction = destination.frame_rate
        self._rate = struct.pack("!iiB", rate.numerator, rate.denominator, len(LIVE_LINK_NAMES))
        self._values = struct.Struct(f"!{len(LIVE_LINK_NAMES)}f")

    def encode(
        self, weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32], frame: int, time_s: float
    ) -> list[bytes]:
        """Return the packet of a picture: its timecode is `frame` pictures after midnight."""
        del time_s
        values = self._values.pack(*live_link_values(weights, joints).tolist())
        return [self._head + struct.pack("!if", frame, 0.0) + self._rate + values]
