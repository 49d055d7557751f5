#include "value_class.h"

#include <pybind11/numpy.h>

#include <algorithm>

namespace hostmode::bindings {

namespace py = pybind11;

namespace {

bool same(const py::object& a, const py::object& b) {
  if (!py::isinstance<py::array>(a)) return a.equal(b);
  return py::module_::import("numpy").attr("array_equal")(a, b).cast<bool>();
}

}  // namespace

bool equal_values(const py::object& a, const py::object& b, const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const std::string& name) {
    return same(a.attr(name.c_str()), b.attr(name.c_str()));
  });
}

py::ssize_t hash_value(const py::object& value, const std::vector<std::string>& fields) {
  py::list hashed;
  for (const std::string& name : fields) {
    const py::object field = value.attr(name.c_str());
    // An array has no hash; equal values have arrays of one size.
    if (py::isinstance<py::array>(field)) {
      hashed.append(py::len(field));
    } else {
      hashed.append(field);
    }
  }
  return py::hash(py::tuple(hashed));
}

py::dict fields_of(const py::object& value, const std::vector<std::string>& fields) {
  py::dict state;
  for (const std::string& name : fields) state[name.c_str()] = value.attr(name.c_str());
  return state;
}

py::object replaced(const py::object& value, const py::kwargs& changes,
                    const std::vector<std::string>& fields) {
  const py::object type = py::type::of(value);
  py::dict given = fields_of(value, fields);
  for (const auto& [name, field] : changes) {
    if (!given.contains(name)) {
      throw py::type_error(std::string(py::str(type.attr("__name__"))) + " has no field '" +
                           std::string(py::str(name)) + "'");
    }
    given[name] = field;
  }
  return type(**given);
}

void refuse_field(const py::object& type, const std::string& field, const py::object& value) {
  throw py::type_error(std::string(py::str(type.attr("__name__"))) + ", unpickled: " + field + " is " +
                       std::string(py::repr(value)) + " (" +
                       std::string(py::str(py::type::of(value).attr("__name__"))) +
                       "), which no value of that field is; the pickle is damaged or none of this version");
}

std::string describe_value(const py::object& value, const py::object& plain,
                           const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& name : fields) {
    const py::object field = value.attr(name.c_str());
    if (field.equal(plain.attr(name.c_str()))) continue;
    text += (text.empty() ? "" : ", ") + name + "=" + std::string(py::repr(field));
  }
  return std::string(py::str(py::type::of(value).attr("__name__"))) + "(" + text + ")";
}

}  // namespace hostmode::bindings
