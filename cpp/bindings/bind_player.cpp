#include "hostmode/player.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "array_view.h"
#include "bindings.h"
#include "buffer_view.h"
#include "errors.h"
#include "event_view.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

constexpr auto kFloats = static_cast<py::ssize_t>(kKeyframeFloats);

double checked_time(double time_s, const char* name) {
  if (!std::isfinite(time_s)) {
    throw py::value_error(std::string(name) + ": given " + (std::isnan(time_s) ? "NaN" : "infinity") +
                          ", wanted finite seconds of one monotonic clock, such as hostmode.now()");
  }
  return time_s;
}

// What a text begins with, in quotation marks; nothing where it is none.
std::string first_words(const PcmView& view) {
  constexpr std::size_t kQuoted = 60;
  const std::size_t size = std::min(view.size(), kQuoted);
  const bool printable = std::all_of(view.data(), view.data() + size,
                                     [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; });
  if (!printable) return {};
  return " that begins with '" + std::string(reinterpret_cast<const char*>(view.data()), size) + "'";
}

std::optional<std::string> push_audio(Player& self, const BufferArgument& pcm, bool end, Seconds now,
                                      const ConversationId& conversation) {
  const std::optional<std::string>& to = conversation.value;
  const PcmView view(pcm, "pcm");
  checked_time(now, "now");
  std::string conversation_id;
  Status status;
  NotPcm not_pcm;
  {
    const py::gil_scoped_release release;
    status =
        self.push_audio({view.data(), view.size()}, end, now, conversation_id, to ? &*to : nullptr, &not_pcm);
  }
  if (status == Status::kNotPcm) {
    throw_error("AudioFormatError",
                "pcm: given " + std::string(not_pcm.what) + first_words(view) +
                    ", wanted mono 16-bit PCM; nothing of this call was kept: " + not_pcm.advice);
  }
  if (status == Status::kBufferFull) {
    throw_error(
        "BufferFullError",
        "pcm: " + std::to_string(static_cast<double>(view.size() / 2) / self.sample_rate_hz()) +
            " s on top of what waits would exceed max_audio = " + std::to_string(self.config().max_audio_s) +
            " s; nothing of this call was kept: push it later, or raise PlayerConfig.max_audio");
  }
  if (conversation_id.empty()) return std::nullopt;
  return conversation_id;
}

[[noreturn]] void throw_motion_error(const Player& player, Status status, const MotionPush& result) {
  if (status == Status::kBufferFull) {
    throw_error("BufferFullError", "messages: the motion of one conversation would exceed max_motion = " +
                                       std::to_string(player.config().max_motion_s) +
                                       " s; raise PlayerConfig.max_motion");
  }
  throw_error("DecodeError",
              "message " + std::to_string(result.failed_message) + ": " + result.failure.reason,
              result.failure.offset);
}

bool push_motion(Player& self, const py::object& messages, const ConversationId& conversation, Seconds now) {
  const std::optional<std::string>& conversation_id = conversation.value;
  checked_time(now, "now");
  std::vector<std::unique_ptr<MessageView>> views;
  if (PyObject_CheckBuffer(messages.ptr()) != 0) {
    views.push_back(std::make_unique<MessageView>(messages, "messages"));
  } else if (!messages.is_none()) {
    if (py::isinstance<py::str>(messages) || !py::isinstance<py::iterable>(messages)) {
      throw py::type_error(std::string("messages: given ") + Py_TYPE(messages.ptr())->tp_name +
                           ", wanted a list of bytes, one bytes, or None for audio-only");
    }
    for (const py::handle message : messages) {
      views.push_back(std::make_unique<MessageView>(message, "messages"));
    }
  }
  std::vector<ByteView> bytes;
  bytes.reserve(views.size());
  for (const auto& view : views) bytes.push_back({view->data(), view->size()});

  MotionPush result;
  Status status;
  {
    const py::gil_scoped_release release;
    status = self.push_motion(bytes.data(), bytes.size(), conversation_id ? &*conversation_id : nullptr, now,
                              result);
  }
  if (status != Status::kOk) throw_motion_error(self, status, result);
  return result.complete;
}

void render_audio(Player& self, const py::object& out, Seconds dac_time, std::optional<double> entry_time,
                  std::optional<double> current_time) {
  AudioObservation observation;
  observation.dac_s = dac_time;
  observation.entry_s = entry_time.value_or(AudioObservation::kUnknown);
  observation.host_current_s = current_time.value_or(AudioObservation::kUnknown);
  if (py::isinstance<py::array_t<std::int16_t>>(out)) {
    const ArrayView<std::int16_t> view(out, "out", {kAnyLength});
    self.render_audio(view.data(), static_cast<std::size_t>(view.length()), observation);
    return;
  }
  const ArrayView<float> view(out, "out", {kAnyLength});
  self.render_audio(view.data(), static_cast<std::size_t>(view.length()), observation);
}

