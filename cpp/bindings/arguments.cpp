#include "arguments.h"

namespace hostmode::bindings {

namespace py = pybind11;

void refuse_argument(py::handle given, const char* wanted) {
  constexpr std::size_t kLongest = 60;
  std::string text = py::repr(given);
  if (text.size() > kLongest) text = "an object";
  throw py::type_error("given " + text + " (" + Py_TYPE(given.ptr())->tp_name + "), wanted " + wanted);
}

}  // namespace hostmode::bindings
