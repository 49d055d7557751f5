"""Build and run the benchmarks, print what they find and write it to benchmarks/results: one file a part.

Usage: python benchmarks/run.py [decode] [sampling] [interpolation] [clock] [playout] [packets] [face] [carrying]
[batch] [sending]
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import frontiers
import hostmode
import packets
import playout
import rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BUILD = ROOT / "build" / "bench" / "benchmarks" / "cpp"
REPETITIONS = 9


def run(*command: object) -> str:
    """Run a command and return its standard output, whatever its exit code says of the goals."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} failed with exit code {done.returncode}")
    return done.stdout


def build() -> None:
    """Build the programs of benchmarks/cpp, optimised."""
    prefix = run(sys.executable, "-m", "pybind11", "--cmakedir").strip()
    for command in (
        ["cmake", "--preset", "bench", f"-Dpybind11_DIR={prefix}", f"-DPython_EXECUTABLE={sys.executable}"],
        ["cmake", "--build", "--preset", "bench"],
    ):
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def medians(program: str, counter: str) -> dict[str, float]:
    """Run a google-benchmark program, contenders interleaved; return a counter's medians in ns by name."""
    report = run(
        BUILD / program,
        "--benchmark_enable_random_interleaving=true",
        f"--benchmark_repetitions={REPETITIONS}",
        "--benchmark_report_aggregates_only=true",
        "--benchmark_format=json",
    )
    return {
        entry["run_name"].split("/iterations")[0]: 1e9 * entry[counter]
        for entry in json.loads(report)["benchmarks"]
        if entry["aggregate_name"] == "median"
    }


def python_medians(script: str, *arguments: object) -> dict[str, float]:
    """Run a script of benchmarks/python and return what it printed."""
    times: dict[str, float] = json.loads(run(sys.executable, ROOT / "benchmarks" / "python" / script, *arguments))
    return times


def table(unit: str, times: dict[str, float], reference: str) -> str:
    """Return times and their ratio to one of them as a Markdown table."""
    rows = [f"| | {unit} | against {reference} |", "|---|---:|---:|"]
    rows += [f"| {name} | {time:.0f} | {time / times[reference]:.2f} |" for name, time in times.items()]
    return "\n".join(rows)


def verdict(goal: str, ratio: float, met: bool) -> str:
    """Return one line that says whether a goal is met."""
    return f"* {'met' if met else '**not met**'}: {goal}: {ratio:.2f}"


def decode() -> Iterator[str]:
    """Decoding a motion message (G6)."""
    times = medians("decode_bench", "keyframe")
    for keyframes in (50, 100):
        one = {name: times[f"{key}/{keyframes}"] for name, key in DECODERS.items()}
        yield f"Messages of {keyframes} keyframes, C++"
        yield table("ns a keyframe", one, "memcpy")
        yield verdict("at most 5 times a memcpy", r := one["hostmode"] / one["memcpy"], r <= 5)
        yield verdict("at least 5 times faster than libprotobuf", r := one["libprotobuf"] / one["hostmode"], r >= 5)
    boundary = python_medians("decoding.py")
    yield "Messages of 100 keyframes, from Python"
    yield table("ns a keyframe", boundary, "hostmode")
    r = boundary["upb + NumPy"] / boundary["hostmode"]
    yield verdict("at least 100 times faster than upb + NumPy", r, r >= 100)


DECODERS = {"memcpy": "copy_payload", "hostmode": "decode_hostmode", "libprotobuf": "decode_libprotobuf"}


def sampling() -> Iterator[str]:
    """Sampling poses (G7)."""
    boundary = python_medians("sampling.py", BUILD)
    yield "From Python, one avatar in the processor's cache"
    yield table("ns a call", boundary, "empty call")
    r = boundary["sample(now, out)"] / boundary["empty call"]
    yield verdict("sample(now, out) at most 3.5 empty calls", r, r <= 3.5)
    r = boundary["NumPy lerp"] / boundary["sample(now, out)"]
    yield verdict("sample(now, out) at least 4 times faster than a NumPy lerp", r, r >= 4)
    times = medians("sample_bench", "avatar")
    named = {name: times[key] for name, key in SAMPLERS.items()}
    yield "From C++, for each of 4000 distinct avatars"
    yield table("ns an avatar", named, "one avatar, hot")
    for name in ("sample_many", "sample_many, caches evicted"):
        yield verdict(f"{name}: at most 400 ns an avatar", named[name], named[name] <= 400)