// Of the import of hostmode.pose that happened last: an application that reloads an add-on imports it again,
// while this module stays. What it replaces is never freed: another thread may be reading it.
std::atomic<PyObject*> keyframe_dtype = nullptr;

// Of the caller's time, from the first sound on: a device may take its time to open.
constexpr double kUnheardPatience_s = 2.0;

// Warns, once a process, where sound waits for somebody to ask for it: nothing would ever play.
void warn_where_unheard(Player& self, double now) {
  static std::atomic<bool> warned{false};
  const double waits_s = now - self.unheard_since_s();
  if (!(waits_s >= kUnheardPatience_s) || self.state() != PlayerState::kActive) return;
  if (warned.exchange(true)) return;
  const py::object category = py::module_::import("hostmode.errors").attr("UnheardWarning");
  if (PyErr_WarnEx(
          category.ptr(),
          "a Player has sound that nobody asks for, so nothing plays and the face stays idle: call "
          "render_audio from an audio callback, or start_silent_clock(now=...) where nobody listens; a "
          "Controller does either by itself",
          1) != 0) {
    throw py::error_already_set();
  }
}

py::object sample_new(Player& self, double now) {
  py::array pose(py::reinterpret_borrow<py::dtype>(keyframe_dtype.load()), py::ssize_t{1});
  self.sample(now, static_cast<float*>(pose.mutable_data()));
  PyObject* const record = PySequence_GetItem(pose.ptr(), 0);
  if (record == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(record);
}

// One function for both forms: a second overload would cost the fast form a failed attempt at the first.
py::object sample(Player& self, Seconds now, const py::object& out) {
  checked_time(now, "now");
  if (!self.driven()) warn_where_unheard(self, now);
  if (out.is_none()) return sample_new(self, now);
  const ArrayView<float> view(out, "out", {kFloats});
  self.sample(now, view.data());
  return out;
}

void sample_into(Player& self, const py::object& times, const py::object& out) {
  const ArrayView<const double> at(times, "times", {kAnyLength});
  const ArrayView<float> poses(out, "out", {at.length(), kFloats});
  for (py::ssize_t i = 0; i < at.length(); ++i) checked_time(at.data()[i], "times");
  self.sample_into(at.data(), static_cast<std::size_t>(at.length()), poses.data());
}

// A Player, or what a Controller plays with.
Player& sampled_player(const py::handle& one) {
  if (py::isinstance<Player>(one)) return one.cast<Player&>();
  if (!py::hasattr(one, "_sampled_player")) {
    throw py::type_error(std::string("players: given a ") + Py_TYPE(one.ptr())->tp_name +
                         ", wanted Players or Controllers");
  }
  return one.attr("_sampled_player")().cast<Player&>();
}

void sample_many(const py::sequence& players, Seconds now, const py::object& out) {
  const auto count = static_cast<py::ssize_t>(players.size());
  const ArrayView<float> poses(out, "out", {count, kFloats});
  checked_time(now, "now");
  std::vector<Player*> pointers;
  pointers.reserve(players.size());
  for (const py::handle one : players) pointers.push_back(&sampled_player(one));
  Player::sample_many(pointers.data(), pointers.size(), now, poses.data());
}

std::optional<std::string> conversation_id(const Player& self) {
  std::string id = self.conversation_id();
  if (id.empty()) return std::nullopt;
  return id;
}

void set_sample_rate(Player& self, int sample_rate, Seconds now) {
  checked_time(now, "now");
  Status status;
  {
    const py::gil_scoped_release release;
    status = self.set_sample_rate(sample_rate, now);
  }
  if (status != Status::kOk) {
    throw py::value_error("sample_rate: given " + std::to_string(sample_rate) + ", wanted one of PCM_RATES");
  }
}

void set_volume(Player& self, Loudness volume) {
  if (self.set_volume(volume) != Status::kOk) {
    throw py::value_error("volume: given " + std::to_string(volume.value) +
                          ", wanted 0.0 (silent) to 1.0 (as pushed)");
  }
}

}  // namespace

