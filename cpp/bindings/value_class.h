// Bindings of structs that are values: they compare, hash, copy and pickle by their fields.
#pragma once

#include <pybind11/pybind11.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace hostmode::bindings {

// What values have in common, by the names of their fields. Two arrays are equal where their items are.
bool equal_values(const pybind11::object& a, const pybind11::object& b,
                  const std::vector<std::string>& fields);
pybind11::ssize_t hash_value(const pybind11::object& value, const std::vector<std::string>& fields);
pybind11::dict fields_of(const pybind11::object& value, const std::vector<std::string>& fields);
// "Name(field=value, ...)" with those fields that differ from `plain`.
std::string describe_value(const pybind11::object& value, const pybind11::object& plain,
                           const std::vector<std::string>& fields);

// A copy, made by the constructor, in which the fields that `changes` names are others.
pybind11::object replaced(const pybind11::object& value, const pybind11::kwargs& changes,
                          const std::vector<std::string>& fields);
// Throws TypeError: what was pickled has no such value in that field.
[[noreturn]] void refuse_field(const pybind11::object& type, const std::string& field,
                               const pybind11::object& value);

// A class_ that remembers its fields. T is default-constructible.
template <typename T>
class ValueClass : public pybind11::class_<T> {
 public:
  using Base = pybind11::class_<T>;
  using Base::Base;

  template <typename... Arguments>
  ValueClass& def(Arguments&&... arguments) {
    Base::def(std::forward<Arguments>(arguments)...);
    return *this;
  }

  template <typename Member, typename... Extra>
  ValueClass& def_readonly(const char* name, Member T::* member, const Extra&... extra) {
    Base::def_readonly(name, member, extra...);
    set_.emplace_back(
        [member](T& self, const pybind11::handle& value) { self.*member = value.template cast<Member>(); });
    names_.emplace_back(name);
    return *this;
  }

  // A field that is not a member of the same type: `get` as in def_property_readonly, `set` its inverse.
  template <typename Get, typename... Extra>
  ValueClass& def_field(const char* name, Get&& get, std::function<void(T&, const pybind11::handle&)> set,
                        const Extra&... extra) {
    Base::def_property_readonly(name, std::forward<Get>(get), extra...);
    set_.push_back(std::move(set));
    names_.emplace_back(name);
    return *this;
  }

  // Gives the class its value methods, after all fields. `check` throws where a T that was pickled is none.
  ValueClass& def_value(const std::function<void(const T&)>& check = [](const T&) {}) {
    namespace py = pybind11;
    const auto names = names_;
    const auto set = set_;
    def("__eq__", [names](const py::object& self, const py::object& other) -> py::object {
      if (!py::isinstance<T>(other)) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
      return py::bool_(equal_values(self, other, names));
    });
    def("__hash__", [names](const py::object& self) { return hash_value(self, names); });
    def(py::pickle([names](const py::object& self) { return fields_of(self, names); },
                   [names, set, check](const py::dict& state) {
                     T value;
                     for (std::size_t i = 0; i < names.size(); ++i) {
                       if (!state.contains(names[i])) continue;
                       try {
                         set[i](value, state[names[i].c_str()]);
                       } catch (const py::cast_error&) {
                         refuse_field(py::type::of<T>(), names[i], state[names[i].c_str()]);
                       }
                     }
                     check(value);
                     return value;
                   }));
    return *this;
  }

  // Where the constructor takes every field by its name.
  ValueClass& def_replace(const char* doc) {
    namespace py = pybind11;
    const auto replace = [names = names_](const py::object& self, const py::kwargs& changes) {
      return replaced(self, changes, names);
    };
    def("replace", replace, doc);
    def("__replace__", replace);
    return *this;
  }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::function<void(T&, const pybind11::handle&)>> set_;
};

}  // namespace hostmode::bindings
