"""What a controller was given and what it showed, in order."""

from __future__ import annotations

import asyncio
from typing import Any

from marked_motion import MARKS

import hostmode

_INTERVAL_S = 0.01


class Shown:
    """Follows a controller from now on, until the task of `watch` is cancelled."""

    def __init__(self, avatar: hostmode.Controller) -> None:
        self._avatar = avatar
        self.marks: list[list[float]] = []
        self.jaws: list[float] = []
        self.ends: list[tuple[str | None, float | None]] = []
        self.bytes: dict[str, int] = {}
        self.keyframes: dict[str, int] = {}
        self.mixed = 0
        self._request_of: dict[str | None, str] = {}
        avatar.follow(self)
        avatar.on_event = self._note

    def heard(self, data: Any, conversation_id: str, _end: bool) -> None:
        self.bytes[conversation_id] = self.bytes.get(conversation_id, 0) + memoryview(data).nbytes

    def moved(self, frames: Any, conversation_id: str | None) -> None:
        for motion in filter(None, map(hostmode.decode_message, frames)):
            self.mixed += self._request_of.setdefault(conversation_id, motion.req_id) != motion.req_id
            self.keyframes[motion.req_id] = self.keyframes.get(motion.req_id, 0) + len(motion.keyframes)

    def _note(self, event: hostmode.Event) -> None:
        if event.kind == "conversation_end":
            self.ends.append((event.reason, event.value))

    async def watch(self) -> None:
        """Look at the pose, again and again."""
        while True:
            pose = self._avatar.sample()
            self.marks.append(pose.expression[-MARKS:].tolist())
            self.jaws.append(float(pose.jaw_pose[0]))
            await asyncio.sleep(_INTERVAL_S)

    async def ended(self, count: int) -> None:
        """Wait until so many conversations are over."""
        while len(self.ends) < count:
            await asyncio.sleep(_INTERVAL_S)

    def report(self, interrupted_at: int) -> dict[str, Any]:
        """Return what there is to say; `interrupted_at`, in number of poses, is when the second turn was cut."""
        return {
            "ends": self.ends,
            "seconds": [count / 2 / self._avatar.sample_rate for count in self.bytes.values()],
            "keyframes": list(self.keyframes.values()),
            "mixed": self.mixed,
            "before": self.marks[:interrupted_at],
            "after": self.marks[interrupted_at:],
            "jaws": self.jaws,
            "malformed": self._avatar.stats()["malformed_messages"],
        }
