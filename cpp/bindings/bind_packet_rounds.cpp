#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "bindings.h"
#include "buffer_view.h"
#include "packet_arguments.h"
#include "playback/packet_rounds.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

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
    newest_.reset();
    if (decode_packet(profile_, {bytes.data(), bytes.size()}, inflate_, packet_, failure) == Status::kOk) {
      rounds_.take(packet_, now_s, actions);
      const bool speaks = packet_.kind == PacketKind::kSpeech && packet_.frame_count > 0;
      if (speaks) newest_ = rounds_.position_of(packet_.frames[0].seq);
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
  [[nodiscard]] std::optional<std::int64_t> newest() const { return newest_; }

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
  std::optional<std::int64_t> newest_;
  std::uint64_t malformed_ = 0;
};

}  // namespace

void bind_packet_rounds(py::module_& m) {
  py::class_<Rounds>(m, "PacketRounds", py::is_final(), "See hostmode.rtc.rounds.PacketRounds.")
      .def(py::init<const std::string&, py::object, double>(), py::arg("profile"), py::arg("inflate"),
           py::arg("patience"))
      .def("push", &Rounds::push, py::arg("payload"), py::arg("now"), "See hostmode.rtc.rounds.")
      .def("advance", &Rounds::advance, py::arg("now"), "See hostmode.rtc.rounds.")
      .def("interrupt", &Rounds::interrupt, "See hostmode.rtc.rounds.")
      .def_property_readonly("is_open", &Rounds::is_open, "See hostmode.rtc.rounds.")
      .def_property_readonly("newest", &Rounds::newest, "See hostmode.rtc.rounds.")
      .def_property_readonly("counts", &Rounds::counts, "See hostmode.rtc.rounds.");
}

}  // namespace hostmode::bindings
