"""A face that is sent while it plays."""

from __future__ import annotations

import math
import socket
import sys
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from hostmode._core import PacedSocket, ask_to_wake_promptly
from hostmode._core import now as clock
from hostmode.errors import ClosedError, HostModeError
from hostmode.sending.destination import Destination
from hostmode.sending.live_link_packet import LiveLinkPackets
from hostmode.sending.vmc_bundles import VmcBundles

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt

    from hostmode.controller import Controller
    from hostmode.rig import FaceMap

# A picture is worked out so long before it is sent: what that takes, a thread that wakes late, and another one that
# holds the interpreter for its 5 ms delay nothing.
_AHEAD_S: Final = 0.012
_DAY_S: Final = 86400


class Packets(Protocol):
    """A protocol."""

    def encode(
        self, weights: npt.NDArray[np.float32], joints: npt.NDArray[np.float32], frame: int, time_s: float
    ) -> list[bytes]:
        """Return the datagrams of a picture."""


class Sender:
    """Send the face of a controller, at a steady rate, until it is closed.

    Each picture is that of the sound which is heard `Destination.latency_s` after it has been sent. Pictures lie on
    whole frames of the time of day, which is their timecode. Nobody has to receive them: what cannot be delivered is
    counted and forgotten.

    Make it before audio is given: the mouth follows what it has seen the controller take in.

    Parameters
    ----------
    controller : Controller
        In real time.
    destination : Destination
    face_map : FaceMap, optional
        Takes the place of the built-in way from keyframes to expressions.

    Raises
    ------
    MissingExtraError
        The protocol needs a package that is not installed.
    HostModeError
        The host is unknown.
    """

    def __init__(self, controller: Controller, destination: Destination, face_map: FaceMap | None = None) -> None:
        from hostmode.view.live_face import LiveFace

        self._destination = destination
        packets: type[Packets] = LiveLinkPackets if destination.protocol == "livelink" else VmcBundles
        self._packets: Packets = packets(destination)  # type: ignore[call-arg]  # a protocol has no constructor
        family, address = _resolve(destination)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._paced = PacedSocket(self._socket.fileno(), *_numbers(address))
        self._face = LiveFace(controller, face_map)
        self._sent = self._skipped = self._undelivered = 0
        self._largest_delay_s = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hostmode-send", daemon=True)
        self._thread.start()

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def destination(self) -> Destination:
        """Where it sends."""
        return self._destination

    def close(self) -> None:
        """Send no more; the controller plays on. Closing twice does nothing."""
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._face.close()
        self._socket.close()

    def stats(self) -> dict[str, float]:
        """Return ``sent`` pictures, those ``skipped`` as the machine was too busy, those ``undelivered``, and
        ``largest_delay``, the seconds by which a picture was sent too late at most."""
        return {
            "sent": self._sent,
            "skipped": self._skipped,
            "undelivered": self._undelivered,
            "largest_delay": self._largest_delay_s,
        }

    def _run(self) -> None:
        ask_to_wake_promptly()
        rate, latency_s = self._destination.frame_rate, self._destination.latency_s
        midnight_s = clock() - _time_of_day()
        began_s = clock()
        frame = math.ceil((began_s + latency_s + _AHEAD_S - midnight_s) * rate)
        while not self._closing.is_set():
            seen_s = midnight_s + float(frame / rate)
            due_s = seen_s - latency_s
            _sleep_until(due_s - _AHEAD_S)
            try:
                weights, joints, _ = self._face.expression(clock(), seen_s)
            except ClosedError:
                return
            datagrams = self._packets.encode(weights, joints, frame % math.floor(_DAY_S * rate), seen_s - began_s)
            if sys.platform == "win32":  # whose fine timers are those of Python
                _sleep_until(due_s)
            taken, sent_s = self._paced.send_at(due_s, datagrams)
            if taken:
                self._sent += 1
            else:
                self._undelivered += 1
            delay_s = sent_s - due_s
            self._largest_delay_s = max(self._largest_delay_s, delay_s)
            # What is late by whole pictures is left out: a receiver is not flooded with the past.
            late = max(0, math.floor(delay_s * rate))
            self._skipped += late
            frame += 1 + late


def send(controller: Controller, url: str, face_map: FaceMap | None = None) -> Sender:
    """Send the face of a controller to an engine until the sender is closed, or the controller.

    ::

        with hostmode.Controller(16000) as avatar, hostmode.send(avatar, "livelink://127.0.0.1"):
            avatar.yield_audio_data(pcm, end=True)
            avatar.wait_until_idle()

    Parameters
    ----------
    controller : Controller
        Give it audio after this: the mouth follows what the sender has seen it take in.
    url : str
        ``livelink://HOST[:11111][/SUBJECT][?fps=60&latency=0]`` for Unreal's Live Link Face, or
        ``vmc://HOST[:39539][?fps=60&latency=0&shapes=arkit]`` for what reads the VMC protocol. See `Destination`.
    face_map : FaceMap, optional
        Takes the place of the built-in way from keyframes to expressions.

    Raises
    ------
    ValueError
        Something in the URL is unknown or out of range.
    MissingExtraError
        VMC needs the extra `vmc`.
    HostModeError
        The host is unknown.
    """
    return Sender(controller, Destination.parse(url), face_map)


def _resolve(destination: Destination) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    try:
        found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise HostModeError(f"the host {destination.host!r} cannot be found: {error}") from None
    family, _, _, _, address = found[0]
    return family, address


def _numbers(address: tuple[Any, ...]) -> tuple[str, str]:
    return socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)


def _time_of_day() -> float:
    present = datetime.now()
    midnight = present.replace(hour=0, minute=0, second=0, microsecond=0)
    return (present - midnight).total_seconds()


def _sleep_until(instant: float) -> None:
    remaining_s = instant - clock()
    if remaining_s > 0:
        time.sleep(remaining_s)
