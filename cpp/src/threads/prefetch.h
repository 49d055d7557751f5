// Asks for memory before it is needed.
#pragma once

#include <cstddef>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace hostmode {

inline constexpr std::size_t kCacheLine = 64;

// A hint, harmless for any address. Thread-safe: yes. Realtime-safe: yes.
inline void prefetch_memory(const void* memory, std::size_t bytes) noexcept {
  const char* const first = static_cast<const char*>(memory);
  for (std::size_t at = 0; at < bytes; at += kCacheLine) {
#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_X64) || defined(_M_IX86)
    _mm_prefetch(first + at, _MM_HINT_T0);
#elif defined(_M_ARM64)
    __prefetch(first + at);
#endif
#else
    __builtin_prefetch(first + at);
#endif
  }
}

}  // namespace hostmode
