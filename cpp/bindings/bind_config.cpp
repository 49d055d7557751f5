#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bindings.h"
#include "hostmode/player_config.h"
#include "value_class.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

FrameStarvationMode parse_mode(const std::string& name) {
  if (name == "audio_independent") return FrameStarvationMode::kAudioIndependent;
  if (name == "strict_sync") return FrameStarvationMode::kStrictSync;
  throw py::value_error(
      "frame_starvation_mode: given '" + name +
      "', wanted 'audio_independent' (sound goes on without motion) or 'strict_sync' (sound "
      "waits for motion)");
}

const char* mode_name(FrameStarvationMode mode) {
  return mode == FrameStarvationMode::kStrictSync ? "strict_sync" : "audio_independent";
}

void require_valid(const PlayerConfig& config) {
  if (const char* fault = validate(config)) throw py::value_error(fault);
}

PlayerConfig make_config(const std::string& frame_starvation_mode, bool queue, double motion_wait,
                         double prebuffer, double max_prebuffer, double stall_risk, double speech_transition,
                         double idle_transition, double end_timeout, double turn_timeout,
                         double early_motion_expiry, double max_audio, double max_motion, double av_offset,
                         double latency, bool layers, std::optional<std::uint64_t> seed,
                         const std::string& avatar_id) {
  PlayerConfig config;
  config.frame_starvation_mode = parse_mode(frame_starvation_mode);
  config.queue = queue;
  config.motion_wait_s = motion_wait;
  config.prebuffer_s = prebuffer;
  config.max_prebuffer_s = max_prebuffer;
  config.stall_risk = stall_risk;
  config.speech_transition_s = speech_transition;
  config.idle_transition_s = idle_transition;
  config.end_timeout_s = end_timeout;
  config.turn_timeout_s = turn_timeout;
  config.early_motion_expiry_s = early_motion_expiry;
  config.max_audio_s = max_audio;
  config.max_motion_s = max_motion;
  config.av_offset_s = av_offset;
  config.latency_s = latency;
  config.layers = layers;
  config.seed = seed;
  config.avatar_id = avatar_id;
  require_valid(config);
  return config;
}

}  // namespace

