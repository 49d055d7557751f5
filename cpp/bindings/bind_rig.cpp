#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "array_view.h"
#include "bindings.h"
#include "buffer_view.h"
#include "driver/face_driver.h"
#include "driver/own_motion.h"
#include "errors.h"
#include "rig.h"

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

using FloatArray = py::array_t<float, py::array::c_style>;
using IndexArray = py::array_t<std::uint32_t, py::array::c_style>;
using SignedArray = py::array_t<std::int32_t, py::array::c_style>;

template <typename T>
std::vector<T> copied(const py::array_t<T, py::array::c_style>& array) {
  return {array.data(), array.data() + array.size()};
}

void require_finite(const float* values, py::ssize_t count, const char* name) {
  if (!std::all_of(values, values + count, [](float value) { return std::isfinite(value); })) {
    throw py::value_error(std::string(name) + ": every value must be finite");
  }
}

std::unique_ptr<Rig> make_rig(const FloatArray& vertices, const IndexArray& triangles,
                              const IndexArray& target_counts, const IndexArray& target_vertices,
                              const FloatArray& target_deltas, const SignedArray& joint_parents,
                              const FloatArray& joint_pivots, const IndexArray& skin_joints,
                              const FloatArray& skin_weights, const FloatArray& ball_centres,
                              const FloatArray& ball_radii, const IndexArray& ball_counts,
                              const IndexArray& ball_vertices, const IndexArray& corrective_joints,
                              const FloatArray& pivot_deltas, const IndexArray& twin_vertices,
                              const IndexArray& twin_of) {
  RigData data{
      copied(vertices),      copied(triangles),         copied(target_counts), copied(target_vertices),
      copied(target_deltas), copied(joint_parents),     copied(joint_pivots),  copied(skin_joints),
      copied(skin_weights),  copied(ball_centres),      copied(ball_radii),    copied(ball_counts),
      copied(ball_vertices), copied(corrective_joints), copied(pivot_deltas),  copied(twin_vertices),
      copied(twin_of)};
  if (const std::string fault = rig_fault(data); !fault.empty()) throw_error("HeadError", fault);
  return std::make_unique<Rig>(std::move(data));
}

void deform(const Rig& rig, const py::object& weights, const py::object& joints, const py::object& out) {
  const auto targets = static_cast<py::ssize_t>(rig.target_count());
  const auto joint_count = static_cast<py::ssize_t>(rig.joint_count());
  const ArrayView<const float> w(weights, "weights", {targets});
  const ArrayView<const float> j(joints, "joints", {joint_count, 3});
  const ArrayView<float> to(out, "out", {static_cast<py::ssize_t>(rig.vertex_count()), Rig::kOutFloats});
  require_finite(w.data(), targets, "weights");
  require_finite(j.data(), 3 * joint_count, "joints");
  rig.deform(w.data(), j.data(), to.data());
}

// The sound and the motion of one conversation, and the settings of whoever looks at it.
struct SpeechFace {
  SpeechFace(double rate_hz, double speech_transition_s, double idle_transition_s)
      : sound(rate_hz), speech_transition_s(speech_transition_s), idle_transition_s(idle_transition_s) {}

  // How much of a player's pose is the conversation's motion (PoseTrack blends in and out like this).
  [[nodiscard]] float presence(double media_s) const {
    if (media_s < 0 || motion.empty()) return 0.0F;
    const auto ease = [](double x) {
      const double t = std::clamp(x, 0.0, 1.0);
      return static_cast<float>(t * t * (3.0 - 2.0 * t));
    };
    const float in = speech_transition_s > 0 ? ease(media_s / speech_transition_s) : 1.0F;
    const double over_s = media_s - motion.last_keyframe_s();
    if (over_s <= 0) return in;
    return in * (idle_transition_s > 0 ? 1.0F - ease(over_s / idle_transition_s) : 0.0F);
  }

  SoundTrack sound;
  MotionTrack motion;
  double speech_transition_s;
  double idle_transition_s;
};

void write_face(const Face& face, const py::object& weights, const py::object& joints) {
  const ArrayView<float> w(weights, "weights", {static_cast<py::ssize_t>(face.weights.size())});
  const ArrayView<float> j(joints, "joints", {static_cast<py::ssize_t>(face.joints.size() / 3), 3});
  std::copy(face.weights.begin(), face.weights.end(), w.data());
  std::copy(face.joints.begin(), face.joints.end(), j.data());
}

void drive(const SpeechFace* speech, const py::object& pose, const py::object& mouth_pose, double now_s,
           double media_s, const FaceMap* map, bool mouth_from_sound, const py::object& weights,
           const py::object& joints) {
  const ArrayView<const float> seen(pose, "pose", {static_cast<py::ssize_t>(kKeyframeFloats)});
  const ArrayView<const float> mouth(mouth_pose, "mouth_pose", {static_cast<py::ssize_t>(kKeyframeFloats)});
  require_finite(seen.data(), static_cast<py::ssize_t>(kKeyframeFloats), "pose");
  require_finite(mouth.data(), static_cast<py::ssize_t>(kKeyframeFloats), "mouth_pose");
  if (!std::isfinite(now_s) || !std::isfinite(media_s))
    throw py::value_error("now and media_s must be finite");
  FaceMoment moment;
  moment.pose = seen.data();
  moment.mouth_pose = mouth.data();
  moment.now_s = now_s;
  moment.media_s = media_s;
  moment.map = map;
  moment.mouth_from_sound = mouth_from_sound;
  if (speech != nullptr) {
    moment.sound = &speech->sound;
    moment.motion = &speech->motion;
    moment.presence = speech->presence(media_s);
  }
  write_face(drive_face(moment), weights, joints);
}

