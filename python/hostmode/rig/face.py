"""What drives a head: poses, and the sound they are seen with."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import numpy as np

from hostmode._core import ARKIT_NAMES, KEYFRAME_FLOATS, PCM_RATES, SpeechFace, drive_face
from hostmode._core import FaceMap as _CoreMap
from hostmode.errors import HeadError
from hostmode.rig.npz import read_npz

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

#: Neck, head, left eye, right eye: what `Face.drive` turns.
JOINT_NAMES: Final = ("neck", "head", "leftEye", "rightEye")

# Conversations whose sound and motion are remembered: the one that is heard, one that is cut, one to come.
_CONVERSATIONS: Final = 4


class FaceMap:
    """Your own way from a keyframe to ARKit's 52 weights, in place of the built-in approximation.

    The weights are ``clip(matrix @ keyframe + offset, 0, 1)``. Blinks and gaze of the stream, the neck and the
    sway of the head are added; the sound moves nothing.

    Parameters
    ----------
    matrix : ndarray, shape (52, 120)
        Rows in the order of `hostmode.ARKIT_NAMES`.
    offset : ndarray, shape (52,), optional
        Zero unless given.
    centred : bool
        Whether the matrix takes what a keyframe differs by from the usual one of its conversation: the median of
        the first message, which then follows with a time constant of 6 s. Avatars differ in their usual keyframe.

    Raises
    ------
    ValueError
        A shape is another, or a value not finite.
    """

    def __init__(self, matrix: npt.ArrayLike, offset: npt.ArrayLike | None = None, *, centred: bool = False) -> None:
        given = np.zeros(len(ARKIT_NAMES)) if offset is None else offset
        self._core = _CoreMap(
            np.ascontiguousarray(matrix, np.float32), np.ascontiguousarray(given, np.float32), centred
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> FaceMap:
        """Read an ``.npz`` with ``matrix``, and perhaps ``offset``, ``names`` of the rows and ``centred``.

        Raises
        ------
        HeadError
            The file is damaged, a shape is another, a name is none of ARKit's or there twice.
        """
        arrays = read_npz(path)
        if "matrix" not in arrays:
            raise HeadError(f"{path}: the array matrix, (52, {KEYFRAME_FLOATS}), is missing")
        matrix = arrays["matrix"]
        offset = arrays.get("offset", np.zeros(len(matrix) if matrix.ndim else 0))
        if "names" in arrays:
            rows = _rows(path, arrays["names"])
            if matrix.ndim != 2 or offset.ndim != 1 or not len(matrix) == len(offset) == len(rows):
                raise HeadError(f"{path}: matrix {matrix.shape}, offset {offset.shape} and {len(rows)} names differ")
            spread = np.zeros((len(ARKIT_NAMES), matrix.shape[1]))
            spread[rows] = matrix
            moved = np.zeros(len(ARKIT_NAMES))
            moved[rows] = offset
            matrix, offset = spread, moved
        centred = arrays.get("centred", np.array(False))
        if centred.shape != () or centred.dtype.kind not in "biu":
            raise HeadError(f"{path}: centred is {centred.dtype} of shape {centred.shape}; it must be a bool")
        try:
            return cls(matrix, offset, centred=bool(centred))
        except (ValueError, TypeError) as error:
            raise HeadError(f"{path}: {error}") from error


class Face:
    """The expression of one avatar, from its poses and from the sound and motion they belong to.

    Sound is analysed when it is pushed and let go; what is pushed ahead of an instant lets the mouth be where
    the sound will be. Any instant can be asked for, again and in any order.

    Parameters
    ----------
    sample_rate : int
        Of the sound, hertz; one of `hostmode.PCM_RATES`.
    face_map : FaceMap, optional
        Takes the place of the built-in way from a pose to the expression.
    mouth_from_sound : bool
        Whether the mouth moves in conversations that have no motion.
    """

    def __init__(self, sample_rate: int, *, face_map: FaceMap | None = None, mouth_from_sound: bool = True) -> None:
        if sample_rate not in PCM_RATES:
            raise ValueError(f"sample_rate is {sample_rate}; it must be one of {PCM_RATES}")
        self._rate = sample_rate
        self._map = None if face_map is None else face_map._core
        self._mouth_from_sound = mouth_from_sound
        self._silence = SpeechFace(sample_rate)
        self._speeches: OrderedDict[str, SpeechFace] = OrderedDict()
        self.weights = np.zeros(len(ARKIT_NAMES), np.float32)
        self.joints = np.zeros((len(JOINT_NAMES), 3), np.float32)

    def push_audio(self, samples: npt.NDArray[np.int16], conversation_id: str, end: bool = False) -> None:
        """Take in the next samples of a conversation."""
        speech = self._speech(conversation_id)
        speech.push_audio(samples)
        if end:
            speech.end_audio()

    def push_motion(self, keyframes: npt.NDArray[np.float32], conversation_id: str) -> None:
        """Take in the next keyframes, shape (n, 120), of a conversation."""
        self._speech(conversation_id).push_motion(keyframes)

    def sound_at(self, media_s: float, conversation_id: str) -> tuple[float, float, float, float]:
        """Return opening, rounding (-1 to 1), closing and loudness gate of the sound at an instant."""
        return self._speech(conversation_id).sound_at(media_s)

    def lag(self, media_s: float, conversation_id: str | None) -> float:
        """Return by how many seconds the motion runs ahead of its sound, as learned by that instant."""
        speech = None if conversation_id is None else self._speeches.get(conversation_id)
        return 0.0 if speech is None else speech.lag_at(media_s)

    def drive(
        self,
        pose: npt.NDArray[np.float32],
        now: float,
        media_s: float = -1.0,
        conversation_id: str | None = None,
        mouth_pose: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Set `weights`, in ARKit's order, and `joints`, in that of `JOINT_NAMES`.

        Parameters
        ----------
        pose : ndarray of float32, shape (120,)
            What is seen.
        now : float
            Seconds of any clock; the head sways with it.
        media_s : float
            Seconds of the conversation that is heard; below 0 where none is.
        conversation_id : str, optional
            Of that conversation.
        mouth_pose : ndarray of float32, shape (120,), optional
            The pose `lag` seconds earlier, for a stream whose motion runs ahead of its sound.
        """
        mouth = pose if mouth_pose is None else mouth_pose
        if conversation_id is None or media_s < 0:
            self._drive(self._silence, pose, mouth, now, -1.0)
        else:
            # Of a conversation that began before this face was there, only the motion is known.
            self._drive(self._speeches.get(conversation_id), pose, mouth, now, media_s)

    def drive_alone(self, pose: npt.NDArray[np.float32], now: float) -> None:
        """Set `weights` and `joints` for a pose of which nothing else is known: the motion alone moves the mouth."""
        values = pose_values(pose)
        self._drive(None, values, values, now, -1.0)

    def _drive(
        self,
        speech: SpeechFace | None,
        pose: npt.NDArray[np.float32],
        mouth_pose: npt.NDArray[np.float32],
        now: float,
        media_s: float,
    ) -> None:
        weights, joints = self.weights, self.joints
        drive_face(speech, pose, mouth_pose, now, media_s, self._map, self._mouth_from_sound, weights, joints)

    def _speech(self, conversation_id: str) -> SpeechFace:
        if conversation_id not in self._speeches:
            self._speeches[conversation_id] = SpeechFace(self._rate)
            while len(self._speeches) > _CONVERSATIONS:
                self._speeches.popitem(last=False)
        return self._speeches[conversation_id]


