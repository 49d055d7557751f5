#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "bindings.h"
#include "buffer_view.h"
#include "errors.h"
#include "hostmode/player.h"
#include "playback/packet_rounds.h"
#include "wire/rtc_packet.h"
#include "wire/sei.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

using Bytes = std::vector<std::uint8_t>;

py::bytes as_bytes(const Bytes& bytes) {
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Bytes as_vector(const py::bytes& bytes) {
  const std::string_view view = bytes;
  return Bytes(view.begin(), view.end());
}

const std::pair<PacketKind, const char*> kKinds[] = {
    {PacketKind::kIdle, "idle"},
    {PacketKind::kSpeech, "speech"},
    {PacketKind::kTransitionToSpeech, "transition_to_speech"},
    {PacketKind::kTransitionToIdle, "transition_to_idle"},
};

const char* name_of(PacketKind kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  return "";
}

PacketKind kind_of(const std::string& wanted) {
  for (const auto& [kind, name] : kKinds) {
    if (wanted == name) return kind;
  }
  throw py::value_error("kind: given '" + wanted +
                        "', wanted 'idle', 'speech', 'transition_to_speech' or 'transition_to_idle'");
}

PacketProfile profile_of(const std::string& name) {
  if (name == "sei") return PacketProfile::kSei;
  if (name == "data") return PacketProfile::kData;
  throw py::value_error("profile: given '" + name + "', wanted 'sei' or 'data'");
}

// Calls a function of Python (format, bytes, at_most) that returns bytes, or None where it cannot. Needs the
// GIL.
Recompress recompress_with(const py::object& function) {
  if (function.is_none()) return {};
  return [function](PacketProfile format, ByteView bytes, std::size_t at_most, Bytes& result) {
    const py::bytes given(reinterpret_cast<const char*>(bytes.data), bytes.size);
    const py::object made = function(format == PacketProfile::kSei ? "zlib" : "gzip", given, at_most);
    if (made.is_none()) return false;
    result = as_vector(made.cast<py::bytes>());
    return true;
  };
}

using Frames = std::vector<std::pair<std::uint32_t, py::bytes>>;

py::tuple decode(const BufferArgument& data, const std::string& profile, const py::object& inflate) {
  const MessageView bytes(data, "data");
  RtcPacket packet;
  DecodeFailure failure;
  const Status status = decode_packet(profile_of(profile), {bytes.data(), bytes.size()},
                                      recompress_with(inflate), packet, failure);
  if (status != Status::kOk) throw_error("DecodeError", failure.reason, failure.offset);
  Frames frames;
  for (std::size_t i = 0; i < packet.frame_count; ++i) {
    frames.emplace_back(packet.frames[i].seq, as_bytes(packet.frames[i].message));
  }
  return py::make_tuple(name_of(packet.kind), packet.start, packet.end, std::move(frames),
                        as_bytes(packet.transition));
}

py::bytes encode(const std::string& profile, const std::string& kind, bool start, bool end,
                 const Frames& frames, const py::bytes& transition, const py::object& deflate) {
  RtcPacket packet;
  packet.kind = kind_of(kind);
  packet.start = start;
  packet.end = end;
  packet.transition = as_vector(transition);
  packet.frame_count = frames.size();
  Status status = Status::kInvalidArgument;
  Bytes bytes;
  if (frames.size() <= kMaxPacketFrames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      packet.frames[i] = {frames[i].first, as_vector(frames[i].second)};
    }
    status = encode_packet(profile_of(profile), packet, recompress_with(deflate), bytes);
  }
  if (status == Status::kTooLarge) throw py::value_error("the packet would have more than 16 MiB");
  if (status != Status::kOk) {
    throw py::value_error(
        "frames: a speech packet has one, on a data channel up to three, each numbered lower than the one "
        "before "
        "it and at most 2 below the first; other packets have none");
  }
  return as_bytes(bytes);
}

py::list extract(const BufferArgument& stream) {
  const MessageView bytes(stream, "stream");
  std::vector<Bytes> payloads;
  extract_sei({bytes.data(), bytes.size()}, payloads);
  py::list result;
  for (const Bytes& payload : payloads) result.append(as_bytes(payload));
  return result;
}