SAMPLERS = {
    "one avatar, hot": "sample_one",
    "sample_many": "sample_crowd/many",
    "sample, one by one": "sample_crowd/one_by_one",
    "sample_many, caches evicted": "sample_crowd/many_evicted",
    "sample, one by one, caches evicted": "sample_crowd/one_by_one_evicted",
}


def interpolation() -> Iterator[str]:
    """Keyframes rebuilt from their neighbours (G8)."""
    recordings = {"The embedded utterance": hostmode.Recording.embedded()}
    if directory := os.environ.get("HOSTMODE_RECORDINGS"):
        recordings |= {
            f"{path.name}": hostmode.load_recording(path) for path in sorted(Path(directory).glob("*.json"))
        }
    for name, recording in recordings.items():
        with tempfile.TemporaryDirectory() as scratch:
            keyframes = Path(scratch) / "keyframes.f32"
            recording.keyframes.tofile(keyframes)
            yield name
            yield f"```\n{run(BUILD / 'holdout', keyframes)}```"


def clock() -> Iterator[str]:
    """The audio clock against a device that knows the truth (G3)."""
    yield f"```\n{run(BUILD / 'clock_accuracy')}```"


def face() -> Iterator[str]:
    """The face, drawn in software (G13)."""
    found = python_medians("face.py")
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    yield (
        "The built-in head, 512 x 512 pixels, all of it computed by the processor, "
        f"{os.cpu_count()} cores on which {busy:.1f} processes wanted to run"
    )
    yield (
        "What a graphics card changes was not measured, for want of one: there, light is worked out per pixel with "
        "four samples, which is the last row of the table"
    )
    rows = [f"| {name} | {found[key]:.2f} |" for name, key in FACE.items()]
    yield "\n".join(["| | ms |", "|---|---:|", *rows])
    yield verdict("deforming at least 3 times faster than NumPy", r := found["ratio"], r >= 3)
    share = found["deform_percent_of_a_core_at_60_hz"]
    yield verdict("deforming at most 3 % of a core at 60 Hz", share, share <= 3)
    pictures = 1000 / found["picture_vertex_ms"]
    yield verdict("at least 60 pictures a second, drawn and read back", pictures, pictures >= 60)
    if shutil.which("xvfb-run") is None:
        yield "The window was not measured: it needs xvfb"
    else:
        seen = in_a_virtual_display("face_window.py")
        rate = seen["pictures_a_second"]
        yield verdict("60 pictures a second in a window while it speaks (a timer stops it at 62)", rate, rate >= 59.5)
        yield verdict("gaps in the sound meanwhile", n := seen["underruns"], n == 0)
        first = in_a_virtual_display("face_first_picture.py")
        wall = first["first_picture_s"]
        yield verdict(
            "seconds from `hostmode play FILE --window` to its first picture: at most 1.5", wall, wall <= 1.5
        )
        yield (
            f"Of the processor that takes {first['first_picture_processor_s']:.2f} s; importing moderngl, glfw and "
            f"NumPy alone {first['imports_processor_s']:.2f} s, and {first['imports_s']:.2f} s on the clock"
        )
    film = found["film_times_real_time"]
    yield verdict("a film with sound at 25 pictures a second at least 2 times real time", film, film >= 2)


def in_a_virtual_display(script: str) -> dict[str, float]:
    path = ROOT / "benchmarks" / "python" / script
    found: dict[str, float] = json.loads(run("xvfb-run", "-a", "-s", "-screen 0 800x600x24", sys.executable, path))
    return found


FACE = {
    "deform": "deform_ms",
    "deform, NumPy": "numpy_ms",
    "picture, light per vertex": "picture_vertex_ms",
    "picture, light per vertex, four samples": "picture_vertex_4x_ms",
    "picture, light per pixel, four samples": "picture_pixel_4x_ms",
}


