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
  stats.def_readonly("buffered_audio", &Stats::buffered_audio_s, "Seconds of audio waiting to be played.")
      .def_readonly("buffered_motion", &Stats::buffered_motion_s, "Seconds of motion ahead of what is heard.")
      .def_readonly("heard", &Stats::heard_s, "Seconds of the conversation that have been heard.")
      .def_readonly("played", &Stats::played_s, "Seconds of the conversation that were handed to the device.")
      .def_readonly(
          "drift_ppm", &Stats::drift_ppm,
          "Millionths by which its sound is played faster, to keep the delay while its sender's clock "
          "and the device's differ.")
      .def_readonly("face_delay", &Stats::face_delay_s,
                    "Seconds by which the face is held back, because its motion keeps coming late.")
      .def_readonly("time_to_first_sound", &Stats::time_to_first_sound_s,
                    "Seconds from opening to the first sample heard; None while none was.")
      .def_readonly("time_to_first_motion", &Stats::time_to_first_motion_s,
                    "Seconds from opening to the first motion; None while none came.")
      .def_readonly("prebuffer", &Stats::prebuffer_s,
                    "Seconds of audio that wait before sound starts, as raised by arrival jitter.")
      .def_readonly("conversations", &Stats::conversations, "How many conversations were opened.")
      .def_readonly("underruns", &Stats::underruns, "How often sound ran dry because audio came late.")
      .def_readonly(
          "waited_for_motion", &Stats::waited_for_motion_s,
          "Seconds for which sound waited, in pauses of the speech, because its face was far behind.")
      .def_readonly("stalls", &Stats::stalls, "How often sound waited for motion (strict_sync).")
      .def_readonly("keyframes", &Stats::keyframes, "How many keyframes were accepted.")
      .def_readonly("late_keyframes", &Stats::late_keyframes,
                    "How many keyframes arrived after their instant had been heard.")
      .def_readonly("malformed_messages", &Stats::malformed_messages,
                    "How many calls of push_motion were refused with DecodeError.")
      .def_readonly("empty_messages", &Stats::empty_messages,
                    "How many empty messages (b'') were skipped in a list of others.")
      .def_readonly("unknown_messages", &Stats::unknown_messages,
                    "How many messages were skipped because their type carries no motion.")
      .def_readonly("discarded_wrong_id", &Stats::discarded_wrong_id,
                    "Messages with an id that was not the current conversation's.")
      .def_readonly("discarded_other_req_id", &Stats::discarded_other_req_id,
                    "Messages with another req_id while the one before it goes on.")
      .def_readonly("discarded_tombstoned", &Stats::discarded_tombstoned,
                    "Messages with the req_id of one of the last 32 utterances that ended.")
      .def_readonly("discarded_after_end", &Stats::discarded_after_end,
                    "Messages of a request whose final message was in.")
      .def_readonly("discarded_duplicate", &Stats::discarded_duplicate,
                    "Messages that the same request had already brought.")
      .def_readonly("discarded_interrupted", &Stats::discarded_interrupted,
                    "Early messages that interrupt dropped.")
      .def_readonly("discarded_audio_only", &Stats::discarded_audio_only,
                    "Messages for a conversation that was put in audio-only mode.")
      .def_readonly("discarded_avatar", &Stats::discarded_avatar,
                    "Messages for another avatar than PlayerConfig.avatar_id.")
      .def_readonly("discarded_replaced", &Stats::discarded_replaced,
                    "Messages that were glued before another one in one buffer, of which only the last one's "
                    "keyframes count.")
      .def_readonly("late_audio", &Stats::late_audio,
                    "Chunks with the id of a conversation whose audio was over.")
      .def_readonly("discarded_expired", &Stats::discarded_expired, "Early messages that no audio came for.")
      .def_readonly("packet_delay", &Stats::packet_delay_s,
                    "Seconds by which packets are held back above the fastest, as their jitter demands.")
      .def_readonly(
          "listening_confidence", &Stats::listening_confidence,
          "How alike the sound that Player.listen heard last is to that of the packets, 0 to 1; 0 where "
          "their place cannot be told.")
      .def_readonly("listening_correction", &Stats::listening_correction_s,
                    "Seconds by which the face is later, because of what was heard, than packets alone would "
                    "show it.")
      .def_readonly("malformed_packets", &Stats::malformed_packets,
                    "Packets that were none, or whose message was malformed; they change nothing.")
      .def_readonly("duplicate_packets", &Stats::duplicate_packets, "Copies of frames that had come.")
      .def_readonly("late_packets", &Stats::late_packets, "Frames that came after a later one was shown.")
      .def_readonly("lost_packets", &Stats::lost_packets, "Frames that never came, or not in time.")
      .def_readonly("gated_packets", &Stats::gated_packets,
                    "Frames after an interrupt that belonged to no new round.")
      .def_readonly("realignments", &Stats::realignments,
                    "How often audio had lost a byte and was brought into phase again.")
      .def_readonly("dropped_odd_bytes", &Stats::dropped_odd_bytes,
                    "Odd bytes left over at the end of a conversation's audio.")
      .def_readonly("dropped_events", &Stats::dropped_events,
                    "Events given up because nobody polled; changes of state are never among them.")
      .def_readonly("clock_faults", &Stats::clock_faults,
                    R"(What the host's audio times got wrong, as bits that stay set.

1 none given, 2 frozen, 4 of another epoch, 8 without the latency, 16 in steps of a millisecond or coarser, 32 one
buffer in several blocks.)")
      .def_value();
  stats.def("__repr__", [names = stats.names()](const py::object& self) {
    return describe_value(self, py::cast(Stats{}), names);
  });
}

}  // namespace hostmode::bindings
