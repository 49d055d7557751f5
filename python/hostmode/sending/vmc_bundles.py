"""OSC bundles of the VMC protocol."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from hostmode._core import ARKIT_NAMES
from hostmode.engines import VRM_PRESETS, quaternion, vrm_weights
from hostmode.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hostmode.sending.destination import Destination

#: Bones in the order of the joints, by Unity's names.
BONES: Final = ("Neck", "Head", "LeftEye", "RightEye")

# A datagram that fits into an Ethernet frame is not cut on its way.
_LARGEST_BUNDLE: Final = 1400
# Where bones are is the model's; receivers take the rotation.
_POSITION: Final = (0.0, 0.0, 0.0)


def import_osc() -> Any:
    """Return the module of python-osc that builds messages.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        from pythonosc import osc_message_builder
    except ImportError as error:
        raise MissingExtraError('VMC needs python-osc: pip install "hostmode[vmc]"') from error
    return osc_message_builder


class VmcBundles:
    """Encode pictures.

    What changes from picture to picture are the numbers at the end of each message, so messages are built once.

    Parameters
    ----------
    destination : Destination
        Whose `shapes` say which expressions are sent.
    """

    def __init__(self, destination: Destination) -> None:
        self._presets = destination.shapes == "vrm"
        names = list(VRM_PRESETS.values()) if self._presets else [name[0].upper() + name[1:] for name in ARKIT_NAMES]
        build = import_osc().OscMessageBuilder
        messages = [
            _message(build, "/VMC/Ext/OK", 1),
            _message(build, "/VMC/Ext/T", 0.0),
            *(_message(build, "/VMC/Ext/Bone/Pos", bone, *_POSITION, 0.0, 0.0, 0.0, 1.0) for bone in BONES),
            *(_message(build, "/VMC/Ext/Blend/Val", name, 0.0) for name in names),
            _message(build, "/VMC/Ext/Blend/Apply"),
        ]
        self._bundles: list[bytearray] = []
        places = [self._append(message) for message in messages]
        self._time, bones, values = places[1], places[2 : 2 + len(BONES)], places[2 + len(BONES) : -1]
        self._rotations, self._values = bones, values

    def _append(self, message: bytes) -> tuple[int, int]:
        """Add a message to the last bundle it fits into; return the bundle and where the message ends."""
        if not self._bundles or len(self._bundles[-1]) + 4 + len(message) > _LARGEST_BUNDLE:
            # To be applied at once, whatever the receiver's clock.
            self._bundles.append(bytearray(b"#bundle\0" + struct.pack("!Q", 1)))
        bundle = self._bundles[-1]
        bundle += struct.pack("!i", len(message)) + message
        return len(self._bundles) - 1, len(bundle)

    def encode(
        self, weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32], frame: int, time_s: float
    ) -> list[bytes]:
        """Return the bundles of a picture, to be sent in order; `time_s` is its time since sending began."""
        del frame
        self._write(self._time, time_s)
        for place, (x, y, z, w) in zip(self._rotations, quaternion(joints).tolist(), strict=True):
            # Unity is left-handed: seen in a mirror that swaps left and right, a turn about y and z is the other way.
            self._write(place, x, -y, -z, w)
        for place, value in zip(
            self._values, (vrm_weights(weights) if self._presets else weights).tolist(), strict=True
        ):
            self._write(place, value)
        return [bytes(bundle) for bundle in self._bundles]

    def _write(self, place: tuple[int, int], *numbers: float) -> None:
        bundle, end = place
        struct.pack_into(f"!{len(numbers)}f", self._bundles[bundle], end - 4 * len(numbers), *numbers)


def _message(build: Any, address: str, *arguments: object) -> bytes:
    builder = build(address=address)
    for argument in arguments:
        builder.add_arg(argument)
    dgram: bytes = builder.build().dgram
    return dgram
