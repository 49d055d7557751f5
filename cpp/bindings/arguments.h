// Arguments whose errors say what was given and what is wanted, in place of pybind11's list of signatures.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>

namespace hostmode::bindings {

// A number of Python's, such as a float, an int or a NumPy scalar.
template <int kMeaning>
struct Number {
  double value = 0.0;
  operator double() const noexcept { return value; }  // NOLINT(google-explicit-constructor)
};

using Seconds = Number<0>;   // of the caller's clock
using Loudness = Number<1>;  // 0 to 1

struct ConversationId {
  std::optional<std::string> value;
};

// Throws TypeError: "given 'soon' (str), wanted ...".
[[noreturn]] void refuse_argument(pybind11::handle given, const char* wanted);

}  // namespace hostmode::bindings

namespace pybind11::detail {

template <int kMeaning>
struct type_caster<hostmode::bindings::Number<kMeaning>> {
  PYBIND11_TYPE_CASTER(hostmode::bindings::Number<kMeaning>, const_name("float"));

  bool load(handle given, bool /*convert*/) {
    value.value = PyFloat_AsDouble(given.ptr());
    if (value.value == -1.0 && PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      hostmode::bindings::refuse_argument(
          given, kMeaning == 0 ? "a time: float seconds of one monotonic clock, such as hostmode.now()"
                               : "a number from 0.0 to 1.0");
    }
    return true;
  }
};

template <>
struct type_caster<hostmode::bindings::ConversationId> {
  PYBIND11_TYPE_CASTER(hostmode::bindings::ConversationId, const_name("str | None"));

  bool load(handle given, bool /*convert*/) {
    if (given.is_none()) return true;
    if (!isinstance<str>(given)) {
      hostmode::bindings::refuse_argument(given,
                                          "a conversation id: the str that push_audio returned, or None");
    }
    value.value = given.cast<std::string>();
    return true;
  }
};

}  // namespace pybind11::detail
