#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <atomic>
#include <vector>

#include "array_view.h"
#include "player_calls.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

constexpr auto kFloats = static_cast<py::ssize_t>(kKeyframeFloats);

// Of the import of hostmode.pose that happened last: an application that reloads an add-on imports it again,
// while this module stays. What it replaces is never freed: another thread may be reading it.
std::atomic<PyObject*> keyframe_dtype = nullptr;

// Of the caller's time, from the first sound on: a device may take its time to open.
constexpr double kUnheardPatience_s = 2.0;

// Warns, once a process, where sound waits for somebody to ask for it: nothing would ever play.
void warn_where_unheard(Player& self, double now) {
  static std::atomic<bool> warned{false};
  const double waits_s = now - self.unheard_since_s();
  if (!(waits_s >= kUnheardPatience_s) || self.state() != PlayerState::kActive) return;
  if (warned.exchange(true)) return;
  const py::object category = py::module_::import("hostmode.errors").attr("UnheardWarning");
  if (PyErr_WarnEx(
          category.ptr(),
          "a Player has sound that nobody asks for, so nothing plays and the face stays idle: call "
          "render_audio from an audio callback, or start_silent_clock(now=...) where nobody listens; a "
          "Controller does either by itself",
          1) != 0) {
    throw py::error_already_set();
  }
}

py::object sample_new(Player& self, double now) {
  py::array pose(py::reinterpret_borrow<py::dtype>(keyframe_dtype.load()), py::ssize_t{1});
  self.sample(now, static_cast<float*>(pose.mutable_data()));
  PyObject* const record = PySequence_GetItem(pose.ptr(), 0);
  if (record == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(record);
}

// A Player, or what a Controller plays with.
Player& sampled_player(const py::handle& one) {
  if (py::isinstance<Player>(one)) return one.cast<Player&>();
  if (!py::hasattr(one, "_sampled_player")) {
    throw py::type_error(std::string("players: given a ") + Py_TYPE(one.ptr())->tp_name +
                         ", wanted Players or Controllers");
  }
  return one.attr("_sampled_player")().cast<Player&>();
}

}  // namespace

void render_audio(Player& self, const py::object& out, Seconds dac_time, std::optional<double> entry_time,
                  std::optional<double> current_time) {
  AudioObservation observation;
  observation.dac_s = dac_time;
  observation.entry_s = entry_time.value_or(AudioObservation::kUnknown);
  observation.host_current_s = current_time.value_or(AudioObservation::kUnknown);
  if (py::isinstance<py::array_t<std::int16_t>>(out)) {
    const ArrayView<std::int16_t> view(out, "out", {kAnyLength});
    self.render_audio(view.data(), static_cast<std::size_t>(view.length()), observation);
    return;
  }
  const ArrayView<float> view(out, "out", {kAnyLength});
  self.render_audio(view.data(), static_cast<std::size_t>(view.length()), observation);
}

// One function for both forms: a second overload would cost the fast form a failed attempt at the first.
py::object sample(Player& self, Seconds now, const py::object& out) {
  checked_time(now, "now");
  if (!self.driven()) warn_where_unheard(self, now);
  if (out.is_none()) return sample_new(self, now);
  const ArrayView<float> view(out, "out", {kFloats});
  self.sample(now, view.data());
  return out;
}

void sample_into(Player& self, const py::object& times, const py::object& out) {
  const ArrayView<const double> at(times, "times", {kAnyLength});
  const ArrayView<float> poses(out, "out", {at.length(), kFloats});
  for (py::ssize_t i = 0; i < at.length(); ++i) checked_time(at.data()[i], "times");
  self.sample_into(at.data(), static_cast<std::size_t>(at.length()), poses.data());
}

void sample_many(const py::sequence& players, Seconds now, const py::object& out) {
  const auto count = static_cast<py::ssize_t>(players.size());
  const ArrayView<float> poses(out, "out", {count, kFloats});
  checked_time(now, "now");
  std::vector<Player*> pointers;
  pointers.reserve(players.size());
  for (const py::handle one : players) pointers.push_back(&sampled_player(one));
  Player::sample_many(pointers.data(), pointers.size(), now, poses.data());
}

void set_keyframe_dtype(py::dtype dtype) {
  keyframe_dtype.store(dtype.release().ptr());
}

std::optional<std::string> conversation_id(const Player& self) {
  std::string id = self.conversation_id();
  if (id.empty()) return std::nullopt;
  return id;
}

}  // namespace hostmode::bindings
