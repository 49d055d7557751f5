// Calls that do not fit a function are refused in words, in place of pybind11's list of signatures.
#pragma once

#include <pybind11/pybind11.h>

namespace hostmode::bindings {

// Once everything is bound: from then on every function, method, constructor and property of the module words
// its refusals with hostmode.refusals.explain. A call that fits costs one indirect call more.
void word_refusals(const pybind11::module_& module);

}  // namespace hostmode::bindings
