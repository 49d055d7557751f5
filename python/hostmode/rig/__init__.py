"""The face: heads, and what moves them. Nothing here draws; `hostmode.view` does."""

from hostmode.rig.face import Face, FaceMap, arkit_weights
from hostmode.rig.head import BUILT_IN_HEAD, Rig

__all__ = ["BUILT_IN_HEAD", "Face", "FaceMap", "Rig", "arkit_weights"]
