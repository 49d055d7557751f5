"""Playback that nobody hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostmode.audio.output import AudioOutput, Report

if TYPE_CHECKING:
    from hostmode._core import Player


class SilentOutput(AudioOutput):
    """Play as a perfect device would, without sound: for servers, tests, and simulations on a clock of one's
    own."""

    @property
    def unheard(self) -> bool:
        return True

    def prepare(self, source_rate: int) -> int:
        return source_rate

    def start(self, player: Player, now: float, report: Report) -> None:
        del report
        player.start_silent_clock(now=now)

    def advance(self, player: Player, now: float) -> None:
        player.advance(now)

    def close(self) -> None:
        """Do nothing: there is nothing to stop."""

    def stats(self) -> dict[str, float | str]:
        return {"audio_output": "silent"}
