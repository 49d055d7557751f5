// Bytes lent by Python objects. All of these are made and destroyed with the GIL held and read without it.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hostmode::bindings {

// An argument for anything with the buffer protocol. Checked by the views below, whose errors say more than
// pybind11's list of signatures.
class BufferArgument : public pybind11::object {
  PYBIND11_OBJECT(BufferArgument, pybind11::object, is_any)

 private:
  static bool is_any(PyObject* object) { return object != nullptr; }
};

// A C-contiguous buffer, held for the lifetime of the view. Throws TypeError where `object` is none, calling
// it `name` and asking for `wanted`.
class BufferView {
 public:
  BufferView(pybind11::handle object, const char* name, const char* wanted);
  ~BufferView() { PyBuffer_Release(&buffer_); }
  // A Py_buffer may point into itself.
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;

  [[nodiscard]] const std::uint8_t* data() const noexcept {
    return static_cast<const std::uint8_t*>(buffer_.buf);
  }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(buffer_.len); }
  // The items' format in the notation of Python's struct module.
  [[nodiscard]] const char* format() const noexcept {
    return buffer_.format != nullptr ? buffer_.format : "B";
  }
  [[nodiscard]] bool holds_bytes() const noexcept;
  // True where at most one dimension is longer than one item.
  [[nodiscard]] bool is_flat() const noexcept;

 private:
  Py_buffer buffer_;
};

// The bytes of an encoded message: buffers of bytes only, str and wider items refused with TypeError. They do
// not change while the view lives: a buffer that another thread could write to is copied, because a decoder
// that reads its input twice must read the same thing.
class MessageView {
 public:
  MessageView(pybind11::handle object, const char* name);

  [[nodiscard]] const std::uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }

 private:
  BufferView view_;
  std::vector<std::uint8_t> copy_;
  const std::uint8_t* data_;
};

// Mono s16le PCM: bytes in any number (a dangling one is the caller's business) or int16 items in one
// dimension. Float samples, other integers, several channels and strided views are refused with TypeError.
class PcmView {
 public:
  PcmView(pybind11::handle object, const char* name);

  [[nodiscard]] const std::uint8_t* data() const noexcept { return view_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }

 private:
  BufferView view_;
};

}  // namespace hostmode::bindings

namespace pybind11::detail {

template <>
struct handle_type_name<hostmode::bindings::BufferArgument> {
  static constexpr auto name = const_name("collections.abc.Buffer");
};

}  // namespace pybind11::detail
