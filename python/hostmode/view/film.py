"""Videos: pictures and sound in one file."""

from __future__ import annotations

import queue
import threading
from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hostmode.errors import MissingExtraError
from hostmode.view.png import write_png
from hostmode.whole_file import whole_files

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from hostmode.view.offscreen import Offscreen
    from hostmode.view.performance import Performance

#: File names that can be written.
ENDINGS: Final = (".mp4", ".webm", ".gif", ".png")

_CODECS: Final = {
    ".mp4": ("libx264", "aac"),
    ".webm": ("libvpx-vp9", "libopus"),
    ".gif": ("gif", None),
}
# The number of threads is part of what the encoders write, so it is not left to the machine.
_OPTIONS: Final = {
    "libx264": {"crf": "18", "preset": "veryfast", "threads": "2"},
    "libvpx-vp9": {"crf": "28", "b:v": "0", "deadline": "realtime", "cpu-used": "6", "threads": "2"},
    "gif": {},
}
_OPUS_RATE: Final = 48000
_AHEAD: Final = 4  # pictures that wait for the encoder
_BT709: Final = 1
_SHEET: Final = (5, 4)  # columns, rows


def import_av() -> Any:
    """Return PyAV.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError('videos need PyAV: pip install "hostmode[video]"') from error
    return av


def write_film(
    path: str | os.PathLike[str],
    performance: Performance,
    stage: Offscreen,
    rate: int,
    progress: Callable[[int], None] = lambda pictures: None,
) -> None:
    """Draw `performance` and write it to `path`, by whose ending: .mp4, .webm, .gif, or a contact sheet as .png.

    The same performance, stage and versions of the libraries give the same bytes.

    Parameters
    ----------
    path : path
    performance : Performance
        For `rate` pictures a second.
    stage : Offscreen
        What draws it; without background a .webm is transparent. Width and height must be even but for .png.
    rate : int
        Pictures a second.
    progress : callable, optional
        Called with the number of pictures drawn so far.

    Raises
    ------
    MissingExtraError
        PyAV is not installed.
    ValueError
        The ending is another, or the size odd.
    OSError
        The file cannot be written; what was there before stays.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"{path} must end in {', '.join(ENDINGS)}")
    if ending == ".png":
        write_png(path, _contact_sheet(performance, stage))
        return
    if any(side % 2 for side in stage.size):
        raise ValueError(f"size is {stage.size}; a video needs an even width and height")
    pictures = _drawn(performance, stage, progress)
    with whole_files(path) as (written,):
        _encode(written, ending, pictures, performance, stage, rate)


def _drawn(
    performance: Performance, stage: Offscreen, progress: Callable[[int], None]
) -> Iterable[npt.NDArray[np.uint8]]:
    for index, face in enumerate(performance):
        yield stage.render_face(*face)
        progress(index + 1)


def _contact_sheet(performance: Performance, stage: Offscreen) -> npt.NDArray[np.uint8]:
    columns, rows = _SHEET
    width, height = stage.size
    sheet = np.empty((rows * height, columns * width, 4), np.uint8)
    for place, index in enumerate(np.linspace(0, len(performance) - 1, columns * rows).round().astype(int)):
        top, left = place // columns * height, place % columns * width
        picture = stage.render_face(performance.weights[index], performance.joints[index], performance.poses[index])
        sheet[top : top + height, left : left + width] = picture
    return sheet if stage.transparent else sheet[..., :3]


