"""What engines call the parts of a face, and how they count angles and frames."""

from hostmode.engines.live_link import LIVE_LINK_NAMES, live_link_values
from hostmode.engines.rotations import quaternion, yaw_pitch_roll
from hostmode.engines.vrm import VRM_PRESETS, vrm_weights

__all__ = ["LIVE_LINK_NAMES", "VRM_PRESETS", "live_link_values", "quaternion", "vrm_weights", "yaw_pitch_roll"]
