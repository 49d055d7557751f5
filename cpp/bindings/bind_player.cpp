#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "bindings.h"
#include "event_view.h"
#include "player_calls.h"

namespace hostmode::bindings {

namespace py = pybind11;

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

  m.def("_set_keyframe_dtype", &set_keyframe_dtype, py::arg("dtype"),
        "Let sample return records of `dtype`.");
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
