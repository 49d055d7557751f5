#include "blocking_calls.h"

namespace {

thread_local std::size_t calls = 0;
thread_local std::size_t mutex_locks = 0;

}  // namespace

namespace hostmode::testing {

std::size_t blocking_call_count() noexcept {
  return calls;
}

std::size_t mutex_lock_count() noexcept {
  return mutex_locks;
}

}  // namespace hostmode::testing

#if defined(__linux__) && defined(__GLIBC__) && !defined(HOSTMODE_SANITIZED)

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <ctime>

// The allocator's own names: looking `malloc` up with dlsym would need malloc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace {

template <typename Function>
Function* next_definition(const char* name) noexcept {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// Counts a call and passes it on to the C library's function of that name.
#define PASS_ON(name, arguments)                                    \
  ++calls;                                                          \
  static auto* const real = next_definition<decltype(name)>(#name); \
  return real arguments

extern "C" {

void* malloc(std::size_t size) noexcept {
  ++calls;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++calls;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  ++calls;
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ++calls;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++calls;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  ++calls;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) noexcept {
  ++calls;
  __libc_free(memory);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  ++mutex_locks;
  PASS_ON(pthread_mutex_lock, (mutex));
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  PASS_ON(pthread_mutex_trylock, (mutex));
}
int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  PASS_ON(pthread_mutex_timedlock, (mutex, until));
}
int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  PASS_ON(pthread_mutex_unlock, (mutex));
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  PASS_ON(pthread_rwlock_rdlock, (lock));
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  PASS_ON(pthread_rwlock_wrlock, (lock));
}
int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  PASS_ON(pthread_rwlock_unlock, (lock));
}
int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  PASS_ON(pthread_spin_lock, (lock));
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  PASS_ON(pthread_cond_wait, (condition, mutex));
}
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  PASS_ON(pthread_cond_timedwait, (condition, mutex, until));
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  PASS_ON(pthread_cond_clockwait, (condition, mutex, clock, until));
}
int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  PASS_ON(pthread_cond_signal, (condition));
}
int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  PASS_ON(pthread_cond_broadcast, (condition));
}

int sem_wait(sem_t* semaphore) {
  PASS_ON(sem_wait, (semaphore));
}
int sem_trywait(sem_t* semaphore) noexcept {
  PASS_ON(sem_trywait, (semaphore));
}
int sem_post(sem_t* semaphore) noexcept {
  PASS_ON(sem_post, (semaphore));
}

int nanosleep(const timespec* duration, timespec* left) {
  PASS_ON(nanosleep, (duration, left));
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* duration, timespec* left) {
  PASS_ON(clock_nanosleep, (clock, flags, duration, left));
}
int sched_yield() noexcept {
  PASS_ON(sched_yield, ());
}
ssize_t read(int file, void* data, std::size_t size) {
  PASS_ON(read, (file, data, size));
}
ssize_t write(int file, const void* data, std::size_t size) {
  PASS_ON(write, (file, data, size));
}
// Futexes come this way: the C++ library's waiting on atomics, and locks that people write themselves.
long syscall(long number, ...) noexcept {
  va_list rest;
  va_start(rest, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(rest, long);
  va_end(rest);
  PASS_ON(syscall,
          (number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]));
}

}  // extern "C"

#endif
