#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "buffer_view.h"
#include "errors.h"
#include "player_calls.h"

namespace hostmode::bindings {

namespace py = pybind11;

double checked_time(double time_s, const char* name) {
  if (!std::isfinite(time_s)) {
    throw py::value_error(std::string(name) + ": given " + (std::isnan(time_s) ? "NaN" : "infinity") +
                          ", wanted finite seconds of one monotonic clock, such as hostmode.now()");
  }
  return time_s;
}

namespace {

// What a text begins with, in quotation marks; nothing where it is none.
std::string first_words(const PcmView& view) {
  constexpr std::size_t kQuoted = 60;
  const std::size_t size = std::min(view.size(), kQuoted);
  const bool printable = std::all_of(view.data(), view.data() + size,
                                     [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; });
  if (!printable) return {};
  return " that begins with '" + std::string(reinterpret_cast<const char*>(view.data()), size) + "'";
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

}  // namespace

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

}  // namespace hostmode::bindings
