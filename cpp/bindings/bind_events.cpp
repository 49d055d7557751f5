#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.h"
#include "event_view.h"
#include "hostmode/event.h"
#include "playback/counters.h"
#include "value_class.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

// The one event type of Python: the core's in its terms, and those that a Controller adds.
struct PythonEvent {
  std::string kind;
  double time = 0.0;
  std::optional<std::string> conversation_id;
  std::optional<std::string> state;
  std::optional<std::string> reason;
  std::optional<std::string> message;
  std::optional<double> value;
};

const char* kind_name(EventKind kind) {
  switch (kind) {
    case EventKind::kConversationState:
      return "conversation_state";
    case EventKind::kAnimationState:
      return "animation_state";
    case EventKind::kPlaybackStarted:
      return "playback_started";
    case EventKind::kPlaybackStall:
      return "playback_stall";
    case EventKind::kUnderrun:
      return "underrun";
    case EventKind::kUnderrunEnd:
      return "underrun_end";
    case EventKind::kAudioRealigned:
      return "audio_realigned";
    case EventKind::kAudioDiscarded:
      return "audio_discarded";
    case EventKind::kConversationEnd:
      return "conversation_end";
    case EventKind::kMotionDiscarded:
      return "motion_discarded";
    case EventKind::kError:
      break;
  }
  return "error";
}

std::optional<std::string> text_or_none(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

bool has_value(EventKind kind) {
  return kind == EventKind::kPlaybackStarted || kind == EventKind::kPlaybackStall ||
         kind == EventKind::kMotionDiscarded || kind == EventKind::kUnderrunEnd ||
         kind == EventKind::kConversationEnd || kind == EventKind::kAudioDiscarded;
}

PythonEvent to_python(const Event& event) {
  PythonEvent result;
  result.kind = kind_name(event.kind);
  result.time = event.time_s;
  result.conversation_id = text_or_none(event.conversation_id);
  result.message = text_or_none(event.message);
  if (event.kind == EventKind::kAnimationState) {
    result.state = event.reason;
  } else {
    result.reason = text_or_none(event.reason);
  }
  if (event.kind == EventKind::kConversationState) result.state = state_name(event.state);
  if (has_value(event.kind)) result.value = event.value;
  return result;
}

std::string describe(const PythonEvent& event) {
  std::string text = "<hostmode.Event " + event.kind;
  if (event.state) text += " " + *event.state;
  if (event.reason) text += " " + *event.reason;
  if (event.value) text += " " + std::to_string(*event.value);
  return text + " at " + std::to_string(event.time) + " s>";
}

}  // namespace

const char* state_name(PlayerState state) {
  switch (state) {
    case PlayerState::kActive:
      return "active";
    case PlayerState::kPlaying:
      return "playing";
    case PlayerState::kPaused:
      return "paused";
    case PlayerState::kIdle:
      break;
  }
  return "idle";
}

py::list to_python_events(const std::vector<Event>& events) {
  py::list list;
  for (const Event& event : events) list.append(to_python(event));
  return list;
}

void bind_events(py::module_& m) {
  using Text = std::optional<std::string>;
  ValueClass<PythonEvent>(
      m, "Event", py::is_final(),
      R"(Something that was heard or happened: what Player.poll_events returns and a Controller publishes.

What the attributes other than `time` and `conversation_id` hold depends on `kind`:

======================  ==========================================================================
kind                    meaning and attributes
======================  ==========================================================================
conversation_state      `state` is the new one; `reason`: user_action, playback_end, fallback_mode
animation_state         `state`: mono while a conversation's motion is shown, else idle
playback_started        the first sample is heard; `value`: seconds since the conversation opened
playback_stall          `value`: 1.0 sound waits for motion, 0.0 it goes on (strict_sync only)
underrun                audio came late: silence is heard, and the audio clock stands still
underrun_end            sound goes on; `value`: seconds of silence
conversation_end        `reason`: playback_end, interrupted, replaced, watchdog; `value`: seconds of its
                        audio that are heard before silence; exactly one each
audio_realigned         a byte of the audio was missing, and the rest is brought into phase; `reason`: odd_byte
audio_discarded         `reason`: late_audio, for a conversation that is over; `value`: seconds
motion_discarded        `reason`: wrong_id, audio_only, avatar_mismatch, tombstoned, other_req_id,
                        after_end, duplicate, expired, interrupted; `value`: how many messages
error                   `reason`: invalid_animation_data, server_error, avatar_mismatch; of a Controller also
                        network_error, unsupported_motion, audio_output_lost; `message` says it
audio_output_restored   of a Controller: the audio output device is back; `message` says so
======================  ==========================================================================

`time` is in seconds on the player's clock: when it is heard, or happened.)")
      .def(py::init([](std::string kind, double time, Text conversation_id, Text state, Text reason,
                       Text message, std::optional<double> value) {
             return PythonEvent{
                 std::move(kind),    time, std::move(conversation_id), std::move(state), std::move(reason),
                 std::move(message), value};
           }),
           py::arg("kind"), py::arg("time") = 0.0, py::kw_only(), py::arg("conversation_id") = py::none(),
           py::arg("state") = py::none(), py::arg("reason") = py::none(), py::arg("message") = py::none(),
           py::arg("value") = py::none())
      .def_readonly(
          "kind", &PythonEvent::kind,
          R"("conversation_state", "animation_state", "playback_started", "playback_stall", "underrun",
"underrun_end", "conversation_end", "motion_discarded", "audio_discarded", "audio_realigned",
"error" or "audio_output_restored".)")
      .def_readonly("time", &PythonEvent::time, "When it was heard, or happened, in seconds.")
      .def_readonly("conversation_id", &PythonEvent::conversation_id,
                    "The conversation concerned; None where there is none.")
      .def_readonly("state", &PythonEvent::state,
                    R"(The new state of the conversation ("idle", "active", "playing", "paused") or of the
animation ("idle", "mono"); None for other kinds.)")
      .def_readonly("reason", &PythonEvent::reason, "Why, a stable code, or None.")
      .def_readonly("message", &PythonEvent::message, "Text for people, or None.")
      .def_readonly(
          "value", &PythonEvent::value,
          R"(The number that belongs to playback_started, playback_stall, underrun_end, conversation_end,
motion_discarded or audio_discarded; None for other kinds.)")
      .def_value()
      .def_replace(R"(Return a copy in which the attributes that are given by name are others.

Raises
------
TypeError
    Where there is no such attribute.)")
      .def("__repr__", &describe);

  ValueClass<Stats> stats(m, "Stats", py::is_final(), R"(What a player did and has: see Player.stats.

Durations are gauges, in seconds, of the current conversation or of the last one. Counts are counters since the
player was made, which never go down. A Stats is a copy: it does not change.)");
  std::apply(
      [&stats](const auto&... counters) {
        (stats.def_readonly(counters.name, counters.member, counters.meaning), ...);
      },
      kCounters);
  stats.def_value();
  stats.def("__repr__", [names = stats.names()](const py::object& self) {
    return describe_value(self, py::cast(Stats{}), names);
  });
}

}  // namespace hostmode::bindings
