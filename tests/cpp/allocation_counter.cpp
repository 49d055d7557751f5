#include "allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(_WIN32) || defined(__linux__)
#include <malloc.h>
#elif defined(__APPLE__)
#include <malloc/malloc.h>
#endif

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> live{0};

std::size_t size_of(void* memory) noexcept {
#if defined(_WIN32)
  return _msize(memory);
#elif defined(__APPLE__)
  return malloc_size(memory);
#else
  return malloc_usable_size(memory);
#endif
}

void* count(void* memory) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (memory != nullptr) live.fetch_add(size_of(memory), std::memory_order_relaxed);
  return memory;
}

void* allocate(std::size_t size) noexcept {
  return count(std::malloc(size > 0 ? size : 1));
}

void release(void* memory) noexcept {
  if (memory != nullptr) live.fetch_sub(size_of(memory), std::memory_order_relaxed);
  std::free(memory);
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace hostmode::testing {

std::size_t allocation_count() noexcept {
  return allocations.load(std::memory_order_relaxed);
}

std::size_t live_bytes() noexcept {
  return live.load(std::memory_order_relaxed);
}

}  // namespace hostmode::testing

void* operator new(std::size_t size) {
  return or_throw(allocate(size));
}
void* operator new[](std::size_t size) {
  return or_throw(allocate(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}

#if !defined(_WIN32)  // there, over-aligned memory needs functions of its own and stays uncounted
namespace {

void* allocate_aligned(std::size_t size, std::align_val_t alignment) noexcept {
  void* memory = nullptr;
  return count(::posix_memalign(&memory, static_cast<std::size_t>(alignment), size > 0 ? size : 1) == 0
                   ? memory
                   : nullptr);
}

}  // namespace

void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate_aligned(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate_aligned(size, alignment));
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}
#endif
