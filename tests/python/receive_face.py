"""Receive a face by other people's libraries and print as JSON what came and when: a program of its own.

Arguments: the protocol and the number of pictures. The first line of output is the port.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
from datetime import datetime

import hostmode


def time_of_day() -> float:
    present = datetime.now()
    return (present - present.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


# Linux's number of SO_TIMESTAMPNS, which Python's socket does not name: the instant at which a datagram came.
STAMPED = 35 if sys.platform == "linux" else None


def take_datagram(listening: socket.socket) -> tuple[bytes, tuple[object, ...], float | None]:
    """Return a datagram, from where it is, and the time of day at which the system had it, where it says so."""
    if STAMPED is None:
        return *listening.recvfrom(4096), None
    datagram, stamps, _, sender = listening.recvmsg(4096, 64)
    seconds, nanoseconds = struct.unpack("@ll", stamps[0][2])
    came = datetime.fromtimestamp(seconds)
    midnight = came.replace(hour=0, minute=0, second=0, microsecond=0)
    return datagram, sender, (came - midnight).total_seconds() + nanoseconds / 1e9


def stamp_datagrams(listening: socket.socket) -> None:
    if STAMPED is not None:
        listening.setsockopt(socket.SOL_SOCKET, STAMPED, 1)


def receive_live_link(pictures: int) -> list[dict[str, object]]:
    from pylivelinkface import PyLiveLinkFace

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        stamp_datagrams(listening)
        listening.settimeout(10)
        print(listening.getsockname()[1], flush=True)
        found = []
        for _ in range(pictures):
            datagram, _, came = take_datagram(listening)
            arrived = time_of_day()
            whole, face = PyLiveLinkFace.decode(datagram)
            assert whole
            found.append(
                {
                    "came": came,
                    "arrived": arrived,
                    "clock": hostmode.now(),
                    "bytes": len(datagram),
                    "name": face.name,
                    "time": (face._frames + face._sub_frame) * face._denominator / face.fps,
                    "values": list(face._blend_shapes),
                }
            )
        return found


def receive_vmc(pictures: int) -> list[dict[str, object]]:
    from pythonosc.dispatcher import Dispatcher
    from pythonosc.osc_server import BlockingOSCUDPServer

    found: list[dict[str, object]] = []
    picture: dict[str, object] = {}

    class Server(BlockingOSCUDPServer):
        def get_request(self) -> tuple[tuple[bytes, socket.socket], tuple[object, ...]]:
            datagram, sender, came = take_datagram(self.socket)
            picture["came"] = came
            return (datagram, self.socket), sender

    def take(address: str, *arguments: object) -> None:
        name = address.removeprefix("/VMC/Ext/")
        if name == "Blend/Apply":
            found.append({**picture, "arrived": time_of_day(), "clock": hostmode.now()})
            picture.clear()
        elif name in ("Blend/Val", "Bone/Pos"):
            picture[f"{name} {arguments[0]}"] = list(arguments[1:])
        else:
            picture[name] = arguments[0]

    dispatcher = Dispatcher()
    dispatcher.set_default_handler(take)
    with Server(("127.0.0.1", 0), dispatcher) as server:
        stamp_datagrams(server.socket)
        print(server.server_address[1], flush=True)
        while len(found) < pictures:
            server.handle_request()
    return found


if __name__ == "__main__":
    receive = {"livelink": receive_live_link, "vmc": receive_vmc}[sys.argv[1]]
    print(json.dumps(receive(int(sys.argv[2]))), flush=True)
