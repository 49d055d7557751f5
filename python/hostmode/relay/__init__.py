"""Carrying: what makes the messages and what brings them to a client."""

from hostmode.relay.asgi import asgi
from hostmode.relay.bridge import Bridge, attach
from hostmode.relay.client import RelayClient, connect
from hostmode.relay.faults import FAULTS, Faults
from hostmode.relay.relay import Relay
from hostmode.relay.relay_turn import RelayTurn
from hostmode.relay.server import mount_aiohttp, serve
from hostmode.relay.service import MotionService, ServiceSettings, serve_motion
from hostmode.relay.settings import RelaySettings

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
    "asgi",
    "attach",
    "connect",
    "mount_aiohttp",
    "serve",
    "serve_motion",
]
