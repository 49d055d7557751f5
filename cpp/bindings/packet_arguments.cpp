#include "packet_arguments.h"

namespace hostmode::bindings {

namespace py = pybind11;

py::bytes as_bytes(const Bytes& bytes) {
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Bytes as_vector(const py::bytes& bytes) {
  const std::string_view view = bytes;
  return Bytes(view.begin(), view.end());
}

PacketProfile profile_of(const std::string& name) {
  if (name == "sei") return PacketProfile::kSei;
  if (name == "data") return PacketProfile::kData;
  throw py::value_error("profile: given '" + name + "', wanted 'sei' or 'data'");
}

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

}  // namespace hostmode::bindings
