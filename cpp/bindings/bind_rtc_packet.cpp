#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "bindings.h"
#include "buffer_view.h"
#include "errors.h"
#include "packet_arguments.h"
#include "wire/rtc_packet.h"
#include "wire/sei.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

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

}  // namespace

void bind_rtc_packet(py::module_& m) {
  m.def("decode_packet", &decode, py::arg("data"), py::arg("profile"), py::arg("inflate"),
        "See hostmode.rtc.packet.decode_packet.");
  m.def("encode_packet", &encode, py::arg("profile"), py::arg("kind"), py::arg("start"), py::arg("end"),
        py::arg("frames"), py::arg("transition"), py::arg("deflate"),
        "See hostmode.rtc.packet.encode_packet.");
  m.def("extract_sei", &extract, py::arg("stream"), "See hostmode.rtc.packet.extract_sei.");
  m.def("insert_sei", &insert, py::arg("stream"), py::arg("payload"), "See hostmode.rtc.packet.insert_sei.");
}

}  // namespace hostmode::bindings
