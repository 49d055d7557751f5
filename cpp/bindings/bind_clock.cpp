#include "bindings.h"
#include "monotonic_clock.h"

namespace hostmode::bindings {

void bind_clock(pybind11::module_& m) {
  m.def("now", &monotonic_now_s,
        R"(Return the time in seconds of the monotonic clock that hostmode runs on.

It is ``std::chrono::steady_clock``: high resolution on every platform, never set back, its zero unspecified.
On Linux it equals ``CLOCK_MONOTONIC``, the clock of ``time.monotonic()``; elsewhere the two differ, so take
times for hostmode from here.)");
}

}  // namespace hostmode::bindings
