"""One-line breaks of what Python adds to the calls: turns, followers, failures, closing, what is refused."""

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
            "test_intake.py",
            "test_turns.py",
            "test_controller_names.py",
            "test_controller_conversations.py",
            "test_controller_motion.py",
        ),
    )


CALLS = (
    # ---- turns
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
    _call("intake.Intake.open_turn", ", turn=True)", ", turn=False)"),
    _call("intake.Intake.open_turn", "        self._undo_where_closed()\n", ""),
    _call("intake.Intake.open_conversation", "        self._undo_where_closed()\n", ""),
    _call("events.journal.Journal.follow", "            self._turns[turn.id] = turn\n", ""),
    _call(
        "events.journal.Journal.follow",
        "        with self._lock:\n            turn = opened()",
        "        if self._lock:\n            turn = opened()",
    ),
    # ---- what is taken in
    _call("intake.Intake.push_packet", "        return taken\n", "        return True\n"),
    _call("intake.Intake.push_packet", ", media_time=media_time)", ")"),
    _call("intake.Intake.advance_clock", "self._clock() if time is None else time", "self._clock()"),
    _call("intake.Intake.listen", "self._clock() if time is None else time", "self._clock()"),
    _call("intake.Intake._push_pcm", "        self._undo_where_closed()\n", ""),
    _call("intake.Intake._push_pcm", "if taken_by is not None:", "if True:"),
    _call("intake.Intake._push_pcm", "follower.heard(data, taken_by, end)", "follower.heard(data, taken_by, False)"),
    _call(
        "intake.Intake._undo_where_closed",
        "            self._player.interrupt(now=self._clock())\n",
        "            self._clock()\n",
    ),
    _call("intake.Intake._undo_where_closed", "            self._journal.collect()\n", ""),
    _call("intake.Intake.yield_frames_data", "follower.moved(frames, conversation_id)", "pass"),
    _call("intake.Intake.follow", "(*self._followers, follower)", "(follower,)"),
    _call("intake.Intake.unfollow", "if other is not follower", "if other is follower"),
    # ---- formats and failures
    _call("intake.Intake.set_audio_format", "            require_pcm_rate(rate)\n", ""),
    _call("intake.Intake.set_audio_format", "        self._player.set_sample_rate(rate, now=self._clock())\n", ""),
    _call("intake.Intake.set_audio_format", 'audio_format not in ("pcm", "opus")', "False"),
    _call("intake.Intake.set_audio_format", "self._player.sample_rate if sample_rate is None", "16000 if True"),
    _call("intake.require_pcm_rate", "rate not in _core.PCM_RATES", "rate <= 0"),
    _call("intake.Intake.report_failure", '(*_ENDING_FAILURES, "unsupported_motion")', '(code, "user")'),
    _call("intake.Intake.report_failure", "and code in _ENDING_FAILURES", "and code not in _ENDING_FAILURES"),
    _call("intake.Intake.report_failure", "and code in _ENDING_FAILURES", "and True"),
    _call("intake.Intake.report_failure", "conversation_id=conversation_id, reason=code", "reason=code"),
    _call(
        "intake.Intake.report_failure",
        "self._journal.interrupt(conversation_id, code)",
        "self._player.interrupt(now=self._clock())",
    ),
    _call("events.journal.Journal.add", "            self.collect()\n", ""),
    _call("events.journal.Journal._explained", "code is None or not ends", "code is None"),
    # ---- the controller
    _call("controller.Controller.__init__", "        require_pcm_rate(sample_rate)\n", ""),
    _call("controller.Controller.__init__", "clock is not None and self._output.live", "False"),
    _call("controller.Controller.__init__", "self._output in _outputs_in_use", "False"),
    _call("controller.Controller.close", "            self._closed = True\n", "            self._closed = False\n"),
    _call("controller.Controller.close", "            self._player.interrupt(now=self._clock())\n", ""),
    _call("controller.Controller.close", "            self._journal.close()\n", ""),
    _call("controller.Controller.volume", "        self._player.volume = volume\n", "        pass\n"),
    _call("controller.Controller.get_audio_time", "        self._require_open()\n", ""),
    _call("controller.Controller.advance", "if not self._threaded:", "if self._threaded:"),
    _call("controller.Controller._tick", "            self._output.advance(self._player, now)\n", ""),
    _call("controller.Controller._tick", "            self._publish_frame_rate(now)\n", ""),
)