def carrying() -> Iterator[str]:
    """What carrying to 200 viewers costs, and what survives (G14)."""
    found = python_medians("carrying.py")
    costs: dict[str, dict[str, float]] = found["costs"]  # type: ignore[assignment]
    survived: dict[str, float] = found["survival"]  # type: ignore[assignment]
    alone, peer, bus = (costs[name] for name in ("hostmode", "websockets.broadcast", "hostmode over the bus"))
    yield (
        "200 viewers of one avatar, every 40 ms 1920 bytes of sound and 500 of motion. All viewers are one process, "
        "whose work is part of each delay. hostmode sends sound and motion as a frame each, the peer both in one. "
        "The bus counts the publishing node, the viewers' node and the NATS server."
    )
    rows = [
        f"| {name} | {cost['percent']:.1f} | {cost['percent'] / peer['percent']:.2f} "
        f"| {cost['p50_ms']:.1f} | {cost['p99_ms']:.1f} | {cost['p99_ms'] / peer['p99_ms']:.2f} |"
        for name, cost in costs.items()
    ]
    yield "\n".join(
        [
            "| | % of a core | against the peer | p50, ms | p99, ms | against the peer |",
            "|---|---:|---:|---:|---:|---:|",
            *rows,
        ]
    )
    yield verdict("at most 15 % of a core", r := alone["percent"], r <= 15)
    yield verdict("p99 at most 25 ms", r := alone["p99_ms"], r <= 25)
    yield verdict("over the bus, p99 later by at most 5 ms", r := bus["p99_ms"] - alone["p99_ms"], r <= 5)
    yield (
        f"{survived['viewers']:.0f} viewers on two nodes of a bus; one takes nothing; the node of "
        f"{survived['moved']:.0f} of them is killed; the publisher's connection is cut for 3 s. Compared byte for "
        f"byte, {survived['messages']:.0f} messages:"
    )
    others = survived["viewers"] - 1
    yield verdict(
        f"of {others:.0f} others, have every message once and in order", r := survived["complete"], r == others
    )
    yield verdict("the node's memory grew by at most 32 MB", r := survived["grown_mb"], r <= 32)


def playout_of_streams() -> Iterator[str]:
    """When sound starts, and how often it runs dry (G1)."""
    scores = json.loads(run(BUILD / "playout", *playout.SEEDS, *playout.RISKS))
    frontiers.draw_streams(playout.curves(scores), RESULTS / "playout.svg")
    yield from playout.report(scores)
    yield "![Start against utterances with an underrun, the knob of each swept](playout.svg)"


def playout_of_packets() -> Iterator[str]:
    """How long packets are held back, and how many come too late (G1b)."""
    found = json.loads(run(BUILD / "packets", *packets.SEEDS))
    frontiers.draw_packets(packets.curves(found), RESULTS / "packets.svg")
    yield from packets.report(found)
    yield "![Delay against late frames, the knob of each swept](packets.svg)"


def batch() -> Iterator[str]:
    """Two hundred recordings in one batch."""
    found = python_medians("batch.py")
    sound = found["seconds_of_sound"]
    yield f"{found['recordings']:.0f} recordings, {sound:.0f} s of sound, exported as weights at 120/s"
    rows = [
        f"| {name} | {found[key]:.1f} | {sound / found[key]:.0f} |"
        for name, key in (("one worker", "one_worker_s"), ("two workers", "two_workers_s"))
    ]
    yield "\n".join(["| | s | times real time |", "|---|---:|---:|", *rows])
    yield verdict("two workers at least 1.8 times as fast as one", r := found["ratio"], r >= 1.8)
    yield f"Killed with SIGKILL when half was done, and run again: {found['resumed_s']:.1f} s"
    yield verdict("outputs that differ from those of an undisturbed run", n := found["differing"], n == 0)
    yield verdict("items done twice", n := found["done_twice"], n == 0)
    early, late = found["parent_mb_early"], found["parent_mb"]
    yield f"The process that hands out items had {early:.1f} MB at most until an eighth was done, {late:.1f} in all"
    yield verdict("it grew by at most 8 MB over the rest", n := late - early, n <= 8)


def sending() -> Iterator[str]:
    """A face sent to engines."""
    found: list[dict[str, Any]] = json.loads(run(sys.executable, ROOT / "benchmarks" / "python" / "sending.py"))
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    yield (
        "60 pictures a second to another process on this machine, at ordinary priority, with "
        f"{busy:.1f} processes that wanted to run; read by pylivelinkface and by the server of python-osc. "
        "Milliseconds after the time of each picture: when the system had its last datagram for the receiver, and "
        "when the receiver had taken it apart. For VMC, whose pictures have no time of day, after that of the most "
        "punctual one. Values are compared with the film of the recording"
    )
    rows = [
        f"| {PROTOCOLS[one['protocol']]}, {'another thread computes' if one['busy'] else 'idle interpreter'} "
        f"| {one['pictures']} | {one['left_out']:.0f} | {one['rate']:.2f} | {one['jitter_ms']:.2f} "
        f"| {one['came_ms'][0]:.2f} | {one['came_ms'][1]:.2f} | {one['read_ms'][0]:.2f} | {one['read_ms'][1]:.2f} |"
        for one in found
    ]
    head = "| | pictures | left out | a second | jitter | came, p50 | p99 | read, p50 | p99 |"
    yield "\n".join([head, "|---|---:|---:|---:|---:|---:|---:|---:|---:|", *rows])
    for protocol, name in PROTOCOLS.items():
        late = next(one["came_ms"][1] for one in found if (one["protocol"], one["busy"]) == (protocol, False))
        yield verdict(f"{name}, idle interpreter: p99 within 2 ms of the picture's time", late, late <= 2)


