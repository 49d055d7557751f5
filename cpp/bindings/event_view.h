// Core events and states as Python sees them.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "hostmode/event.h"

namespace hostmode::bindings {

[[nodiscard]] const char* state_name(PlayerState state);

// A list of hostmode.Event. Needs the GIL.
[[nodiscard]] pybind11::list to_python_events(const std::vector<Event>& events);

}  // namespace hostmode::bindings