def arkit_weights(
    pose: npt.NDArray[np.float32], out: npt.NDArray[np.float32] | None = None
) -> npt.NDArray[np.float32]:
    """Return ARKit's 52 weights for a pose alone, in the order of `hostmode.ARKIT_NAMES`.

    The mouth comes from the motion alone then, which says less of it than the sound: lips do not meet. A `Face`
    knows both.

    Parameters
    ----------
    pose : ndarray of float32, shape (120,), or Pose
    out : ndarray of float32, shape (52,), optional

    Raises
    ------
    ValueError
        A shape is another, or a value not finite.
    """
    weights = np.empty(len(ARKIT_NAMES), np.float32) if out is None else out
    values = pose_values(pose)
    drive_face(None, values, values, 0.0, -1.0, None, True, weights, np.empty((len(JOINT_NAMES), 3), np.float32))
    return weights


def pose_values(pose: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the 120 numbers of a pose, a `Pose` with its named fields included."""
    values = np.ascontiguousarray(pose)
    if values.dtype.names is not None:
        values = values.reshape(1).view(np.float32)
    return np.ascontiguousarray(values.reshape(-1), np.float32)


def _rows(path: str | os.PathLike[str], names: npt.NDArray[np.generic]) -> list[int]:
    if names.dtype.kind not in "SU" or names.ndim != 1:
        raise HeadError(f"{path}: names is {names.dtype} of shape {names.shape}; it must be text (n,)")
    text = [name.decode("ascii", "replace") if isinstance(name, bytes) else str(name) for name in names]
    unknown = [name for name in text if name not in ARKIT_NAMES]
    if unknown:
        raise HeadError(f"{path}: {unknown[0]!r} is none of ARKit's expressions, such as {ARKIT_NAMES[0]!r}")
    if len(set(text)) != len(text):
        raise HeadError(f"{path}: a name is there twice")
    return [ARKIT_NAMES.index(name) for name in text]
