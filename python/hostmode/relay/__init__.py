"""Carrying: what makes the messages and what brings them to a client."""

from hostmode.relay.bridge import Bridge, attach
from hostmode.relay.client import RelayClient, connect
from hostmode.relay.faults import FAULTS, Faults
from hostmode.relay.server import Relay, RelaySettings, RelayTurn, serve
from hostmode.relay.service import MotionService, ServiceSettings, serve_motion

__all__ = [
    "FAULTS",
    "Bridge",
    "Faults",
    "MotionService",
    "Relay",
    "RelayClient",
    "RelaySettings",
    "RelayTurn",
    "ServiceSettings",
    "attach",
    "connect",
    "serve",
    "serve_motion",
]
