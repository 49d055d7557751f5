"""A recording as a figure: what is heard, and what the face does meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import HostModeError, MissingExtraError
from hostmode.pose import as_poses
from hostmode.whole_file import whole_files

if TYPE_CHECKING:
    import os

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hostmode.recording.recording import Recording

_INK: Final = "#22303c"
_FAINT: Final = "#9aa7b2"
_SOUND: Final = "#3b7ea1"
_JAW: Final = "#c4553b"
_NECK: Final = (("nod", "#3b7ea1"), ("turn", "#c4553b"), ("tilt", "#7a8b3c"))
_SEAM: Final = "#8a63a8"
_STYLE: Final[dict[Any, Any]] = {
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_WAVEFORM_COLUMNS: Final = 1600
#: More lines than this across the figure would hide what they cross.
_MOST_SEAM_LINES: Final = 60
_INCHES: Final = (12.0, 7.6)
_DOTS_PER_INCH: Final = 150


def save_figure(recording: Recording, path: str | os.PathLike[str], *, title: str) -> None:
    """Draw `recording` and write the picture.

    From top to bottom: the waveform, the opening of the jaw and the rotation of the neck in degrees, and the
    expression coefficients that move, each row's mean taken off. Dashed lines mark where messages meet.

    Parameters
    ----------
    recording : Recording
    path : path-like
        The ending chooses the format: ``.png``, ``.svg``, ``.pdf`` or another one that matplotlib knows.
    title : str
        Stands above the figure.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    HostModeError
        If matplotlib does not know the format.
    OSError
        If the file cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError:
        raise MissingExtraError('plotting needs matplotlib: pip install "hostmode[plot]"') from None

    ending = Path(path).suffix.lstrip(".").lower()
    formats = FigureCanvasAgg.get_supported_filetypes()
    if ending not in formats:
        raise HostModeError(f"{path}: pictures end in one of {', '.join(sorted(formats))}, not {ending!r}")
    with mpl.rc_context(_STYLE), whole_files(path) as (written,):
        _draw(recording, title).savefig(written, dpi=_DOTS_PER_INCH)


def _draw(recording: Recording, title: str) -> Figure:
    # A figure of its own, without pyplot: no global state, no window system.
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
    sound, jaw, neck, expression = figure.subplots(4, 1, sharex=True, gridspec_kw={"height_ratios": (2, 1.5, 1.5, 3)})
    times_s = np.arange(len(recording.keyframes)) / recording.keyframe_rate
    poses = as_poses(recording.keyframes)
    _draw_sound(sound, recording)
    _draw_jaw(jaw, times_s, np.degrees(poses["jaw_pose"][:, 0]))
    _draw_neck(neck, times_s, np.degrees(poses["neck_pose"]))
    _draw_expression(figure, expression, times_s, poses["expression"])
    if recording.seams:
        _draw_seams((sound, jaw, neck, expression), np.array(recording.seams) / recording.keyframe_rate)
    expression.set_xlim(0, max(recording.duration, 1 / recording.keyframe_rate))
    expression.set_xlabel("seconds")
    figure.align_ylabels()
    facts = (
        f"{recording.audio_duration:.1f} s of sound at {recording.sample_rate} Hz   ·   "
        f"{len(recording.keyframes)} keyframes at {recording.keyframe_rate:g}/s "
        f"in {len(recording.messages)} message{'' if len(recording.messages) == 1 else 's'}"
    )
    sound.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=10)
    sound.set_title(facts, loc="right", fontsize=9, color=_FAINT, pad=10)
    return figure


def _draw_seams(parts: tuple[Axes, ...], times_s: npt.NDArray[np.float64]) -> None:
    top = parts[0]
    if len(times_s) > _MOST_SEAM_LINES:
        top.vlines(times_s, 0.97, 1.0, transform=top.get_xaxis_transform(), color=_SEAM, linewidth=0.5)
        return
    for axes in parts:
        for time_s in times_s:
            axes.axvline(time_s, color=_SEAM, linewidth=0.9, linestyle=(0, (4, 3)))
    top.annotate(
        "messages meet",
        (float(times_s[0]), 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        color=_SEAM,
        fontsize=8,
        va="top",
    )


def _say_empty(axes: Axes, text: str) -> None:
    axes.set_yticks([])
    axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=_FAINT,
        bbox={"facecolor": "white", "edgecolor": "none"},  # over the seams
    )


def _draw_sound(axes: Axes, recording: Recording) -> None:
    axes.set_ylabel("sound")
    if not recording.audio.size:
        _say_empty(axes, "no sound")
        return
    low, high = _envelope(recording.audio, _WAVEFORM_COLUMNS)
    times_s = np.linspace(0, recording.audio_duration, len(low))
    axes.fill_between(times_s, low / 32768, high / 32768, color=_SOUND, linewidth=0.3)
    peak = max(0.05, float(np.abs(np.concatenate((low, high, [0.0]))).max()) / 32768)
    axes.set_ylim(-1.1 * peak, 1.1 * peak)


def _envelope(audio: npt.NDArray[np.int16], columns: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    starts = np.unique(np.linspace(0, len(audio), columns, endpoint=False).astype(np.int64))
    low, high = np.minimum.reduceat(audio, starts), np.maximum.reduceat(audio, starts)
    return low.astype(np.float64), high.astype(np.float64)


def _draw_jaw(axes: Axes, times_s: npt.NDArray[np.float64], degrees: npt.NDArray[np.float32]) -> None:
    axes.set_ylabel("jaw, degrees")
    if not len(degrees):
        _say_empty(axes, "no motion")
        return
    axes.fill_between(times_s, 0, degrees, color=_JAW, alpha=0.25, linewidth=0)
    axes.plot(times_s, degrees, color=_JAW, linewidth=1.2)
    axes.set_ylim(bottom=min(0.0, float(degrees.min())))


def _draw_neck(axes: Axes, times_s: npt.NDArray[np.float64], degrees: npt.NDArray[np.float32]) -> None:
    axes.set_ylabel("neck, degrees")
    if not len(degrees):
        _say_empty(axes, "no motion")
        return
    for axis, (label, colour) in enumerate(_NECK):
        axes.plot(times_s, degrees[:, axis], color=colour, linewidth=1.2, label=label)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.97), ncols=3, frameon=False, fontsize=8, borderaxespad=0)


def _draw_expression(
    figure: Figure, axes: Axes, times_s: npt.NDArray[np.float64], expression: npt.NDArray[np.float32]
) -> None:
    axes.set_ylabel("expression coefficient")
    moving = np.flatnonzero(np.ptp(expression, axis=0)) if len(expression) else np.empty(0, np.int64)
    if not len(moving):
        _say_empty(axes, "nothing moves" if len(expression) else "no motion")
        return
    rows = int(moving[-1]) + 1
    deviation = (expression - expression.mean(axis=0))[:, :rows].T
    limit = float(np.percentile(np.abs(deviation), 99.5))
    image = axes.imshow(
        deviation,
        aspect="auto",
        interpolation="nearest",
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        extent=(0.0, float(times_s[-1] + times_s[1] if len(times_s) > 1 else 1.0), rows - 0.5, -0.5),
    )
    bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.02, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label("from its mean")
