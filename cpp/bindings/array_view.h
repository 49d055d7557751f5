// NumPy arrays as they are: nothing is converted, so what is written into one is what its owner sees.
#pragma once

#include <pybind11/numpy.h>

#include <initializer_list>
#include <type_traits>

namespace hostmode::bindings {

// Any length in that dimension, for the shape that an ArrayView asks for.
inline constexpr pybind11::ssize_t kAnyLength = -1;

// Throws TypeError or ValueError that says what `object` is, what was wanted and how to get there.
[[noreturn]] void refuse_array(pybind11::handle object, const char* name, const pybind11::dtype& wanted_dtype,
                               std::initializer_list<pybind11::ssize_t> wanted_shape, bool writable);

// The items of a C-contiguous array of exactly type T and of `shape`, writable unless T is const. The array
// must outlive the view. On a mismatch throws TypeError (no array, another dtype) or ValueError (another
// shape, strided, read-only), calling the array `name`. Needs the GIL to be made, not to be used.
template <typename T>
class ArrayView {
 public:
  ArrayView(pybind11::handle object, const char* name, std::initializer_list<pybind11::ssize_t> shape) {
    using Item = std::remove_const_t<T>;
    using Format = pybind11::detail::npy_format_descriptor<Item>;
    using Api = pybind11::detail::npy_api;
    constexpr int kWanted =
        Api::NPY_ARRAY_C_CONTIGUOUS_ | Api::NPY_ARRAY_ALIGNED_ | (kWritable ? Api::NPY_ARRAY_WRITEABLE_ : 0);
    if (pybind11::isinstance<pybind11::array>(object)) {
      const auto* array = pybind11::detail::array_proxy(object.ptr());
      const auto* descriptor = pybind11::detail::array_descriptor_proxy(array->descr);
      if ((array->flags & kWanted) == kWanted && descriptor->type_num == Format::value &&
          (descriptor->byteorder == '=' || descriptor->byteorder == '|') && matches(*array, shape)) {
        data_ = reinterpret_cast<T*>(array->data);
        shape_ = array->dimensions;
        return;
      }
    }
    refuse_array(object, name, Format::dtype(), shape, kWritable);
  }

  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] pybind11::ssize_t length(int dimension = 0) const noexcept { return shape_[dimension]; }

 private:
  static constexpr bool kWritable = !std::is_const_v<T>;

  static bool matches(const pybind11::detail::PyArray_Proxy& array,
                      std::initializer_list<pybind11::ssize_t> shape) noexcept {
    if (array.nd != static_cast<int>(shape.size())) return false;
    const auto* given = array.dimensions;
    for (const auto wanted : shape) {
      if (wanted != kAnyLength && wanted != *given) return false;
      ++given;
    }
    return true;
  }

  T* data_;
  const pybind11::ssize_t* shape_;
};

}  // namespace hostmode::bindings