py::bytes insert(const BufferArgument& stream, const BufferArgument& payload) {
  const MessageView around(stream, "stream");
  const MessageView inside(payload, "payload");
  Bytes result;
  insert_sei({around.data(), around.size()}, {inside.data(), inside.size()}, result);
  return as_bytes(result);
}

const char* name_of(RoundStep step) {
  switch (step) {
    case RoundStep::kOpen:
      return "open";
    case RoundStep::kFrame:
      return "frame";
    case RoundStep::kArrival:
    case RoundStep::kEnd:
      break;
  }
  return "end";
}

// Rounds out of payloads as they come; one that is no packet changes nothing. Serialised by the GIL, or by
// the caller where there is none.
class Rounds {
 public:
  Rounds(const std::string& profile, py::object inflate, double patience_s)
      : profile_(profile_of(profile)), inflate_(recompress_with(inflate)), rounds_(patience_s) {}

  py::list push(const BufferArgument& payload, double now_s) {
    const MessageView bytes(payload, "payload");
    DecodeFailure failure;
    std::vector<RoundAction> actions;
    if (decode_packet(profile_, {bytes.data(), bytes.size()}, inflate_, packet_, failure) == Status::kOk) {
      rounds_.take(packet_, now_s, actions);
    } else {
      ++malformed_;
      rounds_.advance(now_s, actions);
    }
    return as_list(actions);
  }

  py::list advance(double now_s) {
    std::vector<RoundAction> actions;
    rounds_.advance(now_s, actions);
    return as_list(actions);
  }

  void interrupt() { rounds_.interrupt(); }
  [[nodiscard]] bool is_open() const { return rounds_.is_open(); }

  [[nodiscard]] py::dict counts() const {
    const RoundCounts& counts = rounds_.counts();
    return py::dict(py::arg("duplicates") = counts.duplicates, py::arg("late") = counts.late,
                    py::arg("lost") = counts.lost, py::arg("gated") = counts.gated,
                    py::arg("malformed") = malformed_);
  }

 private:
  static py::list as_list(const std::vector<RoundAction>& actions) {
    py::list result;
    for (const RoundAction& action : actions) {
      if (action.step == RoundStep::kArrival) continue;
      result.append(
          py::make_tuple(name_of(action.step), action.reason, action.position, as_bytes(action.message)));
    }
    return result;
  }

  PacketProfile profile_;
  Recompress inflate_;
  PacketRounds rounds_;
  RtcPacket packet_;
  std::uint64_t malformed_ = 0;
};

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

void bind_player_packets(const py::module_& m) {
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

}  // namespace

void bind_rtc_packet(py::module_& m) {
  bind_player_packets(m);
  m.def("decode_packet", &decode, py::arg("data"), py::arg("profile"), py::arg("inflate"),
        "See hostmode.rtc.packet.decode_packet.");
  m.def("encode_packet", &encode, py::arg("profile"), py::arg("kind"), py::arg("start"), py::arg("end"),
        py::arg("frames"), py::arg("transition"), py::arg("deflate"),
        "See hostmode.rtc.packet.encode_packet.");
  m.def("extract_sei", &extract, py::arg("stream"), "See hostmode.rtc.packet.extract_sei.");
  m.def("insert_sei", &insert, py::arg("stream"), py::arg("payload"), "See hostmode.rtc.packet.insert_sei.");

  py::class_<Rounds>(m, "PacketRounds", py::is_final(), "See hostmode.rtc.rounds.PacketRounds.")
      .def(py::init<const std::string&, py::object, double>(), py::arg("profile"), py::arg("inflate"),
           py::arg("patience"))
      .def("push", &Rounds::push, py::arg("payload"), py::arg("now"), "See hostmode.rtc.rounds.")
      .def("advance", &Rounds::advance, py::arg("now"), "See hostmode.rtc.rounds.")
      .def("interrupt", &Rounds::interrupt, "See hostmode.rtc.rounds.")
      .def_property_readonly("is_open", &Rounds::is_open, "See hostmode.rtc.rounds.")
      .def_property_readonly("counts", &Rounds::counts, "See hostmode.rtc.rounds.");
}

}  // namespace hostmode::bindings
