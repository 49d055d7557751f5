"""The report on rooms: a publisher and a subscriber process around a real LiveKit server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# The face less the sound that was heard; of the Done-when of a clean link.
MEDIAN_MS = 15.0
SPREAD_MS = 20.0

SAID = {
    "clicks": "clicks, clean",
    "recording": "speech, clean",
    "troubled": "speech, 2 % lost and 0 to 60 ms late, each way",
    "blackout": "clicks, after 2.5 s without a network",
    "killed": "clicks, server killed and started again",
}

Found = dict[str, list[dict[str, Any]]]


def line(goal: str, values: list[float], most: float, unit: str = " ms") -> str:
    """Return one line that says whether each run keeps a bound."""
    over = sum(value > most for value in values)
    worst = f"{max(values):.1f}{unit} at most"
    return f"* {'met' if not over else f'**not met** in {over} of {len(values)} runs'}: {goal}: {worst}"


def report(found: Found) -> Iterator[str]:
    """Say what was found, as Markdown."""
    yield (
        "A process publishes 20 s of clicks with a pulse of the jaw each, or a recording of speech, in a room of "
        "livekit-server 1.11.0; another subscribes, plays on a virtual sound card that is recorded, and draws at "
        "60 Hz. All on one machine, in real time. Error: when the face is seen less when its sound is heard, of each "
        "click, or of each second of speech, ms. Busy: processes that wanted to run at the end. Where they are many "
        "the sound card itself is not served in time: such a run is followed by another, and the goals are judged by "
        "those in which it was."
    )
    rows = [
        "| | errors | first | median | 5 % | 95 % | given, 5 to 95 % | packets | frames lost | fastest | ends | busy "
        "| card |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|",
    ]
    for name, runs in found.items():
        for run in runs:
            fastest = f"{run['fastest']:.2f}" if "fastest" in run else ""
            given = f"{run['given_p5_ms']:.1f} to {run['given_p95_ms']:.1f}" if "given_p5_ms" in run else ""
            rows.append(
                f"| {SAID[name]} | {run['count']} | {run['first_ms']:.1f} | {run['median_ms']:.1f} "
                f"| {run['p5_ms']:.1f} | {run['p95_ms']:.1f} | {given} | {run['packets']} "
                f"| {run['lost']} | {fastest} | {', '.join(run['ends'])} | {run['busy']:.1f} | {run['stumbles']} |"
            )
    yield "\n".join(rows)
    yield (
        "Fastest: of all values of the face, against what is no visible jump: 1.5 times the value's fastest step in "
        "the recording, or the speed of a transition. First: before it nothing of the room was heard. Given: the "
        "same error in what the subscriber gave its player; the rest is the player's and the sound card's. "
        "Card: how often the sound card was not served in time."
    )
    found = {name: [run for run in runs if run["stumbles"] == 0] for name, runs in found.items()}
    if unheard := [SAID[name] for name, runs in found.items() if not runs]:
        yield f"Not judged, since the sound card stumbled in every run: {'; '.join(unheard)}."
    clean = [run for name in ("clicks", "recording") for run in found.get(name, [])]
    after = found.get("blackout", [])
    goals = []
    if clean:
        goals += [
            line("clean link, median", [abs(run["median_ms"]) for run in clean], MEDIAN_MS),
            line("clean link, 5 to 95 %", [run["p95_ms"] - run["p5_ms"] for run in clean], SPREAD_MS),
            line("clean link, the first of a room", [abs(run["first_ms"]) for run in clean], MEDIAN_MS),
        ]
    if found.get("troubled"):
        goals += [
            line("loss and jitter, median", [abs(run["median_ms"]) for run in found["troubled"]], MEDIAN_MS),
            line(
                "loss and jitter, the first of a room", [abs(run["first_ms"]) for run in found["troubled"]], MEDIAN_MS
            ),
            line("loss and jitter, no visible jump", [run["fastest"] for run in found["troubled"]], 1.0, ""),
        ]
    if after:
        goals += [
            line("after 2.5 s without a network, median", [abs(run["median_ms"]) for run in after], MEDIAN_MS),
            line("after 2.5 s without a network, no visible jump", [run["fastest"] for run in after], 1.0, ""),
        ]
    for run in found.get("killed", []):
        told = len(run["ends"]) >= 2 and run["ends"][-1] == "playback_end"
        goals.append(
            f"* {'met' if told else '**not met**'}: server killed: the conversation ends with an event, and another "
            "is played to its end"
        )
    yield "\n".join(goals)
