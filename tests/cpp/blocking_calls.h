// Counts what a realtime thread must not do: take memory or give it back, lock, wait, signal, or enter the
// kernel. For that this executable defines the C library's entry points itself and forwards to the real ones.
//
// With glibc only, and not under sanitizers, which need these entry points for themselves; elsewhere nothing
// is counted.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HOSTMODE_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOSTMODE_SANITIZED 1
#endif

namespace hostmode::testing {

#if defined(__linux__) && defined(__GLIBC__) && !defined(HOSTMODE_SANITIZED)
inline constexpr bool kCountsBlockingCalls = true;
#else
inline constexpr bool kCountsBlockingCalls = false;
#endif

// Such calls of this thread so far. Thread-safe: yes.
[[nodiscard]] std::size_t blocking_call_count() noexcept;
// Those of them that locked a mutex.
[[nodiscard]] std::size_t mutex_lock_count() noexcept;

}  // namespace hostmode::testing
