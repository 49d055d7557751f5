#include "array_view.h"

#include <string>

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

std::string shape_text(const py::ssize_t* begin, const py::ssize_t* end) {
  std::string text = "(";
  for (const auto* length = begin; length != end; ++length) {
    text += (length == begin ? "" : ", ") + (*length == kAnyLength ? "n" : std::to_string(*length));
  }
  return text + (end - begin == 1 ? ",)" : ")");
}

}  // namespace

void refuse_array(py::handle object, const char* name, const py::dtype& wanted_dtype,
                  std::initializer_list<py::ssize_t> wanted_shape, bool writable) {
  const std::string wanted_type = py::str(wanted_dtype);
  const std::string wanted = std::string(", wanted a ") + (writable ? "writable " : "") + "C-contiguous " +
                             wanted_type + " array of shape " +
                             shape_text(wanted_shape.begin(), wanted_shape.end());
  const std::string given = std::string(name) + ": given ";
  if (!py::isinstance<py::array>(object)) {
    throw py::type_error(
        given + Py_TYPE(object.ptr())->tp_name + wanted +
        (writable ? "; make one with numpy.empty" : "; make one with numpy.ascontiguousarray"));
  }
  const auto array = py::reinterpret_borrow<py::array>(object);
  const std::string given_type = py::str(array.dtype());
  if (!array.dtype().equal(wanted_dtype)) {
    throw py::type_error(given + "a " + given_type + " array" + wanted +
                         (writable ? "; nothing is converted, or what is written would be lost"
                                   : "; convert it with .astype(numpy." + wanted_type + ")"));
  }
  const std::string state = (array.flags() & py::array::c_style) == 0 ? "a strided array of shape "
                            : writable && !array.writeable()          ? "a read-only array of shape "
                            : (array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) == 0
                                ? "a misaligned array of shape "
                                : "an array of shape ";
  throw py::value_error(given + state + shape_text(array.shape(), array.shape() + array.ndim()) + wanted);
}

}  // namespace hostmode::bindings