FaceMap make_map(const py::object& matrix, const py::object& offset, bool centred) {
  constexpr auto kRows = static_cast<py::ssize_t>(arkit::kCount);
  constexpr auto kColumns = static_cast<py::ssize_t>(kKeyframeFloats);
  const ArrayView<const float> m(matrix, "matrix", {kRows, kColumns});
  const ArrayView<const float> o(offset, "offset", {kRows});
  require_finite(m.data(), kRows * kColumns, "matrix");
  require_finite(o.data(), kRows, "offset");
  FaceMap map;
  map.centred = centred;
  for (std::size_t row = 0; row < arkit::kCount; ++row) {
    std::copy_n(m.data() + row * kKeyframeFloats, kKeyframeFloats, map.matrix[row].begin());
  }
  std::copy_n(o.data(), arkit::kCount, map.offset.begin());
  return map;
}

py::tuple arkit_names() {
  py::tuple names(static_cast<py::ssize_t>(arkit::kCount));
  for (std::size_t i = 0; i < arkit::kCount; ++i)
    names[i] = py::str(arkit::kNames[i].data(), arkit::kNames[i].size());
  return names;
}

py::array_t<float> axis_array(const ExpressionAxis& axis) {
  return py::array_t<float>(static_cast<py::ssize_t>(axis.size()), axis.data());
}

}  // namespace

void bind_rig(py::module_& m) {
  m.attr("ARKIT_NAMES") = arkit_names();
  m.attr("OPENING_AXIS") = axis_array(kOpeningAxis);
  m.attr("ROUNDING_AXIS") = axis_array(kRoundingAxis);
  m.attr("JAW_SCALE") = kJawScale;
  m.attr("OWN_MARK") = kOwnMark;
  m.attr("OWN_READ") = kOwnRead;

  py::class_<Rig>(m, "Rig", py::is_final(), "A head that moves; hostmode.rig.Rig makes it from a file.")
      .def(py::init(&make_rig), py::arg("vertices"), py::arg("triangles"), py::arg("target_counts"),
           py::arg("target_vertices"), py::arg("target_deltas"), py::arg("joint_parents"),
           py::arg("joint_pivots"), py::arg("skin_joints"), py::arg("skin_weights"), py::arg("ball_centres"),
           py::arg("ball_radii"), py::arg("ball_counts"), py::arg("ball_vertices"),
           py::arg("corrective_joints"), py::arg("pivot_deltas"), py::arg("twin_vertices"),
           py::arg("twin_of"))
      .def("deform", &deform, py::arg("weights"), py::arg("joints"), py::arg("out"),
           R"(Compute positions and normals.

Parameters
----------
weights : ndarray of float32, shape (targets,)
joints : ndarray of float32, shape (joints, 3)
    A rotation vector each, radians, in the frame of the parent.
out : ndarray of float32, shape (vertices, 6)
    Takes x y z and the unit normal of each vertex.

Raises
------
ValueError
    A value is not finite, or a shape another.)");

  py::class_<FaceMap>(m, "FaceMap", py::is_final(),
                      "A user's own way from a keyframe to ARKit's expressions.")
      .def(py::init(&make_map), py::arg("matrix"), py::arg("offset"), py::arg("centred") = false);

  py::class_<SpeechFace>(m, "SpeechFace", py::is_final(),
                         "What the sound and the motion of one conversation say about the face.")
      .def(py::init<double, double, double>(), py::arg("sample_rate"), py::arg("speech_transition") = 0.32,
           py::arg("idle_transition") = 0.8)
      .def(
          "push_audio",
          [](SpeechFace& self, const py::object& samples) {
            const ArrayView<const std::int16_t> view(samples, "samples", {kAnyLength});
            self.sound.push(view.data(), static_cast<std::size_t>(view.length()));
          },
          py::arg("samples"), "Take in the next samples, int16 of shape (n,).")
      .def(
          "end_audio", [](SpeechFace& self) { self.sound.finish(); }, "Say that no more samples come.")
      .def(
          "push_motion",
          [](SpeechFace& self, const py::object& keyframes) {
            const ArrayView<const float> view(keyframes, "keyframes",
                                              {kAnyLength, static_cast<py::ssize_t>(kKeyframeFloats)});
            require_finite(view.data(), view.length() * static_cast<py::ssize_t>(kKeyframeFloats),
                           "keyframes");
            self.motion.push(view.data(), static_cast<std::size_t>(view.length()), self.sound);
          },
          py::arg("keyframes"), "Take in the next keyframes, float32 of shape (n, 120).")
      .def(
          "sound_at",
          [](const SpeechFace& self, double media_s) {
            const SoundShape s = self.sound.at(media_s);
            return py::make_tuple(s.opening, s.rounding, s.closing, s.gate);
          },
          py::arg("media_s"), "Return opening, rounding, closing and gate of the sound at an instant.")
      .def(
          "lag_at", [](const SpeechFace& self, double media_s) { return self.motion.at(media_s).lag_s; },
          py::arg("media_s"),
          "Return by how many seconds the motion runs ahead of the sound, as learned so far.");

  m.def("drive_face", &drive, py::arg("speech").none(true), py::arg("pose"), py::arg("mouth_pose"),
        py::arg("now"), py::arg("media_s"), py::arg("face_map").none(true), py::arg("mouth_from_sound"),
        py::arg("weights"), py::arg("joints"),
        R"(Write ARKit's 52 weights and the rotations of neck, head, left and right eye for one instant.

`speech` is None where nothing is known of the sound and the motion around the pose; `media_s` is below 0 where
no conversation is heard.)");
}

}  // namespace hostmode::bindings
