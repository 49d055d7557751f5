#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "arguments.h"
#include "bindings.h"
#include "buffer_view.h"
#include "hostmode/player_config.h"
#include "listening/listening.h"
#include "listening/loudness_field.h"
#include "listening/loudness_meter.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

int checked_rate(int rate) {
  if (is_player_rate(rate)) return rate;
  throw py::value_error("rate: given " + std::to_string(rate) + ", wanted one of PCM_RATES");
}

std::vector<std::int16_t> samples_of(const BufferArgument& pcm) {
  const PcmView view(pcm, "pcm");
  std::vector<std::int16_t> samples(view.size() / 2);
  if (!samples.empty()) std::memcpy(samples.data(), view.data(), 2 * samples.size());
  return samples;
}

// Serialised by the GIL, or by the caller where there is none, as the next one.
class Meter {
 public:
  explicit Meter(int rate) : meter_(checked_rate(rate)) {}

  py::bytes say(const BufferArgument& message, const BufferArgument& pcm) {
    const MessageView bytes(message, "message");
    const std::vector<std::int16_t> samples = samples_of(pcm);
    std::vector<hostmode::Loudness> measured;
    meter_.add(samples.data(), samples.size(), measured);
    if (measured.size() != kLoudnessPerFrame) {
      throw py::value_error("pcm: given " + std::to_string(samples.size()) +
                            " samples, wanted the 40 ms that follow the last ones");
    }
    FrameLoudness loudness;
    std::copy(measured.begin(), measured.end(), loudness.begin());
    std::vector<std::uint8_t> result(bytes.data(), bytes.data() + bytes.size());
    append_loudness(loudness, result);
    return py::bytes(reinterpret_cast<const char*>(result.data()), result.size());
  }

 private:
  LoudnessMeter meter_;
};

class Ear {
 public:
  explicit Ear(int rate) : listening_(checked_rate(rate)) {}

  void hear(const BufferArgument& pcm) {
    const std::vector<std::int16_t> samples = samples_of(pcm);
    listening_.hear(samples.data(), samples.size());
  }

  void restart() { listening_.restart(); }

  bool expect(std::int64_t position, const BufferArgument& message) {
    const MessageView bytes(message, "message");
    const std::optional<FrameLoudness> loudness = read_loudness({bytes.data(), bytes.size()});
    if (loudness) listening_.expect(position, *loudness);
    return loudness.has_value();
  }

  std::optional<std::tuple<double, double, double>> find(double earliest, double latest) {
    const std::optional<Listening::Place> place = listening_.find(earliest, latest);
    if (!place) return std::nullopt;
    return std::tuple{place->base_s(), place->stretch, place->likeness};
  }

  std::optional<std::tuple<double, double>> find_beginning(double earliest, double latest) {
    const std::optional<SoundBeginning> beginning = listening_.find_beginning(earliest, latest);
    if (!beginning) return std::nullopt;
    return std::tuple{beginning->base_s, beginning->heard_s};
  }

 private:
  Listening listening_;
};

}  // namespace

void bind_listening(py::module_& m) {
  py::class_<Meter>(m, "LoudnessMeter", py::is_final(),
                    R"(Says in motion messages how loud their sound is, for who has to find it again.

Parameters
----------
rate : int
    Of the sound, hertz; one of PCM_RATES.)")
      .def(py::init<int>(), py::arg("rate"))
      .def(
          "say", &Meter::say, py::arg("message"), py::arg("pcm"),
          R"(Return a message with how loud the next 40 ms of sound are, every 5 ms; clients of AvatarKit skip it.

Parameters
----------
message : bytes-like
    An encoded one, as encode_message makes it.
pcm : bytes-like, or ndarray of int16
    Mono 16-bit, the 40 ms that follow those of the last call.

Raises
------
ValueError
    It is longer or shorter.)");

  py::class_<Ear>(m, "Listening", py::is_final(),
                  R"(Finds sound that was sent in sound that came, by how loud both are from moment to moment.

What comes may be late, louder, coded, lengthened or shortened by up to 6 %. It is mostly found to within 10 ms in 0.6 s of
speech, and other sound is not taken for it. Used by one thread.

Parameters
----------
rate : int
    Of the sound that comes, hertz; one of PCM_RATES.)")
      .def(py::init<int>(), py::arg("rate"))
      .def("hear", &Ear::hear, py::arg("pcm"), "Take the sound that follows, mono 16-bit.")
      .def("restart", &Ear::restart, "Forget what was sent: another round begins.")
      .def("expect", &Ear::expect, py::arg("position"), py::arg("message"),
           R"(Take note of how loud the sound of a frame was when it was sent.

Parameters
----------
position : int
    In frames of 40 ms from the beginning of the round.
message : bytes-like
    As LoudnessMeter.say returns it.

Returns
-------
bool
    Whether the message says how loud its sound is.)")
      .def("find", &Ear::find, py::arg("earliest"), py::arg("latest"),
           R"(Find the latest sound.

Parameters
----------
earliest, latest : float
    Seconds of the sound that came, between which position 0 of the round is looked for, once it was not just found.

Returns
-------
tuple of three floats, or None
    Where position 0 lies, in seconds of the sound that came, if a second of the round took a second up to the latest
    sound; the seconds that it takes there; how alike the sounds are, 0 to 1. None where it cannot be told: too little
    came, or what came is not like it.)")
      .def("find_beginning", &Ear::find_beginning, py::arg("earliest"), py::arg("latest"),
           R"(Find the latest sound that begins after silence: sooner than find, and to within 10 ms.

Parameters
----------
earliest, latest : float
    As of find.

Returns
-------
tuple of two floats, or None
    Where position 0 lies, and where the sound begins, in seconds of the sound that came. None where no sound begins, none
    that was sent is as loud, or several are.)");
}

}  // namespace hostmode::bindings
