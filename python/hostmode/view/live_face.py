"""The face of a controller: what it takes in, and the expression for an instant."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import KEYFRAME_FLOATS, decode_message
from hostmode.errors import DecodeError
from hostmode.rig import Face

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.controller import Controller
    from hostmode.rig import FaceMap

# Messages that are remembered to know one that comes twice, and that wait for the sound they belong to.
_MESSAGES: Final = 1024
_EARLY: Final = 64


class LiveFace:
    """Drive a face with what a controller plays. Any thread may call any method.

    It learns from the sound and the motion that the controller takes in from now on, so make it first.

    Parameters
    ----------
    controller : Controller
    face_map : FaceMap, optional
        Takes the place of the built-in way from keyframes to expressions.
    """

    def __init__(self, controller: Controller, face_map: FaceMap | None = None) -> None:
        self._controller = controller
        self._map = face_map
        self._rate = controller.sample_rate
        self._face = Face(self._rate, face_map=face_map)
        self._lock = threading.Lock()
        self._conversation_id: str | None = None
        self._odd_byte = b""
        self._known: set[bytes] = set()
        self._early: list[bytes] = []
        self._pose = np.empty(KEYFRAME_FLOATS, np.float32)
        self._mouth_pose = np.empty(KEYFRAME_FLOATS, np.float32)
        controller.follow(self)

    def close(self) -> None:
        """Learn nothing more."""
        self._controller.unfollow(self)

    def heard(self, data: Buffer | npt.NDArray[np.int16], conversation_id: str, end: bool) -> None:
        """Take in sound that the controller has taken in."""
        with self._lock:
            if conversation_id != self._conversation_id:
                self._begin(conversation_id)
            content = self._odd_byte + memoryview(data).tobytes()  # type: ignore[arg-type]  # an array is a buffer
            whole = len(content) & ~1
            self._odd_byte = content[whole:]
            self._face.push_audio(np.frombuffer(content[:whole], "<i2"), conversation_id, end)

    def _begin(self, conversation_id: str) -> None:
        if self._controller.sample_rate != self._rate:
            self._rate = self._controller.sample_rate
            self._face = Face(self._rate, face_map=self._map)
        self._conversation_id = conversation_id
        self._odd_byte = b""
        self._known.clear()
        early, self._early = self._early, []
        for message in early:
            self._push(message)

    def moved(self, frames: Sequence[Buffer] | Buffer | None, conversation_id: str | None) -> None:
        """Take in motion that the controller was given."""
        if frames is None:
            return
        messages = [frames] if isinstance(frames, bytes | bytearray | memoryview) else frames
        with self._lock:
            if conversation_id is not None and conversation_id != self._conversation_id:
                if conversation_id != self._controller.get_current_conversation_id():
                    return
                self._begin(conversation_id)
            for message in messages:  # type: ignore[union-attr]  # other buffers were refused by the player
                if conversation_id is None:
                    self._early = [*self._early[1 - _EARLY :], bytes(message)]
                else:
                    self._push(bytes(message))

    def _push(self, message: bytes) -> None:
        if self._conversation_id is None or message in self._known:
            return
        if len(self._known) < _MESSAGES:
            self._known.add(message)
        try:
            keyframes = decode_message(message).keyframes
        except DecodeError:
            return
        if len(keyframes):
            self._face.push_motion(np.ascontiguousarray(keyframes), self._conversation_id)

    def expression(
        self, now: float, shown_at: float | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return ARKit's weights (52,), the joints (4, 3) and the pose (120,) for a picture.

        Parameters
        ----------
        now : float
            The present, seconds on the controller's clock.
        shown_at : float, optional
            When the picture will be seen; by default now.
        """
        at = now if shown_at is None else shown_at
        conversation_id = self._controller.get_current_conversation_id()
        state = self._controller.state
        media_s = -1.0
        if conversation_id is not None and state in ("playing", "paused"):
            media_s = self._controller.get_audio_time() + (at - now if state == "playing" else 0.0)
        with self._lock:
            lag = self._face.lag(media_s, conversation_id)
            self._controller.sample(at, self._pose)
            mouth = self._pose
            if lag > 0:
                mouth = self._mouth_pose
                self._controller.sample(at - lag, mouth)
            self._face.drive(self._pose, at, media_s, conversation_id, mouth)
            return self._face.weights.copy(), self._face.joints.copy(), self._pose.copy()