void bind_player(py::module_& m) {
  m.attr("PCM_RATES") =
      py::tuple(py::cast(std::vector<int>(std::begin(kPcmRates_hz), std::end(kPcmRates_hz))));
  std::vector<int> device_rates(std::begin(kPcmRates_hz), std::end(kPcmRates_hz));
  device_rates.insert(device_rates.end(), std::begin(kDeviceRates_hz), std::end(kDeviceRates_hz));
  m.attr("DEVICE_RATES") = py::tuple(py::cast(device_rates));

  py::class_<Player, std::shared_ptr<Player>>(
      m, "Player", py::is_final(),
      R"(One avatar's playback, without I/O: messages and PCM in, samples and poses out.

Never reads a clock: every time is an argument, in float seconds of one monotonic clock of the caller's choice
(:func:`now`, or virtual time). Producers, one audio thread and any number of samplers may call at the same time.

Parameters
----------
sample_rate : int
    Of the PCM, in Hz: one of PCM_RATES, or one of DEVICE_RATES where the player feeds a device directly.
config : PlayerConfig, optional
device_rate : int, optional
    At which `render_audio` delivers, in Hz: one of DEVICE_RATES; that of the PCM where left out. Where they differ,
    sound is converted as it is played.

Raises
------
ValueError
    For a rate that is none of these.)")
      .def(py::init([](int sample_rate, const PlayerConfig* config, std::optional<int> device_rate) {
             return std::make_shared<Player>(sample_rate, config != nullptr ? *config : PlayerConfig{},
                                             device_rate.value_or(sample_rate));
           }),
           py::arg("sample_rate") = 16000, py::arg("config") = py::none(), py::kw_only(),
           py::arg("device_rate") = py::none())
      .def("push_audio", &push_audio, py::arg("pcm"), py::arg("end") = false, py::kw_only(), py::arg("now"),
           py::arg("conversation_id") = py::none(),
           R"(Add speech; the first chunk opens a conversation.

Parameters
----------
pcm : bytes-like
    Mono signed 16-bit little-endian PCM in chunks of any size, or an int16 array. An odd byte waits for the next
    chunk.
end : bool
    Whether the utterance is complete. Empty `pcm` with `end` is the usual end marker.
now : float
    Seconds.
conversation_id : str, optional
    The conversation that the chunk belongs to. Where its audio is over, ended or interrupted, the chunk is discarded
    (`late_audio` of stats, and an event) and opens nothing. Without it the chunk goes to the conversation that takes
    audio, or opens one.

Returns
-------
str or None
    The conversation's id, the same for every chunk; None where nothing was opened or taken.

Raises
------
BufferFullError
    Where more than PlayerConfig.max_audio would wait; nothing of the call is kept.
AudioFormatError
    Where `pcm` is a container, compressed sound or text; nothing of the call is kept.
TypeError
    Where `pcm` holds floats, several channels or strided memory.)")
      .def(
          "open_conversation",
          [](Player& self, Seconds now, bool turn) {
            checked_time(now, "now");
            const py::gil_scoped_release release;
            return self.open_conversation(now, turn);
          },
          py::kw_only(), py::arg("now"), py::arg("turn") = false,
          R"(Open a conversation before its first sample is there.

Parameters
----------
now : float
    Seconds.
turn : bool
    A turn is always a new conversation, which cuts the one before it off (or waits for it with PlayerConfig.queue), and
    waits for data for PlayerConfig.turn_timeout. Otherwise one that still takes audio stays.

Returns
-------
str
    The conversation's id.)")
      .def("push_motion", &push_motion, py::arg("messages"), py::arg("conversation_id").none(true),
           py::kw_only(), py::arg("now"), R"(Add motion messages to the conversation they belong to.

Parameters
----------
messages : sequence of bytes-like, bytes-like, or None
    Encoded motion messages; one is treated as a list of one. Empty or None puts the conversation in audio-only mode.
conversation_id : str or None
    What push_audio returned; None only while no conversation is open, which buffers the motion for the next one.
    Any other id is discarded: nothing changes, and stats and an event say so.
now : float
    Seconds.

Returns
-------
bool
    Whether the conversation's final motion message is in.

Raises
------
DecodeError
    Where a message is malformed; nothing of the call is applied.
BufferFullError
    Where PlayerConfig.max_motion would be exceeded.)")
      .def("render_audio", &render_audio, py::arg("out"), py::arg("dac_time"), py::kw_only(),
           py::arg("entry_time") = py::none(), py::arg("current_time") = py::none(),
           R"(Fill a block for the audio device.

Parameters
----------
out : ndarray of float32 or int16, shape (n,)
    Filled with the next n samples.
dac_time : float
    When the first of them is heard, in seconds; NaN where unknown.
entry_time, current_time : float, optional
    When the callback was entered (the caller's clock) and what the host calls now (the base of `dac_time`); with
    them the clock judges `dac_time` instead of trusting it.)")
      .def(
          "advance", [](Player& self, Seconds now) { self.advance(checked_time(now, "now")); },
          py::arg("now"),
          R"(Move everything that depends on time.

Parameters
----------
now : float
    Seconds. Every other call that feeds or controls the player moves everything to its time likewise; `sample`,
    `sample_into`, `sample_many` and `audio_time` do not.

Raises
------
ValueError
    Of each of these calls: `now` is more than 60 s ahead of the latest time known or more than 1 s before the present.
    Nothing has changed then; see `reset_clock`.)")
      .def(
          "reset_clock", [](Player& self, Seconds now) { self.reset_clock(checked_time(now, "now")); },
          py::arg("now"), R"(Let the caller's clock go on at another time.

For a clock that starts again, loops or was set: what plays and what waits stays as it is, and the present is `now`.

Parameters
----------
now : float
    Seconds, any.)")
      .def(
          "pause", [](Player& self, Seconds now) { self.pause(checked_time(now, "now")); }, py::kw_only(),
          py::arg("now"), "Hold playback to the sample, with a 5 ms fade. No-op when idle or paused.")
      .def(
          "resume", [](Player& self, Seconds now) { self.resume(checked_time(now, "now")); }, py::kw_only(),
          py::arg("now"), "Go on after pause. No-op when not paused.")
      .def(
          "interrupt", [](Player& self, Seconds now) { return self.interrupt(checked_time(now, "now")); },
          py::kw_only(), py::arg("now"), R"(Drop everything at once, with a 5 ms fade. No-op when idle.

Returns
-------
float or None
    Seconds of the conversation that will have been heard when it is silent: what the device has taken, and the fade.
    None while idle.)")
      .def("set_sample_rate", &set_sample_rate, py::arg("sample_rate"), py::kw_only(), py::arg("now"),
           "Say at which rate (Hz) the PCM that follows is; interrupts what is playing.")
      .def("sample", &sample, py::arg("now"), py::arg("out") = py::none(),
           R"(Return the pose of the sound that is heard at `now`.

Parameters
----------
now : float
    Seconds.
out : ndarray of float32, shape (120,), optional
    Filled and returned; the fast form.

Returns
-------
Pose or ndarray)")
      .def("sample_into", &sample_into, py::arg("times"), py::arg("out"),
           R"(Fill the poses of many instants, future ones included. Moves nothing.

Parameters
----------
times : ndarray of float64, shape (n,)
out : ndarray of float32, shape (n, 120))")
      .def(
          "audio_time", [](Player& self, Seconds now) { return self.audio_time(checked_time(now, "now")); },
          py::kw_only(), py::arg("now"),
          "Return the seconds of the current conversation heard by `now`; 0.0 when idle.")
      .def(
          "start_silent_clock",
          [](Player& self, Seconds now) { self.start_silent_clock(checked_time(now, "now")); }, py::kw_only(),
          py::arg("now"), R"(Let advance play, unheard, as a perfect device would, from `now` on.

Nothing may call render_audio until stop_silent_clock.)")
      .def(
          "stop_silent_clock",
          [](Player& self, Seconds now) { self.stop_silent_clock(checked_time(now, "now")); }, py::kw_only(),
          py::arg("now"), "Leave playing to render_audio again.")
      .def(
          "poll_events", [](Player& self) { return to_python_events(self.poll_events()); },
          "Return what was heard or happened since the last call, oldest first, as a list of Event.")
      .def("stats", &Player::stats, "Return counters and gauges as a Stats.")
      .def_property_readonly("conversation_id", &conversation_id,
                             "The current conversation's id; None when idle.")
      .def_property_readonly(
          "state", [](const Player& self) { return state_name(self.state()); },
          R"("idle", "active" (open, not yet heard), "playing" or "paused".)")
      .def_property_readonly("sample_rate", &Player::sample_rate_hz, "Of the PCM that is pushed, Hz.")
      .def_property_readonly("device_rate", &Player::device_rate_hz, "Of what render_audio delivers, Hz.")
      .def_property_readonly("config", &Player::config, py::return_value_policy::copy)
      .def_property("volume", &Player::volume, &set_volume, "0.0 to 1.0, applied with a 5 ms ramp.");

  m.def(
      "_set_keyframe_dtype", [](py::dtype dtype) { keyframe_dtype.store(dtype.release().ptr()); },
      py::arg("dtype"), "Let sample return records of `dtype`.");
  m.def("sample_many", &sample_many, py::arg("players"), py::arg("now"), py::arg("out"),
        R"(Fill the poses of many players in one call.

Parameters
----------
players : sequence of Player or Controller
now : float
    Seconds.
out : ndarray of float32, shape (len(players), 120))");
}

}  // namespace hostmode::bindings
