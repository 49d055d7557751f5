"""One-line breaks of what Python adds to the calls: turns, callbacks, closing."""

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
    _turn("_end", "            if self._reason is not None:", "            if self._reason is None and False:"),
    _turn("_end", "loop.call_soon_threadsafe(_finish, future)", "pass"),
    _turn("finished", "                future.set_result(None)\n", "                pass\n"),
    _call("intake.Intake.open_turn", ", turn=True)", ", turn=False)"),
    _call("intake.Intake.open_turn", "        self._journal.follow(turn)\n", ""),
    _call("intake.Intake.set_audio_format", "            require_pcm_rate(rate)\n", ""),
    _call("intake.Intake.set_audio_format", "        self._player.set_sample_rate(rate, now=self._clock())\n", ""),
    _call("intake.Intake.set_audio_format", 'audio_format not in ("pcm", "opus")', "False"),
    _call("intake.Intake.report_failure", "code in _ENDING_FAILURES", "code not in _ENDING_FAILURES"),
    _call(
        "intake.Intake.report_failure",
        "self._journal.interrupt(conversation_id, code)",
        "self._player.interrupt(now=self._clock())",
    ),
    _call("intake.require_pcm_rate", "rate not in _core.PCM_RATES", "rate <= 0"),
    _call("controller.Controller.__init__", "        require_pcm_rate(sample_rate)\n", ""),
    _call("controller.Controller.__init__", "clock is not None and self._output.live", "False"),
    _call("controller.Controller.__init__", "self._output in _outputs_in_use", "False"),
    _call("controller.Controller.close", "            self._closed = True\n", "            self._closed = False\n"),
    _call("controller.Controller.volume", "        self._player.volume = volume\n", "        pass\n"),
    _call("controller.Controller.get_audio_time", "        self._require_open()\n", ""),
    _call("controller.Controller._tick", "            if self._closed:", "            if False:"),
    _call("controller.Controller._tick", "            self._publish_frame_rate(now)\n", ""),
)
