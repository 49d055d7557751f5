// Counts what operator new gives out in this process, so that a test can say that something allocates nothing
// or that memory stays flat.
#pragma once

#include <cstddef>

namespace hostmode::testing {

// Allocations of any thread so far. Thread-safe: yes.
[[nodiscard]] std::size_t allocation_count() noexcept;

// Bytes given out and not yet given back, as large as the allocator made them. Thread-safe: yes.
[[nodiscard]] std::size_t live_bytes() noexcept;

}  // namespace hostmode::testing
