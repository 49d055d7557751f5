// Raising the exceptions of hostmode/errors.py from C++.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

namespace hostmode::bindings {

// Throws hostmode.errors.<name>(arguments...). The classes live in Python, where they pickle and type-check
// without further ado, and are looked up when needed: raising is rare, and nothing global outlives an
// interpreter. Needs the GIL.
template <typename... Arguments>
[[noreturn]] void throw_error(const char* name, Arguments&&... arguments) {
  const pybind11::object type = pybind11::module_::import("hostmode.errors").attr(name);
  PyErr_SetObject(type.ptr(), type(std::forward<Arguments>(arguments)...).ptr());
  throw pybind11::error_already_set();
}

}  // namespace hostmode::bindings