void bind_config(py::module_& m) {
  const PlayerConfig defaults;
  ValueClass<PlayerConfig> config(
      m, "PlayerConfig", py::is_final(),
      R"(The settings of a Player. Durations are in seconds; the values cannot be changed later.

Parameters
----------
frame_starvation_mode : str
    "audio_independent": sound goes on when motion is late, and the face eases towards idle.
    "strict_sync": sound waits for motion.
queue : bool
    Whether audio that comes after `end` is played after the conversation that still plays, instead of cutting it.
motion_wait : float
    How long sound waits at most for the first motion, 0 to 60; 0 starts at once.
prebuffer : float
    The least audio that waits before sound starts, or starts again after an underrun, 0 to 10.
max_prebuffer : float
    The most audio that is waited for, however irregularly it has arrived, `prebuffer` to 30.
stall_risk : float
    The share of utterances that may run dry, 0.001 to 0.5: less starts later, more starts sooner. How much audio waits
    before sound starts follows from it and from how audio has arrived so far.
speech_transition : float
    Length of the blend from idle to speaking, 0 to 10. The default, 8 keyframe intervals, is that of AvatarKit's
    RTC player.
idle_transition : float
    The same from speaking to idle, and how long a face whose motion has run out takes to come to rest, 0 to 10. The
    default, 20 keyframe intervals, is that of AvatarKit's RTC player.
end_timeout : float
    How long to wait for data, 0.1 to 3600: a conversation that has run dry without `end`, or that strict_sync holds,
    is ended when nothing has arrived for so long. Where the last motion message is in and its motion has been
    played, half a second is enough.
turn_timeout : float
    The same for a conversation that was opened as a turn, 0.1 to 86400: its application ends it, and may be silent for
    long in mid-answer.
early_motion_expiry : float
    How long motion that came before its audio is kept, 0 to 3600.
max_audio : float
    Most audio waiting to be played, 1 to 36000; more raises BufferFullError.
max_motion : float
    Most motion waiting to be shown, 1 to 36000; more raises BufferFullError.
av_offset : float
    Shows the face later (positive) or earlier (negative) than the sound, -2 to 2.
latency : float
    Assumed from the audio callback to the ear where the host reports nothing usable, 0 to 2.
layers : bool
    Whether blinks and gaze are layered over motion that has none of its own. Without them the pose at a keyframe's
    instant is the keyframe, but for transitions and for two keyframes on either side of a seam that is smoothed.
seed : int or None
    Of the idle motion, 0 to 2**64 - 1: the same seed shows the same breathing, blinks and gaze at the same times.
    None: each player gets a fresh one, so that avatars side by side do not blink in unison.
avatar_id : str
    Refuses motion made for another avatar; empty accepts any.

Raises
------
ValueError
    Where a value is outside its range; the message names the field and the range.)");
  config
      .def(py::init(&make_config), py::kw_only(),
           py::arg("frame_starvation_mode") = mode_name(defaults.frame_starvation_mode),
           py::arg("queue") = defaults.queue, py::arg("motion_wait") = defaults.motion_wait_s,
           py::arg("prebuffer") = defaults.prebuffer_s, py::arg("max_prebuffer") = defaults.max_prebuffer_s,
           py::arg("stall_risk") = defaults.stall_risk,
           py::arg("speech_transition") = defaults.speech_transition_s,
           py::arg("idle_transition") = defaults.idle_transition_s,
           py::arg("end_timeout") = defaults.end_timeout_s, py::arg("turn_timeout") = defaults.turn_timeout_s,
           py::arg("early_motion_expiry") = defaults.early_motion_expiry_s,
           py::arg("max_audio") = defaults.max_audio_s, py::arg("max_motion") = defaults.max_motion_s,
           py::arg("av_offset") = defaults.av_offset_s, py::arg("latency") = defaults.latency_s,
           py::arg("layers") = defaults.layers, py::arg("seed") = defaults.seed,
           py::arg("avatar_id") = defaults.avatar_id)
      .def_field(
          "frame_starvation_mode",
          [](const PlayerConfig& self) { return mode_name(self.frame_starvation_mode); },
          [](PlayerConfig& self, const py::handle& name) {
            self.frame_starvation_mode = parse_mode(name.cast<std::string>());
          })
      .def_readonly("queue", &PlayerConfig::queue)
      .def_readonly("motion_wait", &PlayerConfig::motion_wait_s)
      .def_readonly("prebuffer", &PlayerConfig::prebuffer_s)
      .def_readonly("max_prebuffer", &PlayerConfig::max_prebuffer_s)
      .def_readonly("stall_risk", &PlayerConfig::stall_risk)
      .def_readonly("speech_transition", &PlayerConfig::speech_transition_s)
      .def_readonly("idle_transition", &PlayerConfig::idle_transition_s)
      .def_readonly("end_timeout", &PlayerConfig::end_timeout_s)
      .def_readonly("turn_timeout", &PlayerConfig::turn_timeout_s)
      .def_readonly("early_motion_expiry", &PlayerConfig::early_motion_expiry_s)
      .def_readonly("max_audio", &PlayerConfig::max_audio_s)
      .def_readonly("max_motion", &PlayerConfig::max_motion_s)
      .def_readonly("av_offset", &PlayerConfig::av_offset_s)
      .def_readonly("latency", &PlayerConfig::latency_s)
      .def_readonly("layers", &PlayerConfig::layers)
      .def_readonly("seed", &PlayerConfig::seed)
      .def_readonly("avatar_id", &PlayerConfig::avatar_id)
      .def_value(require_valid);
  const std::vector<std::string> names = config.names();
  config.def("__repr__", [names](const py::object& self) {
    return describe_value(self, py::type::of<PlayerConfig>()(), names);
  });
  const auto replace = [names](const py::object& self, const py::kwargs& changes) {
    py::dict settings = fields_of(self, names);
    for (const auto& [name, value] : changes) {
      if (!settings.contains(name)) {
        throw py::type_error("PlayerConfig has no setting '" + std::string(py::str(name)) + "'");
      }
      settings[name] = value;
    }
    return py::type::of(self)(**settings);
  };
  config.def("replace", replace, R"(Return a copy in which the settings that are given by name are others.

Raises
------
TypeError
    Where there is no such setting.
ValueError
    Where a value is outside its range.)");
  config.def("__replace__", replace);
}

}  // namespace hostmode::bindings
