#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.h"
#include "event_view.h"
#include "hostmode/event.h"
#include "hostmode/stats.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

// A core event in Python's terms, and the events that a Controller adds to them.
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
         kind == EventKind::kMotionDiscarded;
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
  py::class_<PythonEvent>(m, "Event", py::is_final(),
                          "Something that was heard or happened; see Player.poll_events.")
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
"conversation_end", "motion_discarded" or "error".)")
      .def_readonly("time", &PythonEvent::time, "Seconds: when it was heard, or happened.")
      .def_readonly("conversation_id", &PythonEvent::conversation_id,
                    "The conversation concerned; None where there is none.")
      .def_readonly("state", &PythonEvent::state,
                    R"(Of a conversation: "idle", "active", "playing", "paused". Of the animation: "idle",
"mono". Else None.)")
      .def_readonly("reason", &PythonEvent::reason, "Why, a stable code, or None.")
      .def_readonly("message", &PythonEvent::message, "Text for people, or None.")
      .def_readonly(
          "value", &PythonEvent::value,
          R"(playback_started: seconds from opening to the first sample heard. playback_stall: 1.0 stalled,
0.0 going on. motion_discarded: how many messages. Else None.)")
      .def("__repr__", &describe);

  py::class_<Stats>(m, "Stats", py::is_final(), "Counters since the player was made, and gauges in seconds.")
      .def_readonly("buffered_audio", &Stats::buffered_audio_s, "Seconds of audio waiting to be played.")
      .def_readonly("buffered_motion", &Stats::buffered_motion_s, "Seconds of motion ahead of what is heard.")
      .def_readonly("heard", &Stats::heard_s, "Position at the ear, seconds of the latest conversation.")
      .def_readonly("played", &Stats::played_s, "Position handed to the device, seconds of the conversation.")
      .def_readonly("time_to_first_sound", &Stats::time_to_first_sound_s,
                    "Seconds from opening to the first sample heard; negative: not yet.")
      .def_readonly("time_to_first_motion", &Stats::time_to_first_motion_s,
                    "Seconds from opening to the first motion; negative: not yet.")
      .def_readonly("prebuffer", &Stats::prebuffer_s, "Seconds of prebuffer in force.")
      .def_readonly("conversations", &Stats::conversations, "Opened.")
      .def_readonly("underruns", &Stats::underruns, "How often audio came late.")
      .def_readonly("stalls", &Stats::stalls, "How often sound waited for motion (strict_sync).")
      .def_readonly("keyframes", &Stats::keyframes, "Accepted.")
      .def_readonly("late_keyframes", &Stats::late_keyframes, "Arrived after their instant was heard.")
      .def_readonly("malformed_messages", &Stats::malformed_messages, "Refused with DecodeError.")
      .def_readonly("empty_messages", &Stats::empty_messages, "b'' in a list.")
      .def_readonly("unknown_messages", &Stats::unknown_messages, "Of a type that carries no motion.")
      .def_readonly("discarded_wrong_id", &Stats::discarded_wrong_id,
                    "Messages with a foreign conversation id.")
      .def_readonly("discarded_other_req_id", &Stats::discarded_other_req_id,
                    "Messages of another utterance.")
      .def_readonly("discarded_tombstoned", &Stats::discarded_tombstoned, "Messages of an ended utterance.")
      .def_readonly("discarded_audio_only", &Stats::discarded_audio_only,
                    "Messages after the audio-only switch.")
      .def_readonly("discarded_avatar", &Stats::discarded_avatar, "Messages for another avatar.")
      .def_readonly("discarded_expired", &Stats::discarded_expired, "Early messages that no audio came for.")
      .def_readonly("dropped_odd_bytes", &Stats::dropped_odd_bytes, "Dangling bytes at end.")
      .def_readonly("dropped_events", &Stats::dropped_events, "Diagnostics that nobody polled.")
      .def_readonly("clock_faults", &Stats::clock_faults,
                    "Bits of what is wrong with the host's audio times.");
}

}  // namespace hostmode::bindings
