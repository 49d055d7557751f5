"""The live face to engines over the network: Live Link Face and VMC."""

from hostmode.sending.destination import Destination
from hostmode.sending.sender import Sender, send

__all__ = ["Destination", "Sender", "send"]