PROTOCOLS = {"livelink": "Live Link Face", "vmc": "VMC"}


def worker() -> Iterator[str]:
    """An avatar for an agent, beside the runner of livekit-agents."""
    found = json.loads(run(sys.executable, ROOT / "benchmarks" / "python" / "worker.py"))
    yield (
        "`AvatarWorker` and the `AvatarRunner` of livekit-agents speak the same in a virtual room, in simulated "
        "time, and its source of sound knows what is heard when. Both show the pictures of hostmode's generator, "
        "drawn in no time. Virtual are the room, the sources of sound and pictures, and all clocks; the rest is each "
        "package's code."
    )
    rows = ["| 50 interrupts of utterances of 5 s | AvatarWorker | AvatarRunner |", "|---|---:|---:|"]
    ours, theirs = (found[name]["interrupts"] for name in ("AvatarWorker", "AvatarRunner"))
    for name, key in (
        ("position told, against what was heard when the interrupt came", "error_at_clear"),
        ("position told, against all that was heard", "heard_error"),
        ("sound after the interrupt", "after_clear"),
    ):
        ends = [f"{one[f'{key}_ms']:.1f} (most {one[f'{key}_max_ms']:.1f})" for one in (ours, theirs)]
        rows.append(f"| {name}, ms: median | {ends[0]} | {ends[1]} |")
    rows.append(f"| starts and ends that were told and never were | {ours['phantoms']} | {theirs['phantoms']} |")
    yield "\n".join(rows)
    rows = [
        "| 30 minutes of speech; picture minus sound | AvatarWorker | AvatarRunner |",
        "|---|---:|---:|",
    ]
    for ppm, which in (("-100", "sound 100 ppm fast"), ("100", "sound 100 ppm slow")):
        for name, key in (("minute 1", "first_ms"), ("minute 30", "last_ms"), ("widest", "widest_ms")):
            ends = [f"{found[one][ppm][key]:.1f}" for one in ("AvatarWorker", "AvatarRunner")]
            rows.append(f"| {which}: {name}, ms | {ends[0]} | {ends[1]} |")
        ends = [f"{found[one][ppm]['gaps']}" for one in ("AvatarWorker", "AvatarRunner")]
        rows.append(f"| {which}: gaps in the sound | {ends[0]} | {ends[1]} |")
    yield "\n".join(rows)
    yield verdict("sound after an interrupt at most 20 ms", most := ours["after_clear_max_ms"], most <= 20.0)
    yield verdict("position told within 20 ms of what was heard", most := ours["heard_error_max_ms"], most <= 20.0)
    widest = max(found["AvatarWorker"][ppm]["widest_ms"] for ppm in ("-100", "100"))
    yield verdict("picture within 15 ms of the sound for 30 minutes", widest, widest <= 15.0)


def in_rooms() -> Iterator[str]:
    """The face and its sound in a room of a real LiveKit server."""
    yield from rooms.report(json.loads(run(sys.executable, ROOT / "benchmarks" / "python" / "room_runs.py")))


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "decode": decode,
    "sampling": sampling,
    "interpolation": interpolation,
    "clock": clock,
    "playout": playout_of_streams,
    "packets": playout_of_packets,
    "face": face,
    "carrying": carrying,
    "batch": batch,
    "sending": sending,
    "worker": worker,
    "rooms": in_rooms,
}
# In real time, and with a server that is no package.
ASKED_FOR = ("rooms",)


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    wanted = sys.argv[1:] or [part for part in PARTS if part not in ASKED_FOR]
    if "playout" in wanted and "packets" not in wanted:
        wanted.insert(wanted.index("playout") + 1, "packets")
    if unknown := set(wanted) - set(PARTS):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if set(wanted) - {"face", "carrying", "batch", "sending", "worker", "rooms"}:
        build()
    RESULTS.mkdir(exist_ok=True)
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    for part in wanted:
        title = str(PARTS[part].__doc__).rstrip(".")
        text = f"# {title}\n\nMeasured on {machine}, hostmode {hostmode.__version__}.\n\n"
        text += "\n\n".join(PARTS[part]()) + "\n"
        (RESULTS / f"{part}.md").write_text(text)
        print(text)


if __name__ == "__main__":
    main()
