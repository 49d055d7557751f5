#include <pybind11/stl.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>

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
    Where `time` is more than 60 s ahead of the latest time known or more than 1 s before the present.)");
}

}  // namespace hostmode::bindings
