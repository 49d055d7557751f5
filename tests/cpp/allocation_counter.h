// Counts the calls of operator new in this process, so that a test can say that something allocates nothing.
#pragma once

#include <cstddef>

namespace hostmode::testing {

// Allocations of any thread so far. Thread-safe: yes.
[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace hostmode::testing