def _encode(
    path: Path,
    ending: str,
    pictures: Iterable[npt.NDArray[np.uint8]],
    performance: Performance,
    stage: Offscreen,
    rate: int,
) -> None:
    av = import_av()
    video_codec, audio_codec = _CODECS[ending]
    options = {"movflags": "+faststart"} if ending == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        # Neither the time nor the version of the muxer: the same film is the same file.
        container.flags |= av.container.Flags.bitexact.value
        video = container.add_stream(video_codec, rate=rate, options=_OPTIONS[video_codec])
        video.width, video.height = stage.size
        video.codec_context.flags |= av.codec.context.Flags.bitexact.value
        sound = None
        if audio_codec is not None:
            sound_rate = performance.sample_rate if audio_codec == "aac" else _OPUS_RATE
            sound = container.add_stream(audio_codec, rate=sound_rate, layout="mono")
            sound.codec_context.flags |= av.codec.context.Flags.bitexact.value
        if ending == ".gif":
            video.pix_fmt = "pal8"
            _encode_palette(container, video, pictures, stage, rate)
            return
        video.pix_fmt = "yuva420p" if stage.transparent and ending == ".webm" else "yuv420p"
        context = video.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        # The sound first: muxers interleave by time.
        packets = [] if sound is None else _sound_packets(av, sound, performance)
        _encode_pictures(av, video, pictures, _Muxer(container, packets))


def _sound_packets(av: Any, stream: Any, performance: Performance) -> list[Any]:
    frame = av.AudioFrame.from_ndarray(performance.audio[None], format="s16", layout="mono")
    frame.sample_rate = performance.sample_rate
    frame.pts = 0
    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format, layout="mono", rate=context.sample_rate, frame_size=context.frame_size or 1024
    )
    packets = []
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        packets.extend(stream.encode(piece))
    packets.extend(stream.encode(None))
    return packets


class _Muxer:
    """Pictures and sound into one file, in the order of their time."""

    def __init__(self, container: Any, sound: list[Any]) -> None:
        self._container = container
        self._sound = deque(sound)

    def write(self, packets: list[Any]) -> None:
        for packet in packets:
            while self._sound and _seconds(self._sound[0]) <= _seconds(packet):
                self._container.mux(self._sound.popleft())
            self._container.mux(packet)

    def finish(self) -> None:
        while self._sound:
            self._container.mux(self._sound.popleft())


def _encode_pictures(av: Any, stream: Any, pictures: Iterable[npt.NDArray[np.uint8]], muxer: _Muxer) -> None:
    """Encode on a thread of its own while the next pictures are drawn."""
    waiting: queue.Queue[npt.NDArray[np.uint8] | None] = queue.Queue(_AHEAD)
    failed: list[BaseException] = []

    def encode() -> None:
        index = 0
        while (picture := waiting.get()) is not None:
            frame = av.VideoFrame.from_ndarray(picture, format="rgba")
            frame = frame.reformat(format=stream.pix_fmt, dst_colorspace="ITU709")
            frame.pts, frame.time_base = index, Fraction(1, int(stream.average_rate))
            muxer.write(stream.encode(frame))
            index += 1
        muxer.write(stream.encode(None))
        muxer.finish()

    def work() -> None:
        try:
            encode()
        except Exception as error:
            failed.append(error)
            # Whoever draws must not wait for a place in the queue.
            while waiting.get() is not None:
                pass

    thread = threading.Thread(target=work, name="hostmode-encoder")
    thread.start()
    try:
        for picture in pictures:
            if failed:
                break
            waiting.put(picture)
    finally:
        waiting.put(None)
        thread.join()
    if failed:
        raise failed[0]


def _seconds(packet: Any) -> float:
    return float((packet.dts if packet.dts is not None else 0) * packet.time_base)


def _encode_palette(
    container: Any, stream: Any, pictures: Iterable[npt.NDArray[np.uint8]], stage: Offscreen, rate: int
) -> None:
    """Encode with the 256 colours that suit the pictures best."""
    av = import_av()
    width, height = stage.size
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgba"), time_base=Fraction(1, rate))
    split = graph.add("split")
    generate = graph.add("palettegen", "stats_mode=diff")
    use = graph.add("paletteuse", "dither=sierra2_4a")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(generate, 0, 0)
    split.link_to(use, 1, 0)
    generate.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for index, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="rgba")
        frame.pts, frame.time_base = index, Fraction(1, rate)
        source.push(frame)
    source.push(None)
    while True:
        try:
            frame = sink.pull()
        except (av.BlockingIOError, av.EOFError):
            break
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
