#include <pybind11/pybind11.h>

#include <cmath>
#include <cstdint>
#include <memory>

#include "bindings.h"
#include "hostmode/player.h"
#include "portaudio_callback.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

// The player lives as long as the stream, whoever else lets go of it: the audio thread holds no Python
// reference.
struct BoundStream {
  BoundStream(std::shared_ptr<Player> played, int channels, int device_rate)
      : player(std::move(played)), stream(*player, channels, device_rate) {}

  std::shared_ptr<Player> player;
  PortAudioStream stream;
};

std::unique_ptr<BoundStream> make_stream(std::shared_ptr<Player> player, int channels, int device_rate) {
  if (channels < 1 || device_rate < 1) {
    throw py::value_error("channels and device_rate: given " + std::to_string(channels) + " and " +
                          std::to_string(device_rate) +
                          ", wanted at least 1 channel and a positive rate in Hz");
  }
  return std::make_unique<BoundStream>(std::move(player), channels, device_rate);
}

py::dict stats(const BoundStream& self) {
  const PortAudioCounters counters = self.stream.counters();
  py::dict stats;
  stats["callbacks"] = counters.callback_count;
  stats["frames"] = counters.frame_count;
  stats["underflow_flags"] = counters.underflow_flag_count;
  stats["holes"] = counters.hole_count;
  stats["hole_time"] = counters.hole_s;
  stats["longest_callback_gap"] = counters.longest_callback_gap_s;
  stats["longest_callback"] = counters.longest_callback_s;
  stats["sounding_until"] = counters.sounding_until_s;
  stats["handed_until"] = counters.handed_until_s;
  return stats;
}

void set_device_offset(BoundStream& self, double offset_s) {
  if (!std::isfinite(offset_s)) throw py::value_error("device_offset: wanted finite seconds");
  self.stream.set_device_offset_s(offset_s);
}

}  // namespace

void bind_portaudio(py::module_& m) {
  py::class_<BoundStream>(m, "PortAudioStream", py::is_final(),
                          R"(The native callback of one PortAudio output stream.

Give ``callback_address`` and ``userdata_address`` to PortAudio as a PaStreamCallback and its user data, for a stream
of float32 frames. Nothing of Python runs on the audio thread. Keep this object until the stream is closed.

Parameters
----------
player : Player
    Whose sound it plays. One stream at a time.
channels : int
    Of the device; each carries the same sound.
device_rate : int
    Hz. Where it is not the player's, the sound is converted.)")
      .def(py::init(&make_stream), py::arg("player"), py::arg("channels"), py::arg("device_rate"))
      .def_property_readonly(
          "callback_address",
          [](const BoundStream&) { return reinterpret_cast<std::uintptr_t>(&hostmode_portaudio_callback); },
          "The address of the callback.")
      .def_property_readonly(
          "userdata_address",
          [](BoundStream& self) { return reinterpret_cast<std::uintptr_t>(&self.stream); },
          "What the callback must be given as user data.")
      .def_property(
          "device_offset", [](const BoundStream& self) { return self.stream.device_offset_s(); },
          &set_device_offset, "How much later than the device says its sound is heard, seconds.")
      .def(
          "disconnect", [](BoundStream& self) { self.stream.disconnect(); },
          py::call_guard<py::gil_scoped_release>(),
          "Let callbacks give silence from now on. None of them is in the player any more when this returns.")
      .def("stats", &stats, R"(Return counters since the stream was made.

Returns
-------
dict
    ``callbacks``, ``frames``, ``underflow_flags``, ``holes`` and ``hole_time`` (from the device's times),
    ``longest_callback_gap`` and ``longest_callback`` (seconds), ``sounding_until`` (when the last sample that is not
    zero is heard, on the clock of `now`; 0.0 if there was none) and ``handed_until`` (the same of the last sample
    that the player gave).)");
}

}  // namespace hostmode::bindings
