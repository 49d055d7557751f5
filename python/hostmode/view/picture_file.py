"""Reading a picture file as a background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hostmode.errors import HostModeError
from hostmode.view.film import import_av

if TYPE_CHECKING:
    import os

    import numpy.typing as npt


def read_picture(path: str | os.PathLike[str], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return the picture, cut in its middle to the shape of `width` by `height`, as uint8 (h, w, 3).

    Raises
    ------
    HostModeError
        The file is no picture.
    MissingExtraError
        PyAV, which reads it, is not installed.
    """
    av = import_av()
    try:
        with av.open(str(path)) as file:
            frame = next(file.decode(video=0))
            picture: npt.NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, StopIteration, IndexError, ValueError) as error:
        raise HostModeError(f"{path}: no picture that can be read: {error}") from error
    tall, wide, _ = picture.shape
    kept_wide, kept_tall = min(wide, round(tall * width / height)), min(tall, round(wide * height / width))
    top, left = (tall - kept_tall) // 2, (wide - kept_wide) // 2
    return np.ascontiguousarray(picture[top : top + max(kept_tall, 1), left : left + max(kept_wide, 1)])
