"""A face that is sent while it plays, read by other people's libraries in another process: prints JSON.

Arguments: the number of pictures, 300 unless given. Each protocol is sent from an idle interpreter and from one in
which another thread computes all the time, one after the other, in rounds.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import hostmode
from hostmode.engines import LIVE_LINK_NAMES
from hostmode.view import perform

if TYPE_CHECKING:
    from collections.abc import Iterator

RECEIVER = Path(__file__).parents[2] / "tests" / "python" / "receive_face.py"
RATE = 60
ROUNDS = 3
CASES = [(protocol, busy) for busy in (False, True) for protocol in ("livelink", "vmc")]


@contextlib.contextmanager
def computing(busy: bool) -> Iterator[None]:
    """Keep a thread of this interpreter busy meanwhile, if wanted."""
    stopping = threading.Event()

    def compute() -> None:
        while not stopping.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    if busy:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        if busy:
            thread.join()


def shown_recording(pictures: int) -> hostmode.Recording:
    """Return a recording that is a second longer than so many pictures."""
    whole = hostmode.Recording.embedded()
    keyframes = round(25 * (pictures / RATE + 1))
    audio = whole.audio[: keyframes * whole.sample_rate // 25]
    return hostmode.Recording.from_keyframes(audio, whole.sample_rate, whole.keyframes[:keyframes])


def received(protocol: str, recording: hostmode.Recording, pictures: int, busy: bool) -> tuple[list[Any], float]:
    """Return what another process received, and when sound began on hostmode's clock."""
    command = [sys.executable, str(RECEIVER), protocol, str(pictures)]
    started: list[float] = []
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver,
        hostmode.Controller(recording.sample_rate, output="silent") as avatar,
    ):
        assert receiver.stdout is not None
        port = int(receiver.stdout.readline())
        avatar.on_event = lambda event: started.append(event.time) if event.kind == "playback_started" else None
        with hostmode.send(avatar, f"{protocol}://127.0.0.1:{port}?fps={RATE}"), computing(busy):
            conversation = avatar.yield_audio_data(recording.audio, end=True)
            avatar.yield_frames_data(recording.messages, conversation)
            output, _ = receiver.communicate(timeout=60 + pictures / RATE)
    return json.loads(output), started[0]


def check_values(times_s: np.ndarray, jaw: np.ndarray, expected: np.ndarray) -> None:
    """Expect the jaw of the film of the recording, `times_s` into its sound, once the face has moved into it."""
    shown = slice(RATE // 2 + RATE // 4, None)
    film = np.interp(times_s, np.arange(len(expected)) / RATE, expected)[shown]
    alike = np.corrcoef(jaw[shown], film)[0, 1]
    if not alike > 0.95 or not np.ptp(jaw[shown]) > 0.1:
        raise SystemExit(f"what arrives is not the face: its jaw follows the film by {alike:.3f} only")


def measured(protocol: str, pictures: list[Any], started: float, expected: np.ndarray) -> dict[str, np.ndarray]:
    """Return the milliseconds by which pictures came, and were read, after their times; and the gaps between them."""
    live_link = protocol == "livelink"
    times = np.array([picture["time" if live_link else "T"] for picture in pictures])
    arrived = np.array([picture["arrived"] for picture in pictures])
    # Where the system does not stamp datagrams, there is only what the receiver says.
    came = np.array([picture["arrived"] if picture["came"] is None else picture["came"] for picture in pictures])
    if live_link:
        jaw = np.array([picture["values"][LIVE_LINK_NAMES.index("JawOpen")] for picture in pictures])
    else:
        # VMC says when a picture is since sending began, so its earliest picture is taken for punctual.
        jaw = np.array([picture["Blend/Val JawOpen"][0] for picture in pictures])
        times = times + np.min(came - times)
    clock = np.array([picture["clock"] for picture in pictures])
    check_values(times + np.median(clock - arrived) - started, jaw, expected)
    gaps = np.rint(np.diff(times) * RATE)
    return {
        "came": 1000 * (came - times),
        "read": 1000 * (arrived - times),
        "jitter": 1000 * (np.diff(came) - gaps / RATE),
        "rate": np.array([(len(times) - 1) / (came[-1] - came[0])]),
        "left_out": np.array([np.sum(gaps - 1)]),
    }


def main() -> None:
    pictures = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    recording = shown_recording(pictures)
    performance = perform(recording, RATE)
    expected = performance.weights[:, hostmode.ARKIT_NAMES.index("jawOpen")]
    found: dict[tuple[str, bool], list[dict[str, np.ndarray]]] = {case: [] for case in CASES}
    for _ in range(ROUNDS):
        for protocol, busy in CASES:
            seen, started = received(protocol, recording, pictures, busy)
            found[protocol, busy].append(measured(protocol, seen, started, expected))
    report = []
    for (protocol, busy), rounds in found.items():
        joined = {name: np.concatenate([one[name] for one in rounds]) for name in rounds[0]}
        came, read = (np.percentile(joined[name], [50, 99]).tolist() for name in ("came", "read"))
        report.append(
            {
                "protocol": protocol,
                "busy": busy,
                "pictures": len(joined["came"]),
                "left_out": float(joined["left_out"].sum()),
                "rate": float(joined["rate"].mean()),
                "jitter_ms": float(np.std(joined["jitter"])),
                "came_ms": came,
                "read_ms": read,
            }
        )
    print(json.dumps(report))


if __name__ == "__main__":
    main()
