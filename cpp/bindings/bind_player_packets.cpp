#include <pybind11/stl.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "bindings.h"
#include "buffer_view.h"
#include "hostmode/player.h"
#include "packet_arguments.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

double checked(double value, const char* name) {
  if (!std::isfinite(value)) {
    throw py::value_error(std::string(name) + ": given " + (std::isnan(value) ? "NaN" : "infinity") +
                          ", wanted finite seconds");
  }
  return value;
}

// Of the SEI's zlib and the data channel's gzip: that of Python, with its lock.
bool inflate(PacketProfile format, ByteView bytes, std::size_t at_most, Bytes& result) {
  const py::gil_scoped_acquire acquire;
  return recompress_with(py::module_::import("hostmode.rtc.packet").attr("inflate"))(format, bytes, at_most,
                                                                                     result);
}

bool push_packet(Player& self, const BufferArgument& payload, const std::string& profile, double now,
                 std::optional<double> media_time) {
  const MessageView bytes(payload, "payload");
  const PacketProfile form = profile_of(profile);
  checked(now, "now");
  if (media_time) checked(*media_time, "media_time");
  bool taken = false;
  const py::gil_scoped_release release;
  return self.push_packet(form, {bytes.data(), bytes.size()}, &inflate, media_time, now, taken) ==
             Status::kOk &&
         taken;
}

void advance_clock(Player& self, double position, double time) {
  checked(position, "position");
  checked(time, "time");
  const py::gil_scoped_release release;
  self.advance_clock(position, time);
}

void listen(Player& self, const BufferArgument& pcm, double time, std::optional<int> rate, bool always) {
  const PcmView view(pcm, "pcm");
  if (view.size() % 2 != 0) {
    throw py::value_error("pcm: given " + std::to_string(view.size()) +
                          " bytes, wanted whole 16-bit samples");
  }
  checked(time, "time");
  const int rate_hz = rate.value_or(self.sample_rate_hz());
  Status status = Status::kOk;
  {
    const py::gil_scoped_release release;
    std::vector<std::int16_t> samples(view.size() / 2);
    if (!samples.empty()) std::memcpy(samples.data(), view.data(), view.size());
    status = self.listen(samples.data(), samples.size(), rate_hz, time, always);
  }
  if (status != Status::kOk) {
    throw py::value_error("rate: given " + std::to_string(rate_hz) + ", wanted one of PCM_RATES");
  }
}

}  // namespace

void bind_player_packets(py::module_& m) {
  auto player = py::reinterpret_borrow<py::class_<Player, std::shared_ptr<Player>>>(m.attr("Player"));
  player
      .def("push_packet", &push_packet, py::arg("payload"), py::kw_only(), py::arg("profile"), py::arg("now"),
           py::arg("media_time") = py::none(),
           R"(Add one packet of an RTC stream, whose sound somebody else plays.

Packets open and end conversations themselves; they may come late, twice, in another order or never. They are held back
as their jitter demands, or shown in time with `advance_clock`.

Parameters
----------
payload : bytes-like
    The packet's bytes: an SEI payload, or a message of a data channel.
profile : str
    "sei" or "data", as hostmode.rtc.packet.decode_packet takes it.
now : float
    Seconds: when it came.
media_time : float, optional
    Seconds of the sound that the packet belongs to, where its carrier says so.

Returns
-------
bool
    Whether it was taken. A malformed one is counted (`malformed_packets` of stats) and changes nothing; one that comes
    while a conversation of push_audio goes on is discarded.)")
      .def("advance_clock", &advance_clock, py::arg("position"), py::arg("time"),
           R"(Say which position of the sound, played by somebody else, is heard at an instant.

From then on packets with a media time are shown in time with it, and no longer by their arrival. Positions may be told
late, in steps, and many at once; a few a second are enough.

Parameters
----------
position : float
    Seconds of the sound.
time : float
    Seconds of the player's clock.

Raises
------
ValueError
    Where `time` is more than 60 s ahead of the latest time known or more than 1 s before the present.)")
      .def("listen", &listen, py::arg("pcm"), py::kw_only(), py::arg("time"), py::arg("rate") = py::none(),
           py::arg("always") = false,
           R"(Hear the sound of the track that packets belong to, as it comes, while somebody else plays it.

Packets that say how loud their sound is (hostmode.rtc.packet.LoudnessMeter) are looked for in it, and shown where they are
found, whatever made the sound late, another length (up to 6 %) or coded it. What was found counts for the next utterances
too, from their beginning. The face moves there by at most 10 % faster or slower, and where more than 0.08 s are missing by
a blend; `listening_confidence` and `listening_correction` of stats say what was found. Where nothing can be told (sound of
others, packets that do not say how loud they are), the face is where packets alone put it.

Parameters
----------
pcm : bytes-like, or ndarray of int16
    Mono 16-bit, what follows what came before, also where it is silent; any length.
time : float
    Seconds of the player's clock: when the first of it is heard. May lie ahead; moves nothing.
rate : int, optional
    Hertz, one of PCM_RATES; by default, the player's. Another one than before begins another track.
always : bool
    Whether to look for packets with a media time as well, once advance_clock was called; these know their place.

Raises
------
ValueError
    For a rate that is none, half a sample, or a `time` as advance_clock refuses it.
TypeError
    For what is no mono 16-bit PCM.)");
}

}  // namespace hostmode::bindings
