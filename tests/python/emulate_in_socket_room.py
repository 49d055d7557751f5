"""``hostmode`` where rooms are those of `room_on_socket`: `python emulate_in_socket_room.py emulate ...`."""

from livekit import rtc
from room_on_socket import SocketRoom

from hostmode.cli import main

rtc.Room = SocketRoom
main()
