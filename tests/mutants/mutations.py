"""All one-line breaks of the contract's rules and of the parts behind them, subject by subject."""

from __future__ import annotations

from of_calls import CALLS
from of_clock import CLOCK
from of_devices import DEVICES
from of_intake import INTAKE
from of_listening import LISTENING
from of_motion import MOTION
from of_packet_intake import PACKET_INTAKE
from of_packets import PACKETS
from of_playout import PLAYOUT
from of_relay import RELAY
from of_rooms import ROOMS
from of_sound import SOUND
from of_threads import THREADS
from of_turns import TURNS
from of_wire import WIRE

MUTATIONS = (
    *INTAKE,
    *TURNS,
    *PLAYOUT,
    *MOTION,
    *PACKETS,
    *PACKET_INTAKE,
    *CLOCK,
    *SOUND,
    *DEVICES,
    *RELAY,
    *THREADS,
    *LISTENING,
    *WIRE,
    *CALLS,
    *ROOMS,
)
