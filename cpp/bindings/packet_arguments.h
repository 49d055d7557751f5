// What the bindings of RTC packets take and return.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wire/rtc_packet.h"

namespace hostmode::bindings {

using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] pybind11::bytes as_bytes(const Bytes& bytes);
[[nodiscard]] Bytes as_vector(const pybind11::bytes& bytes);

// Of "sei" or "data"; anything else is a ValueError.
[[nodiscard]] PacketProfile profile_of(const std::string& name);

// Calls a function of Python (format, bytes, at_most) that returns bytes, or None where it cannot. Needs the
// GIL.
[[nodiscard]] Recompress recompress_with(const pybind11::object& function);

}  // namespace hostmode::bindings
