// Four floats' bits at once, so that a copy and a check of them are one vector instruction each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostmode {

inline constexpr std::size_t kLanes = 4;

#if defined(__GNUC__)
// gcc and clang make vector instructions of it on every processor that has them.
using Lanes = std::uint32_t __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));
#else
struct Lanes {
  std::uint32_t values[kLanes];

  std::uint32_t operator[](std::size_t i) const noexcept { return values[i]; }

  Lanes operator&(const Lanes& other) const noexcept {
    Lanes result;
    for (std::size_t i = 0; i < kLanes; ++i) result.values[i] = values[i] & other.values[i];
    return result;
  }

  Lanes operator+(const Lanes& other) const noexcept {
    Lanes result;
    for (std::size_t i = 0; i < kLanes; ++i) result.values[i] = values[i] + other.values[i];
    return result;
  }

  Lanes& operator|=(const Lanes& other) noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) values[i] |= other.values[i];
    return *this;
  }
};
#endif

}  // namespace hostmode
