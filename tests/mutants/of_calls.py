"""One-line breaks of what Python adds to the calls: turns, and what a controller refuses."""

from __future__ import annotations

from mutation import Mutation


def _turn(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("calls", f"hostmode.turn.Turn.{function}", original, mutated, files=("test_turns.py",))


def _call(function: str, original: str, mutated: str) -> Mutation:
    return Mutation(
        "calls",
        f"hostmode.{function}",
        original,
        mutated,
        files=(
            "test_turns.py",
            "test_controller_names.py",
            "test_controller_conversations.py",
            "test_controller_motion.py",
        ),
    )


CALLS = (
    _turn("audio", ", conversation_id=self._id) is not None", ") is not None"),
    _turn("motion", "messages, self._id)", "messages, None)"),
    _turn("end", ", conversation_id=self._id)", ")"),
    _turn(
        "interrupt",
        '        if self.state == "ended":\n            return self._heard_s\n',
        '        if self.state == "never":\n            return self._heard_s\n',
    ),
    _turn("_end", "            self._heard_s = heard_s\n", ""),
    _turn("_end", "loop.call_soon_threadsafe(_finish, future)", "pass"),
    _turn("finished", "                future.set_result(None)\n", "                pass\n"),
    _call("controller.Controller.__init__", "        require_pcm_rate(sample_rate)\n", ""),
    _call("controller.Controller.__init__", "clock is not None and self._output.live", "False"),
    _call("controller.Controller.__init__", "self._output in _outputs_in_use", "False"),
)
