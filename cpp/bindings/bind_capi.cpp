#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.h"
#include "hostmode/capi.h"
#include "hostmode/keyframe.h"
#include "hostmode/player.h"
#include "monotonic_clock.h"

struct HostmodePlayer {
  std::shared_ptr<hostmode::Player> player;
};

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

static_assert(HOSTMODE_KEYFRAME_FLOATS == kKeyframeFloats, "the C header states the size of a keyframe");

int outcome(Status status) noexcept {
  switch (status) {
    case Status::kOk:
      return HOSTMODE_OK;
    case Status::kMalformed:
      return HOSTMODE_MALFORMED;
    case Status::kTooLarge:
      return HOSTMODE_TOO_LARGE;
    case Status::kBufferFull:
      return HOSTMODE_BUFFER_FULL;
    case Status::kNotPcm:
      return HOSTMODE_NOT_PCM;
    case Status::kInvalidArgument:
      return HOSTMODE_INVALID_ARGUMENT;
  }
  return HOSTMODE_FAILED;
}

// Runs `body` where the time is one a player may see. No exception may reach a caller that could be C.
template <typename Body>
int guarded(double time_s, Body body) noexcept {
  if (!std::isfinite(time_s)) return HOSTMODE_INVALID_ARGUMENT;
  try {
    return body();
  } catch (const std::invalid_argument&) {
    return HOSTMODE_INVALID_ARGUMENT;
  } catch (...) {
    return HOSTMODE_FAILED;
  }
}

HostmodePlayer* player_from_object(PyObject* object) noexcept {
  try {
    const py::handle handle(object);
    if (!py::isinstance<Player>(handle)) {
      PyErr_Format(PyExc_TypeError, "player: given %s, wanted a hostmode.Player", Py_TYPE(object)->tp_name);
      return nullptr;
    }
    return new HostmodePlayer{handle.cast<std::shared_ptr<Player>>()};
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_TypeError, error.what());
  }
  return nullptr;
}

void release(HostmodePlayer* handle) noexcept {
  delete handle;
}

int sample(HostmodePlayer* handle, double time_s, float* out) noexcept {
  return guarded(time_s, [&] {
    handle->player->sample(time_s, out);
    return HOSTMODE_OK;
  });
}

int sample_many(HostmodePlayer* const* handles, std::size_t count, double time_s, float* out) noexcept {
  return guarded(time_s, [&] {
    std::vector<Player*> players(count);
    for (std::size_t i = 0; i < count; ++i) players[i] = handles[i]->player.get();
    Player::sample_many(players.data(), count, time_s, out);
    return HOSTMODE_OK;
  });
}

void render_audio_f32(HostmodePlayer* handle, float* out, std::size_t count, double dac_s, double entry_s,
                      double current_s) noexcept {
  AudioObservation observation;
  observation.dac_s = dac_s;
  observation.entry_s = entry_s;
  observation.host_current_s = current_s;
  handle->player->render_audio(out, count, observation);
}

void copy_id(const std::string& id, char* out) noexcept {
  const std::size_t length = std::min<std::size_t>(id.size(), HOSTMODE_ID_SIZE - 1);
  std::memcpy(out, id.data(), length);
  out[length] = '\0';
}

int push_audio_to(HostmodePlayer* handle, HostmodeBytes pcm, int end, const char* conversation_id,
                  double now_s, char* id_out) noexcept {
  id_out[0] = '\0';
  return guarded(now_s, [&] {
    const std::string to = conversation_id != nullptr ? conversation_id : "";
    std::string id;
    const Status status = handle->player->push_audio({pcm.data, pcm.size}, end != 0, now_s, id,
                                                     conversation_id != nullptr ? &to : nullptr);
    copy_id(id, id_out);
    return outcome(status);
  });
}

int push_audio(HostmodePlayer* handle, HostmodeBytes pcm, int end, double now_s, char* id_out) noexcept {
  return push_audio_to(handle, pcm, end, nullptr, now_s, id_out);
}

int push_motion(HostmodePlayer* handle, const HostmodeBytes* messages, std::size_t count,
                const char* conversation_id, double now_s, int* complete) noexcept {
  if (complete != nullptr) *complete = 0;
  return guarded(now_s, [&] {
    std::vector<ByteView> views;
    views.reserve(count);
    for (std::size_t i = 0; i < count; ++i) views.push_back({messages[i].data, messages[i].size});
    const std::string id = conversation_id != nullptr ? conversation_id : "";
    MotionPush result;
    const Status status = handle->player->push_motion(
        views.data(), count, conversation_id != nullptr ? &id : nullptr, now_s, result);
    if (complete != nullptr) *complete = result.complete ? 1 : 0;
    return outcome(status);
  });
}

int advance(HostmodePlayer* handle, double now_s) noexcept {
  return guarded(now_s, [&] {
    handle->player->advance(now_s);
    return HOSTMODE_OK;
  });
}

int interrupt_heard(HostmodePlayer* handle, double now_s, double* heard_s) noexcept {
  *heard_s = AudioObservation::kUnknown;
  return guarded(now_s, [&] {
    *heard_s = handle->player->interrupt(now_s).value_or(AudioObservation::kUnknown);
    return HOSTMODE_OK;
  });
}

int interrupt(HostmodePlayer* handle, double now_s) noexcept {
  double heard_s;
  return interrupt_heard(handle, now_s, &heard_s);
}

int reset_clock(HostmodePlayer* handle, double now_s) noexcept {
  return guarded(now_s, [&] {
    handle->player->reset_clock(now_s);
    return HOSTMODE_OK;
  });
}

int conversation_id(HostmodePlayer* handle, char* id_out) noexcept {
  id_out[0] = '\0';
  return guarded(0.0, [&] {
    copy_id(handle->player->conversation_id(), id_out);
    return HOSTMODE_OK;
  });
}

int audio_time(HostmodePlayer* handle, double now_s, double* heard_s) noexcept {
  *heard_s = 0.0;
  return guarded(now_s, [&] {
    *heard_s = handle->player->audio_time(now_s);
    return HOSTMODE_OK;
  });
}

constexpr HostmodeApi kApi = {
    HOSTMODE_ABI_VERSION,
    HOSTMODE_KEYFRAME_FLOATS,
    sizeof(HostmodeApi),
    &player_from_object,
    &release,
    &monotonic_now_s,
    &sample,
    &sample_many,
    &render_audio_f32,
    &push_audio,
    &push_motion,
    &advance,
    &interrupt,
    &reset_clock,
    &conversation_id,
    &push_audio_to,
    &audio_time,
    &interrupt_heard,
};

}  // namespace

void bind_capi(py::module_& m) {
  // A capsule holds a pointer to non-const; whoever imports it takes it as const.
  m.attr("_C_API") = py::capsule(const_cast<HostmodeApi*>(&kApi), HOSTMODE_CAPI_NAME);
}

}  // namespace hostmode::bindings
