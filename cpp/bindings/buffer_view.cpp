#include "buffer_view.h"

#include <cstring>
#include <string>

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

constexpr const char* kMessageWanted = "bytes, bytearray, memoryview or a uint8 array";
constexpr const char* kPcmWanted = "mono 16-bit PCM as bytes, bytearray, memoryview or an int16 array";

[[noreturn]] void refuse(const char* name, const std::string& given, const char* wanted,
                         const std::string& advice = "") {
  throw py::type_error(std::string(name) + ": given " + given + ", wanted " + wanted +
                       (advice.empty() ? "" : "; " + advice));
}

std::string type_name(py::handle object) {
  return Py_TYPE(object.ptr())->tp_name;
}

// A format without its byte order where that is the one we read.
const char* little_endian_item(const char* format) {
  return *format == '@' || *format == '=' || *format == '<' ? format + 1 : format;
}

bool is_immutable(PyObject* object) {
  if (PyMemoryView_Check(object)) object = PyMemoryView_GET_BASE(object);
  return object != nullptr && PyBytes_CheckExact(object);
}

}  // namespace

BufferView::BufferView(py::handle object, const char* name, const char* wanted) {
  if (PyUnicode_Check(object.ptr())) {
    refuse(name, "str", wanted, "decode text to bytes first, base64 with base64.b64decode");
  }
  if (PyObject_CheckBuffer(object.ptr()) == 0) refuse(name, type_name(object), wanted);
  if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_FULL_RO) != 0) throw py::error_already_set();
  if (PyBuffer_IsContiguous(&buffer_, 'C') == 0) {
    PyBuffer_Release(&buffer_);
    refuse(name, "a strided " + type_name(object), wanted,
           "it must be contiguous: copy it with numpy.ascontiguousarray");
  }
}

bool BufferView::holds_bytes() const noexcept {
  const char* item = little_endian_item(format());
  return std::strlen(item) == 1 && std::strchr("Bbc", *item) != nullptr;
}

bool BufferView::is_flat() const noexcept {
  int long_dimensions = 0;
  for (int i = 0; i < buffer_.ndim; ++i) long_dimensions += buffer_.shape[i] > 1 ? 1 : 0;
  return buffer_.ndim > 0 && long_dimensions <= 1;
}

MessageView::MessageView(py::handle object, const char* name)
    : view_(object, name, kMessageWanted), data_(view_.data()) {
  if (!view_.holds_bytes()) {
    refuse(name, "items of format '" + std::string(view_.format()) + "'", kMessageWanted);
  }
  if (!is_immutable(object.ptr())) {
    copy_.assign(view_.data(), view_.data() + view_.size());
    data_ = copy_.data();
  }
}

PcmView::PcmView(py::handle object, const char* name) : view_(object, name, kPcmWanted) {
  const std::string item = little_endian_item(view_.format());
  if (item == "f" || item == "d" || item == "e") {
    refuse(name, "floating-point samples", kPcmWanted,
           "convert them with (samples * 32767).astype(numpy.int16)");
  }
  if (!view_.holds_bytes() && item != "h") {
    refuse(name, "items of format '" + std::string(view_.format()) + "'", kPcmWanted);
  }
  if (!view_.is_flat()) {
    refuse(name, "more than one dimension", kPcmWanted,
           "pick or mix one channel, such as samples[:, 0].copy()");
  }
}

}  // namespace hostmode::bindings
